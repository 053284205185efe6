//! The form of definitions: what is said about fields and transitions.

mod validate_said;

use std::collections::BTreeSet;

use duramen_states::validate::*;
use serde_json::{Value, json};
use validate_said::*;

#[test]
fn what_is_no_json_object_is_said_in_the_words_of_awss_reader() {
    let first = |text: &str| validate(text, &Options::default()).swap_remove(0);
    let blank = first(" ");
    assert_eq!((blank.code.as_str(), blank.location), ("SCHEMA_VALIDATION_FAILED", None));
    assert_eq!(first("[]").message, "Definition must be a valid JSON object");
    assert_eq!(first("").code, Code::MissingDescription);
    let word = first("{\"a\": nope}");
    assert_eq!(word.location.as_deref(), Some("[Source: (String)\"{\"a\": nope}\"; line: 1, column: 11]"));
    assert!(word.message.starts_with("Unrecognized token 'nope': was expecting (JSON String, Number,"));
    let comma = first("{\"a\": 1\n \"b\": 2}");
    assert!(comma.message.starts_with("Unexpected character ('\"' (code 34)): was expecting comma to separate Object"));
    assert_eq!((comma.line, comma.column), (2, 2));
    assert!(first("{\"a\": [1").message.starts_with("Unexpected end-of-input: expected close marker for Array"));
    assert_eq!(first(&"[".repeat(200_000)).code, Code::TooDeeplyNested);
    assert_eq!(first("{\"a\": 01x}").code, Code::InvalidJsonDescription);
}

#[test]
fn transitions_are_said_as_aws_says_them() {
    let dangling = json!({"StartAt": "pass1", "States": {
        "pass1": {"Type": "Pass", "Next": "pass3"}, "pass2": {"Type": "Pass", "End": true}}});
    assert_eq!(
        invalid_definition(&validate(&dangling.to_string(), &Options::default())).unwrap(),
        "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: pass3 at \
         /States/pass1/Next, MISSING_TRANSITION_TARGET: State \"pass2\" is not reachable. at /States/pass2'"
    );
    let circle = json!({"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}, "C": {"Type": "Pass", "Next": "A"}}});
    assert_eq!(errors(&circle), ["MISSING_END_STATE: Workflow has no terminal state at null"]);
    let all = json!({"StartAt": "C", "States": {
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "X"}], "Default": "Y"},
        "T": {"Type": "Task", "Resource": "arn:aws:lambda:r:1:function:f", "End": true,
            "Catch": [{"ErrorEquals": ["E"], "Next": "Z"}]}}});
    let targets: Vec<String> = errors(&all).into_iter().filter(|error| error.contains("Missing")).collect();
    assert_eq!(
        targets,
        [("Y", "/States/C/Default"), ("X", "/States/C/Choices[0]/Next"), ("Z", "/States/T/Catch[0]/Next")]
            .map(|(to, at)| format!("MISSING_TRANSITION_TARGET: Missing 'Next' target: {to} at {at}"))
    );
    let out = json!({"StartAt": "P", "States": {"Q": {"Type": "Succeed"}, "P": {"Type": "Parallel", "Next": "Q",
        "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Q"}, "B": {"Type": "Succeed"}}}]}}});
    assert_eq!(
        errors(&out)[0],
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: Q at /States/P/Branches[0]/States/A/Next"
    );
}

