//! What is said about definitions.

mod machines;

use std::collections::BTreeSet;

use duramen_states::definition::Definition;
use duramen_states::validate::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn said(text: &str, options: &Options<'_>, severity: Severity) -> Vec<String> {
    let all = validate(text, options);
    all.iter().filter(|one| one.severity == severity).map(ToString::to_string).collect()
}

fn errors(definition: &Value) -> Vec<String> {
    said(&definition.to_string(), &Options::default(), Severity::Error)
}

fn warnings(definition: &Value) -> Vec<String> {
    said(&definition.to_string(), &Options::default(), Severity::Warning)
}

/// A definition of that one state, to which `"End": true` is added.
fn with(mut state: Value) -> Value {
    state["End"] = json!(true);
    json!({"StartAt": "S", "States": {"S": state}})
}

/// The errors of that one state.
fn state(state: Value) -> Vec<String> {
    errors(&with(state))
}

fn schema(message: &str, location: &str) -> Vec<String> {
    vec![format!("SCHEMA_VALIDATION_FAILED: {message} at {location}")]
}

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
    assert_eq!(errors(&out)[0], "MISSING_TRANSITION_TARGET: Missing 'Next' target: Q at /States/P/Branches[0]/States/A/Next");
}

#[test]
fn a_state_has_the_fields_of_its_type_and_its_language() {
    assert_eq!(state(json!({"Type": "Pass", "Catch": []})), schema("Field 'Catch' is not supported", "/States/S"));
    assert_eq!(state(json!({"Type": "Task"})), schema("These fields are required: [Resource]", "/States/S"));
    assert_eq!(
        state(json!({"Type": "Pass", "Output": 1})),
        schema("The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage", "/States/S")
    );
    assert_eq!(
        state(json!({"Type": "Pass", "QueryLanguage": "JSONata", "InputPath": "$"})),
        schema("The QueryLanguage is set to 'JSONata', but field 'InputPath' is only supported for the 'JSONPath' QueryLanguage", "/States/S")
    );
    let mut whole = with(json!({"Type": "Pass", "QueryLanguage": "JSONPath", "InputPath": 7}));
    whole["QueryLanguage"] = json!("JSONata");
    assert_eq!(
        errors(&whole),
        schema("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", "/States/S")
    );
    assert_eq!(
        state(json!({"Type": "Nap"})),
        schema("The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]", "/States/S/Type")
    );
    assert_eq!(
        errors(&json!({"StartAt": "S", "States": {"S": {"Type": "Pass", "Next": "S", "End": true}}})),
        schema("There should only be one of the following fields: [Next, End]", "/States/S")
    );
    let task = |field: &str| json!({"Type": "Task", "Resource": "arn:aws:lambda:r:1:function:f", "Next": "S", (field): 1});
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
    assert_eq!(retry("MaxDelaySeconds", json!(31_622_401)), schema("Maximum value is 31622400", "/States/S/Retry[0]/MaxDelaySeconds"));
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
    let wrong = |index| schema("States.ALL must appear alone and at end of list", &format!("/States/S/Catch[{index}]/ErrorEquals"));
    assert_eq!(catch([&["States.ALL"], &["E"]]), wrong(0));
    assert_eq!(catch([&["E"], &["E", "States.ALL"]]), wrong(1));
    assert!(catch([&["E"], &["States.ALL"]]).is_empty());
    assert_eq!(catch([&[], &["E"]]), schema("Value cannot be empty", "/States/S/Catch[0]/ErrorEquals"));
}

