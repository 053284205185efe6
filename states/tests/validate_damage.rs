//! Good definitions, and good ones that were damaged.

mod definition_machines;
mod validate_said;

use duramen_states::definition::Definition;
use duramen_states::validate::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use validate_said::*;

proptest! {
    #[test]
    fn good_definitions_have_no_errors(definition in definition_machines::definition()) {
        prop_assert_eq!(errors(&definition), Vec::<String>::new());
    }

    /// Damage: pieces of the text are cut out, doubled, or put elsewhere.
    #[test]
    fn what_has_no_errors_can_be_read(
        definition in definition_machines::definition(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4_u8), 0..4),
    ) {
        let mut tokens: Vec<String> = Vec::new();
        for part in definition.to_string().split_inclusive([',', ':', '{', '}', '[', ']']) {
            tokens.push(part.to_owned());
        }
        for (at, other, how) in cuts {
            let (at, other) = (at.index(tokens.len()), other.index(tokens.len()));
            match how {
                0 => tokens.swap(at, other),
                1 => tokens[at] = tokens[other].clone(),
                2 => tokens[at] = tokens[at].replace(|c: char| c.is_ascii_digit(), "null"),
                _ => tokens[at].clear(),
            }
        }
        let text = tokens.concat();
        let diagnostics = validate(&text, &Options::default());
        if !diagnostics.iter().any(Diagnostic::is_error) {
            let parsed = Definition::parse(&text);
            prop_assert!(parsed.is_ok(), "{:?} in {}", parsed.err(), text);
        }
        let _ = validate_state(&text, &Options::default());
    }

    /// Damage by value: any value of the document becomes another.
    #[test]
    fn any_value_may_be_wrong(definition in definition_machines::definition(), which in any::<prop::sample::Index>(), with in 0..6_usize) {
        let mut definition = definition;
        let mut pointers = Vec::new();
        collect(&definition, "", &mut pointers);
        let pointer = &pointers[which.index(pointers.len())];
        let others = [json!(null), json!(-1.5), json!("{% x %}"), json!([]), json!({"a.$": 1}), json!(true)];
        *definition.pointer_mut(pointer).unwrap() = others[with].clone();
        let text = definition.to_string();
        if !validate(&text, &Options::default()).iter().any(Diagnostic::is_error) {
            let parsed = Definition::parse(&text);
            prop_assert!(parsed.is_ok(), "{:?} in {}", parsed.err(), text);
        }
    }
}

fn collect(value: &Value, at: &str, pointers: &mut Vec<String>) {
    pointers.push(at.to_owned());
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| collect(value, &format!("{at}/{key}"), pointers));
        }
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(index, value)| collect(value, &format!("{at}/{index}"), pointers));
        }
        _ => {}
    }
}