#[test]
fn a_state_has_the_fields_of_its_type_and_its_language() {
    assert_eq!(state(json!({"Type": "Pass", "Catch": []})), schema("Field 'Catch' is not supported", "/States/S"));
    assert_eq!(state(json!({"Type": "Task"})), schema("These fields are required: [Resource]", "/States/S"));
    assert_eq!(
        state(json!({"Type": "Pass", "Output": 1})),
        schema(
            "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage",
            "/States/S"
        )
    );
    assert_eq!(
        state(json!({"Type": "Pass", "QueryLanguage": "JSONata", "InputPath": "$"})),
        schema(
            "The QueryLanguage is set to 'JSONata', but field 'InputPath' is only supported for the 'JSONPath' QueryLanguage",
            "/States/S"
        )
    );
    let mut whole = with(json!({"Type": "Pass", "QueryLanguage": "JSONPath", "InputPath": 7}));
    whole["QueryLanguage"] = json!("JSONata");
    assert_eq!(
        errors(&whole),
        schema("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", "/States/S")
    );
    assert_eq!(
        state(json!({"Type": "Nap"})),
        schema(
            "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]",
            "/States/S/Type"
        )
    );
    assert_eq!(
        errors(&json!({"StartAt": "S", "States": {"S": {"Type": "Pass", "Next": "S", "End": true}}})),
        schema("There should only be one of the following fields: [Next, End]", "/States/S")
    );
    let task =
        |field: &str| json!({"Type": "Task", "Resource": "arn:aws:lambda:r:1:function:f", "Next": "S", (field): 1});
    assert_eq!(errors(&json!({"StartAt": "S", "States": {"S": task("Arguments")}})).len(), 2);
}

#[test]
fn numbers_keep_within_their_bounds() {
    let wait = |seconds: Value| state(json!({"Type": "Wait", "Seconds": seconds}));
    assert_eq!(wait(json!(-1)), schema("Minimum value is 0", "/States/S/Seconds"));
    assert_eq!(wait(json!(100_000_000)), schema("Maximum value is 99999999", "/States/S/Seconds"));
    assert_eq!(wait(json!("5")), schema("Expected value of type Integer", "/States/S/Seconds"));
    assert_eq!(wait(json!("{% 5 %}")), schema("Expected value of type Integer", "/States/S/Seconds"));
    assert!(state(json!({"Type": "Wait", "QueryLanguage": "JSONata", "Seconds": "{% 5 %}"})).is_empty());
    let retry = |field: &str, value: Value| {
        state(json!({"Type": "Task", "Resource": "arn:aws:lambda:r:1:function:f",
            "Retry": [{"ErrorEquals": ["E"], (field): value}]}))
    };
    assert_eq!(retry("BackoffRate", json!(0.5)), schema("Minimum value is 1", "/States/S/Retry[0]/BackoffRate"));
    assert_eq!(
        retry("MaxDelaySeconds", json!(31_622_401)),
        schema("Maximum value is 31622400", "/States/S/Retry[0]/MaxDelaySeconds")
    );
    assert_eq!(
        retry("JitterStrategy", json!("SOME")),
        schema("Value should be one of the following: [NONE, FULL]", "/States/S/Retry[0]/JitterStrategy")
    );
    assert!(retry("IntervalSeconds", json!(0)).is_empty());
}

#[test]
fn states_all_stands_alone_and_last() {
    let catch = |names: [&[&str]; 2]| {
        let catchers = names.map(|names| json!({"ErrorEquals": names, "Next": "S"}));
        state(json!({"Type": "Task", "Resource": "arn:aws:lambda:r:1:function:f", "Catch": catchers}))
    };
    let wrong = |index| {
        schema("States.ALL must appear alone and at end of list", &format!("/States/S/Catch[{index}]/ErrorEquals"))
    };
    assert_eq!(catch([&["States.ALL"], &["E"]]), wrong(0));
    assert_eq!(catch([&["E"], &["E", "States.ALL"]]), wrong(1));
    assert!(catch([&["E"], &["States.ALL"]]).is_empty());
    assert_eq!(catch([&[], &["E"]]), schema("Value cannot be empty", "/States/S/Catch[0]/ErrorEquals"));
}

