//! Good definitions, and good ones that were damaged.

mod definition_machines;
mod machines;
mod validate_said;

use duramen_states::Machine;
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
        what_is_valid_compiles(&text)?;
        let _ = validate_state(&text, &Options::default());
    }

    /// Damage by meaning: fields that mean something, with texts that do, wherever they do not belong.
    #[test]
    fn any_field_may_stand_anywhere(
        definition in prop_oneof![definition_machines::definition(), machines::definition()],
        fields in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(FIELDS), prop::sample::select(TEXTS)), 1..4),
    ) {
        let mut definition = definition;
        for (at, field, text) in fields {
            let mut pointers = Vec::new();
            collect(&definition, "", &mut pointers);
            let pointer = &pointers[at.index(pointers.len())];
            match definition.pointer_mut(pointer).unwrap() {
                Value::Object(fields) => {
                    fields.insert(field.to_owned(), json!(text));
                }
                place => *place = json!(text),
            }
        }
        what_is_valid_compiles(&definition.to_string())?;
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
        what_is_valid_compiles(&definition.to_string())?;
    }
}

const FIELDS: &[&str] = &[
    "InputPath",
    "OutputPath",
    "ResultPath",
    "Parameters",
    "Parameters.$",
    "ResultSelector",
    "Arguments",
    "Output",
    "Assign",
    "ItemsPath",
    "Items",
    "ItemSelector",
    "MaxConcurrencyPath",
    "TimeoutSecondsPath",
    "HeartbeatSecondsPath",
    "SecondsPath",
    "TimestampPath",
    "Timestamp",
    "ErrorPath",
    "CausePath",
    "Condition",
    "Variable",
    "StringMatches",
    "StringEqualsPath",
    "NumericLessThan",
    "Not",
    "And",
    "Credentials",
    "RoleArn.$",
    "QueryLanguage",
    "Label",
    "Comment",
    "x",
    "x.$",
    "n",
    "n.$",
];

const TEXTS: &[&str] = &[
    "$",
    "$$",
    "$x",
    "$.a[0]",
    "$.a[*]",
    "$..a",
    "$[?(@.a == 1)]",
    "$.a[",
    "$$.Execution.Input",
    "$x.y",
    "States.Array($.a, $x)",
    "States.Array(",
    "States.Nothing()",
    "{% $x %}",
    "{% $states.result %}",
    "{% $states.errorOutput %}",
    "{% 1 + %}",
    "{% a %}",
    "{% $eval('1') %}",
    "{% $x ?? 1 %}",
    "{%%}",
    "{%",
    "",
    "a*\\",
    "2024-02-29T12:00:00Z",
    "2023-02-29T12:00:00Z",
    "JSONata",
    "JSONPath",
];

fn what_is_valid_compiles(text: &str) -> Result<(), TestCaseError> {
    if !validate(text, &Options::default().handlers(Handlers::Any)).iter().any(Diagnostic::is_error) {
        let parsed = Definition::parse(text);
        prop_assert!(parsed.is_ok(), "{:?} in {}", parsed.err(), text);
        let compiled = parsed.map(|definition| Machine::new(&definition));
        prop_assert!(matches!(compiled, Ok(Ok(_))), "{:?} in {}", compiled, text);
    }
    Ok(())
}

/// Expressions stand for numbers, words and texts of a state, not for those of what is around it and not for all.
#[test]
fn what_is_valid_with_an_expression_in_place_of_any_value_compiles() {
    let retrier = json!({"ErrorEquals": ["E"], "IntervalSeconds": 1, "MaxAttempts": 1, "BackoffRate": 1.5, "MaxDelaySeconds": 5, "JitterStrategy": "FULL"});
    let catcher = json!({"ErrorEquals": ["E"], "Next": "End", "Output": 1, "Assign": {"a": 1}});
    let reader = json!({"Resource": "arn:aws:states:::s3:getObject", "Arguments": {"Bucket": "b", "Key": "k"},
        "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a"], "MaxItems": 1, "CSVDelimiter": "TAB", "ItemsPointer": "/a"}});
    let definition = json!({"Comment": "c", "Version": "1.0", "TimeoutSeconds": 5, "QueryLanguage": "JSONata", "StartAt": "T", "States": {
        "T": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "TimeoutSeconds": 5, "HeartbeatSeconds": 4, "Retry": [retrier], "Catch": [catcher],
            "Credentials": {"RoleArn": "r"}, "Arguments": {"a": [1]}, "Output": {"a": 1}, "Assign": {"a": 1}, "Next": "C"},
        "C": {"Type": "Choice", "Choices": [{"Condition": true, "Next": "W", "Output": 1, "Assign": {"b": 1}}], "Default": "W"},
        "W": {"Type": "Wait", "Seconds": 1, "Next": "W2"}, "W2": {"Type": "Wait", "Timestamp": "2024-02-29T12:00:00Z", "Next": "M"},
        "M": {"Type": "Map", "Items": [1], "ItemSelector": {"a": 1}, "MaxConcurrency": 1, "ToleratedFailureCount": 1, "ToleratedFailurePercentage": 1.5, "Label": "l",
            "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}},
            "ItemReader": reader, "ItemBatcher": {"MaxItemsPerBatch": 1, "MaxInputBytesPerBatch": 1, "BatchInput": {"a": 1}},
            "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Arguments": {"Bucket": "b", "Prefix": "p"}, "WriterConfig": {"Transformation": "NONE", "OutputType": "JSON"}},
            "Next": "F"},
        "F": {"Type": "Parallel", "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Fail", "Error": "e", "Cause": "c"}}}], "Next": "End"},
        "End": {"Type": "Succeed", "Output": 1}}});
    what_is_valid_compiles(&definition.to_string()).unwrap();
    let mut pointers = Vec::new();
    collect(&definition, "", &mut pointers);
    assert!(pointers.len() > 110, "{}", pointers.len());
    for pointer in pointers {
        let mut changed = definition.clone();
        *changed.pointer_mut(&pointer).unwrap() = json!("{% 1 %}");
        what_is_valid_compiles(&changed.to_string()).unwrap_or_else(|error| panic!("{pointer}: {error}"));
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
