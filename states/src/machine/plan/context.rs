//! What of the context object a state asks for, so that no more of it is made: the input of the execution stands in it,
//! which may be large.

use serde_json::Value;

/// How much of the context object a state may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Asks {
    Nothing,
    /// Not the input of the execution.
    WithoutInput,
    All,
}

/// Fields of the context object that say nothing of the input of the execution.
const SMALL: [&str; 7] =
    [".Map.", ".State.", ".StateMachine.", ".Task.", ".Execution.Id", ".Execution.Name", ".Execution.StartTime"];

/// Fields of `$states` beside the context object.
const OTHERS: [&str; 3] = [".input", ".result", ".errorOutput"];

/// What a part of a definition may read.
pub(super) fn asks(part: &Value) -> Asks {
    match part {
        Value::String(text) => {
            let of_path = text.split("$$").skip(1).map(field);
            let of_states = text.split("$states").skip(1).map(|behind| match behind.strip_prefix(".context") {
                Some(behind) => field(behind),
                None if OTHERS.iter().any(|other| behind.starts_with(other)) => Asks::Nothing,
                None => Asks::All,
            });
            let asked = of_path.chain(of_states).max().unwrap_or(Asks::Nothing);
            if asked == Asks::Nothing || !climbs(text) { asked } else { Asks::All }
        }
        Value::Array(items) => items.iter().map(asks).max().unwrap_or(Asks::Nothing),
        Value::Object(fields) => fields.values().map(asks).max().unwrap_or(Asks::Nothing),
        Value::Null | Value::Bool(_) | Value::Number(_) => Asks::Nothing,
    }
}

/// Whether an expression of JSONata may go from a value to what is around it, by `%`.
fn climbs(text: &str) -> bool {
    let inner = text.trim().strip_prefix("{%").and_then(|text| text.strip_suffix("%}"));
    inner.is_some_and(|inner| inner.contains('%'))
}

fn field(behind: &str) -> Asks {
    if SMALL.iter().any(|small| behind.starts_with(small)) { Asks::WithoutInput } else { Asks::All }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_input_of_the_execution_is_there_unless_it_cannot_be_read() {
        for (text, right) in [
            ("$.a", Asks::Nothing),
            ("{% $states.input.a & $states.result %}", Asks::Nothing),
            ("$$.Map.Item.Value", Asks::WithoutInput),
            ("{% $states.context.Execution.Id & $states.input %}", Asks::WithoutInput),
            ("$$", Asks::All),
            ("$$..Input", Asks::All),
            ("$$['Execution']", Asks::All),
            ("$$.Execution.Input.a", Asks::All),
            ("$$.Execution", Asks::All),
            ("States.Format('{} {}', $$.Map.Item.Index, $$.Execution.Input)", Asks::All),
            ("{% $states %}", Asks::All),
            ("{% $states.context %}", Asks::All),
            ("{% $states.*.Execution.Input %}", Asks::All),
            ("{% $states . input %}", Asks::All),
            ("{% $states.context.Map.Item.{'a': %.%.Execution.Input} %}", Asks::All),
        ] {
            assert_eq!(asks(&json!({"a": ["", text]})), right, "{text}");
        }
    }
}