#[test]
fn rules_have_one_condition_and_operands_of_their_type() {
    let rule = |rule: Value| {
        errors(
            &json!({"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [rule]}, "E": {"Type": "Succeed"}}}),
        )
    };
    assert!(rule(json!({"Variable": "$.a", "NumericEquals": 1, "Next": "E"})).is_empty());
    assert_eq!(
        rule(json!({"Variable": "$.a", "NumericEquals": "1", "Next": "E"})),
        schema("Expected value of type Number", "/States/C/Choices[0]/NumericEquals")
    );
    assert_eq!(
        rule(json!({"And": [{"Variable": "$.a", "IsNull": true, "Next": "E"}], "Next": "E"})),
        schema("Field 'Next' is not supported", "/States/C/Choices[0]/And[0]")
    );
    assert_eq!(
        rule(json!({"Next": "E"})),
        schema(
            "The object must have only one of the following fields, [And, Or, Not, Variable, Condition]",
            "/States/C/Choices[0]"
        )
    );
    assert_eq!(
        rule(json!({"Variable": "$.a", "IsNull": true, "StringEquals": "", "Next": "E"})),
        schema("There should only be one of the following fields: [IsNull, StringEquals]", "/States/C/Choices[0]")
    );
    assert_eq!(
        rule(json!({"Variable": "a", "IsNull": true, "Next": "E"})),
        schema("Value is not a Reference Path: Reference path didn't start with '$'", "/States/C/Choices[0]/Variable")
    );
}

#[test]
fn resources_are_arns_or_handlers_and_fit_the_type_of_the_machine() {
    let task = |resource: &str, options: &Options<'_>| {
        said(&with(json!({"Type": "Task", "Resource": resource})).to_string(), options, Severity::Error)
    };
    let named = Options::default().handlers(Handlers::Named(BTreeSet::from(["ship".to_owned()])));
    let express = Options::default().machine_type(MachineType::Express);
    assert_eq!(task("ship", &Options::default()), schema("Value is not a valid resource ARN", "/States/S/Resource"));
    assert!(task("ship", &named).is_empty() && !task("shop", &named).is_empty());
    let job = "arn:aws:states:::glue:startJobRun.sync";
    assert!(task(job, &Options::default()).is_empty());
    assert_eq!(
        task(job, &express),
        schema("Express state machine does not support '.sync' service integration", "/States/S/Resource")
    );
    assert_eq!(
        task("arn:aws:states:r:1:activity:a", &express),
        schema("Express state machine does not support Activity ARN", "/States/S/Resource")
    );
    let never = "arn:aws:states:::lambda:invoke.sync";
    assert_eq!(
        task(never, &Options::default()),
        schema(&format!("The resource provided {never} is not recognized"), "/States/S/Resource")
    );
}

#[test]
fn maps_say_how_they_run() {
    let map = |config: Value, more: Value| {
        let mut map = json!({"Type": "Map", "ItemProcessor":
            {"ProcessorConfig": config, "StartAt": "I", "States": {"I": {"Type": "Succeed"}}}});
        map.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        with(map)
    };
    let at = "/States/S/ItemProcessor/ProcessorConfig";
    assert_eq!(
        errors(&map(json!({"Mode": "DISTRIBUTED"}), json!({}))),
        schema("These fields are required: [ExecutionType]", at)
    );
    assert_eq!(
        errors(&map(json!({"Mode": "INLINE", "ExecutionType": "EXPRESS"}), json!({}))),
        schema("Field 'ExecutionType' is not supported", at)
    );
    let reader =
        json!({"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "CSV"}}});
    let distributed = json!({"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"});
    assert_eq!(
        errors(&map(distributed.clone(), reader.clone())),
        schema("The field 'CSVHeaderLocation' is required", "/States/S/ItemReader/ReaderConfig")
    );
    assert_eq!(warnings(&map(json!({}), reader)).len(), 1);
    assert!(errors(&map(distributed, json!({"Label": "a".repeat(41)})))[0].starts_with("INVALID_LABEL_NAME"));
    assert_eq!(
        state(json!({"Type": "Map"})),
        schema("This object should have only one of the following fields: [ItemProcessor, Iterator]", "/States/S")
    );
}