#[test]
fn rules_have_one_condition_and_operands_of_their_type() {
    let rule = |rule: Value| errors(&json!({"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [rule]}, "E": {"Type": "Succeed"}}}));
    assert!(rule(json!({"Variable": "$.a", "NumericEquals": 1, "Next": "E"})).is_empty());
    assert_eq!(rule(json!({"Variable": "$.a", "NumericEquals": "1", "Next": "E"})), schema("Expected value of type Number", "/States/C/Choices[0]/NumericEquals"));
    assert_eq!(rule(json!({"And": [{"Variable": "$.a", "IsNull": true, "Next": "E"}], "Next": "E"})), schema("Field 'Next' is not supported", "/States/C/Choices[0]/And[0]"));
    assert_eq!(rule(json!({"Next": "E"})), schema("The object must have only one of the following fields, [And, Or, Not, Variable, Condition]", "/States/C/Choices[0]"));
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
    assert_eq!(task(job, &express), schema("Express state machine does not support '.sync' service integration", "/States/S/Resource"));
    assert_eq!(
        task("arn:aws:states:r:1:activity:a", &express),
        schema("Express state machine does not support Activity ARN", "/States/S/Resource")
    );
    let never = "arn:aws:states:::lambda:invoke.sync";
    assert_eq!(task(never, &Options::default()), schema(&format!("The resource provided {never} is not recognized"), "/States/S/Resource"));
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
    assert_eq!(errors(&map(json!({"Mode": "DISTRIBUTED"}), json!({}))), schema("These fields are required: [ExecutionType]", at));
    assert_eq!(errors(&map(json!({"Mode": "INLINE", "ExecutionType": "EXPRESS"}), json!({}))), schema("Field 'ExecutionType' is not supported", at));
    let reader = json!({"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "CSV"}}});
    let distributed = json!({"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"});
    assert_eq!(errors(&map(distributed.clone(), reader.clone())), schema("The field 'CSVHeaderLocation' is required", "/States/S/ItemReader/ReaderConfig"));
    assert_eq!(warnings(&map(json!({}), reader)).len(), 1);
    assert!(errors(&map(distributed, json!({"Label": "a".repeat(41)})))[0].starts_with("INVALID_LABEL_NAME"));
    assert_eq!(
        state(json!({"Type": "Map"})),
        schema("This object should have only one of the following fields: [ItemProcessor, Iterator]", "/States/S")
    );
}

#[test]
fn names_are_used_once_and_are_not_too_long() {
    let inner = json!({"StartAt": "S", "States": {"S": {"Type": "Succeed"}}});
    assert_eq!(
        state(json!({"Type": "Parallel", "Branches": [inner]})),
        ["DUPLICATE_STATE_NAME: Duplicate State name: S at /States/S/Branches[0]/States/S"]
    );
    let twice = "{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Succeed\"},\n  \"A\": {\"Type\": \"Succeed\", \"Comment\": 1, \"Comment\": 2}}}";
    let diagnostics = validate(twice, &Options::default());
    let places: Vec<_> = diagnostics.iter().map(|one| (one.code, one.line, one.column)).collect();
    assert_eq!(places, [(Code::DuplicateStateName, 2, 3), (Code::DuplicateField, 2, 42)]);
    let long = "n".repeat(81);
    assert!(errors(&json!({"StartAt": long, "States": {&long: {"Type": "Succeed"}}}))[0].starts_with("INVALID_STATE_NAME"));
}

#[test]
fn variables_have_good_names_and_are_assigned_where_they_are_read() {
    let assign = |name: &str| state(json!({"Type": "Pass", "Assign": {(name): 1}}));
    assert_eq!(assign("states"), ["RESERVED_VARIABLE_NAME: Cannot assign to reserved variable '$states'. at /States/S/Assign/states"]);
    assert!(assign("a-b")[0].starts_with("INVALID_VARIABLE_NAME: Invalid variable name 'a-b'"));
    assert!(assign("größe").is_empty());
    let inner = |mode: &str| {
        let config = if mode == "INLINE" { json!({"Mode": mode}) } else { json!({"Mode": mode, "ExecutionType": "STANDARD"}) };
        warnings(&json!({"StartAt": "A", "States": {
            "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "M"},
            "M": {"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": config, "StartAt": "I", "States": {
                "I": {"Type": "Pass", "Assign": {"x": 2}, "Parameters": {"a.$": "$x", "b.$": "$y"}, "End": true}}}}}}))
    };
    let undefined = "UNDEFINED_VARIABLE: Variable '$y' is never assigned in its scope at /States/M/ItemProcessor/States/I/Parameters/b.$";
    let shadowed = "SHADOWED_VARIABLE: Variable 'x' has the name of a variable of an outer scope at /States/M/ItemProcessor/States/I/Assign/x";
    assert_eq!(inner("INLINE"), [shadowed, undefined]);
    assert_eq!(inner("DISTRIBUTED"), [undefined]);
}

#[test]
fn what_is_hardly_meant_is_a_warning() {
    let codes = |definition: &Value| -> Vec<Code> { validate(&definition.to_string(), &Options::default()).iter().map(|one| one.code).collect() };
    assert_eq!(codes(&with(json!({"Type": "Pass", "Parameters": {"a": "$.a", "b": "States.UUID()", "c": "$5"}}))), [Code::NoDollar, Code::NoDollar]);
    assert_eq!(codes(&with(json!({"Type": "Pass", "Result": {"a.$": "$.a"}}))), [Code::PassResultIsStatic]);
    assert_eq!(codes(&json!({"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "$.e"}}})), [Code::NoPath]);
    let choice = json!({"StartAt": "C", "States": {"E": {"Type": "Succeed"},
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "E"}]}}});
    assert_eq!(codes(&choice), [Code::NoDefault]);
}

#[test]
fn one_state_alone_is_looked_at_under_the_name_that_aws_gives_it() {
    let diagnostics = validate_state("{\"Type\": \"Parallel\",\n \"Branches\": [], \"Next\": \"anywhere\"}", &Options::default());
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].to_string(), "SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/StateName/Branches");
    assert_eq!((diagnostics[0].line, diagnostics[0].column, diagnostics[0].pointer.to_string()), (2, 14, "/Branches".into()));
}

/// Finds a fault at every `?`.
struct Marks;

fn faults(text: &str) -> Vec<Fault> {
    text.match_indices('?').map(|(at, _)| Fault::new(at, "a mark")).collect()
}

impl Checker for Marks {
    fn check_path(&self, text: &str) -> Vec<Fault> {
        faults(text)
    }
    fn check_reference_path(&self, text: &str) -> Vec<Fault> {
        faults(text)
    }
    fn check_template(&self, text: &str) -> Vec<Fault> {
        faults(text)
    }
    fn check_jsonata(&self, text: &str) -> Vec<Fault> {
        faults(text)
    }
    fn check_choice_rule(&self, rule: &Value) -> Vec<Fault> {
        if rule.get("StringMatches").is_some() { vec![Fault::new(0, "no pattern")] } else { Vec::new() }
    }
}

#[test]
fn the_checker_is_asked_about_every_expression() {
    let checked = |state: Value| {
        let text = with(state).to_string();
        let mut diagnostics = validate(&text, &Options::default().checker(&Marks));
        assert_eq!(diagnostics.len(), 1);
        let one = diagnostics.swap_remove(0);
        // The column is that of the mark inside the string.
        assert_eq!(one.column, text.find('?').unwrap() + 1);
        (one.code, one.location.unwrap())
    };
    let schema_at = |at: &str| (Code::SchemaValidationFailed, format!("/States/S/{at}"));
    assert_eq!(checked(json!({"Type": "Pass", "InputPath": "$.a?"})), schema_at("InputPath"));
    assert_eq!(checked(json!({"Type": "Pass", "ResultPath": "$?"})), schema_at("ResultPath"));
    assert_eq!(checked(json!({"Type": "Pass", "Parameters": {"l": [{"a.$": "$?"}]}})), schema_at("Parameters/l[0]/a.$"));
    assert_eq!(
        checked(json!({"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"v": "{%  ? %}"}})),
        (Code::InvalidJsonataExpression, "/States/S/Output/v".to_owned())
    );
    let choice = json!({"StartAt": "C", "States": {"E": {"Type": "Succeed"}, "C": {"Type": "Choice", "Default": "E",
        "Choices": [{"Variable": "$.?", "StringMatches": "*", "Next": "E"}]}}});
    assert_eq!(validate(&choice.to_string(), &Options::default().checker(&Marks)).len(), 2);
    assert_eq!(
        state(json!({"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% open"})),
        schema("JSONata string must start with {% and end with %}", "/States/S/Output")
    );
}

#[test]
fn what_is_said_is_bounded() {
    let fields: serde_json::Map<String, Value> = (0..5000).map(|index| (format!("f{index}"), json!(1))).collect();
    let mut many = with(Value::Object(fields));
    many["States"]["S"]["Type"] = json!("Pass");
    assert_eq!(validate(&many.to_string(), &Options::default()).len(), 1000);
    assert_eq!(validate(&many.to_string(), &Options::default().limit(3)).len(), 3);
}

proptest! {
    #[test]
    fn good_definitions_have_no_errors(definition in machines::definition()) {
        prop_assert_eq!(errors(&definition), Vec::<String>::new());
    }

    /// Damage: pieces of the text are cut out, doubled, or put elsewhere.
    #[test]
    fn what_has_no_errors_can_be_read(
        definition in machines::definition(),
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
    fn any_value_may_be_wrong(definition in machines::definition(), which in any::<prop::sample::Index>(), with in 0..6_usize) {
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
        Value::Object(fields) => fields.iter().for_each(|(key, value)| collect(value, &format!("{at}/{key}"), pointers)),
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(index, value)| collect(value, &format!("{at}/{index}"), pointers));
        }
        _ => {}
    }
}
