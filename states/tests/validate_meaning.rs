//! Names, variables and expressions, what is hardly meant, and how much is said.

mod validate_said;

use duramen_states::validate::*;
use serde_json::{Value, json};
use validate_said::*;

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
    assert!(
        errors(&json!({"StartAt": long, "States": {&long: {"Type": "Succeed"}}}))[0].starts_with("INVALID_STATE_NAME")
    );
}

#[test]
fn variables_have_good_names_and_are_assigned_where_they_are_read() {
    let assign = |name: &str| state(json!({"Type": "Pass", "Assign": {(name): 1}}));
    assert_eq!(
        assign("states"),
        ["RESERVED_VARIABLE_NAME: Cannot assign to reserved variable '$states'. at /States/S/Assign/states"]
    );
    assert!(assign("a-b")[0].starts_with("INVALID_VARIABLE_NAME: Invalid variable name 'a-b'"));
    assert!(assign("größe").is_empty());
    let inner = |mode: &str| {
        let config =
            if mode == "INLINE" { json!({"Mode": mode}) } else { json!({"Mode": mode, "ExecutionType": "STANDARD"}) };
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
    let codes = |definition: &Value| -> Vec<Code> {
        validate(&definition.to_string(), &Options::default()).iter().map(|one| one.code).collect()
    };
    assert_eq!(
        codes(&with(json!({"Type": "Pass", "Parameters": {"a": "$.a", "b": "States.UUID()", "c": "$5"}}))),
        [Code::NoDollar, Code::NoDollar]
    );
    assert_eq!(codes(&with(json!({"Type": "Pass", "Result": {"a.$": "$.a"}}))), [Code::PassResultIsStatic]);
    assert_eq!(codes(&json!({"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "$.e"}}})), [Code::NoPath]);
    let choice = json!({"StartAt": "C", "States": {"E": {"Type": "Succeed"},
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "E"}]}}});
    assert_eq!(codes(&choice), [Code::NoDefault]);
}

#[test]
fn one_state_alone_is_looked_at_under_the_name_that_aws_gives_it() {
    let diagnostics =
        validate_state("{\"Type\": \"Parallel\",\n \"Branches\": [], \"Next\": \"anywhere\"}", &Options::default());
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(
        diagnostics[0].to_string(),
        "SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/StateName/Branches"
    );
    assert_eq!(
        (diagnostics[0].line, diagnostics[0].column, diagnostics[0].pointer.to_string()),
        (2, 14, "/Branches".into())
    );
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
    fn check_result_path(&self, text: &str) -> Vec<Fault> {
        faults(text)
    }
    fn check_template(&self, text: &str) -> Vec<Fault> {
        faults(text)
    }
    fn check_jsonata(&self, text: &str, _: &[&str]) -> Vec<Fault> {
        faults(text)
    }
    fn check_pattern(&self, text: &str) -> Vec<Fault> {
        faults(text)
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
    assert_eq!(
        checked(json!({"Type": "Pass", "Parameters": {"l": [{"a.$": "$?"}]}})),
        schema_at("Parameters/l[0]/a.$")
    );
    assert_eq!(
        checked(json!({"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"v": "{%  ? %}"}})),
        (Code::InvalidJsonataExpression, "/States/S/Output/v".to_owned())
    );
    let choice = json!({"StartAt": "C", "States": {"E": {"Type": "Succeed"}, "C": {"Type": "Choice", "Default": "E",
        "Choices": [{"Variable": "$.?", "StringMatches": "?*", "Next": "E"}]}}});
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
