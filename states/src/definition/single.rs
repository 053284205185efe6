//! One state alone, as AWS's `TestState` takes it.

use serde_json::{Map, Value, json};

use super::pointer::{Pointer, Step};
use super::problem::Problem;
use super::{Definition, MAX_BYTES, Positions, read_value};

impl Definition {
    /// The name of the state in what [`parse_state`](Self::parse_state) gives, which is the one that AWS gives it.
    pub const SINGLE_STATE: &'static str = "StateName";

    /// Reads one state as a definition that begins with it. Every state that it may go on to is there as a succeed state,
    /// so that it can be told where it went on; a state that does not say where it goes on ends the definition.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse); places are those in the text.
    ///
    /// ```
    /// use duramen_states::definition::{Definition, StateKind, Transition};
    ///
    /// let definition = Definition::parse_state(r#"{"Type": "Pass", "Next": "Ship"}"#).unwrap();
    /// let state = definition.state(definition.root().start).unwrap();
    /// let StateKind::Pass(pass) = &state.kind else { panic!() };
    /// assert_eq!(pass.transition, Transition::Next(definition.state_named("Ship").unwrap().id));
    /// ```
    pub fn parse_state(text: &str) -> Result<Self, Vec<Problem>> {
        if text.len() > MAX_BYTES {
            return Err(vec![Problem::at(&Pointer::root(), format!("a state may have at most {MAX_BYTES} bytes"))]);
        }
        let positions = Positions::of(text).map_err(|error| vec![error.into()])?;
        let mut state = read_value(text).map_err(|error| vec![error.into()])?;
        let mut states = Map::new();
        for target in targets(&state) {
            states.insert(target, json!({"Type": "Succeed"}));
        }
        if let Value::Object(fields) = &mut state {
            let kind = fields.get("Type").and_then(Value::as_str).unwrap_or_default();
            let goes_on = !matches!(kind, "Choice" | "Succeed" | "Fail");
            if goes_on && !fields.contains_key("Next") && !fields.contains_key("End") {
                fields.insert("End".into(), Value::Bool(true));
            }
        }
        states.insert(Self::SINGLE_STATE.into(), state);
        let whole = json!({"StartAt": Self::SINGLE_STATE, "States": states});
        Self::parse(&whole.to_string()).map_err(|mut problems| {
            for problem in &mut problems {
                let inside = problem.pointer.steps().into_iter().skip(2);
                problem.pointer = inside.fold(Pointer::root(), |at, step| match step {
                    Step::Field(name) => at.field(name),
                    Step::Index(index) => at.index(*index),
                });
                if let Some(place) = positions.nearest(&problem.pointer) {
                    (problem.line, problem.column) = (place.line, place.column);
                }
            }
            problems
        })
    }
}

/// The names of the states that a state may go on to.
fn targets(state: &Value) -> Vec<String> {
    let own = ["Next", "Default"].into_iter().filter_map(|key| state.get(key));
    let lists = ["Choices", "Catch"].into_iter().filter_map(|key| state.get(key)?.as_array());
    let inside = lists.flatten().filter_map(|element| element.get("Next"));
    own.chain(inside).filter_map(Value::as_str).map(str::to_owned).collect()
}
