//! Expressions of JSONata give what the reference implementation gives.

use std::path::{Path, PathBuf};
use std::process::Command;

use duramen_states::query::Moment;
use duramen_states::query::jsonata::{Bindings, Expression, JsonataError, States};
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
struct Expected {
    input: Value,
    variables: Map<String, Value>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    expression: String,
    /// Null is a value too.
    #[serde(default, deserialize_with = "there")]
    value: Option<Value>,
    #[serde(default)]
    undefined: bool,
    #[serde(default)]
    function: bool,
    error: Option<String>,
}

fn there<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/jsonata")
}

/// Where the evaluator is known to differ: the reduction of nothing is undefined, and it gives null.
const DIFFERENT: [&str; 1] = ["$reduce([], function($a, $v) { $a + $v })"];

/// Numbers are the same if they differ by less than what other orders of adding give.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= 1e-12 * a.abs().max(b.abs())
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

#[test]
fn expressions_give_what_the_reference_implementation_gives() {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    let expected: Expected = serde_json::from_str(&text).unwrap();
    assert!(expected.cases.len() > 250, "{}", expected.cases.len());
    let bindings = Bindings {
        states: States { input: Some(&expected.input), ..States::default() },
        variables: &expected.variables,
    };
    let mut wrong = Vec::new();
    for case in &expected.cases {
        let outcome = match Expression::compile(&case.expression) {
            Ok(expression) => expression.evaluate(&bindings, &mut Moment::new(0, 1)).map_err(|error| match &error {
                JsonataError::Failed { code: Some(code), .. } => code.clone(),
                other => other.to_string(),
            }),
            Err(error) => Err(error.message),
        };
        let is_right = match (&outcome, &case.error) {
            // Some errors have no code of JSONata; that there is one has to do.
            // Of what is no expression, the parsers may find another thing wrong first.
            (Err(found), Some(code)) => {
                found.contains(code.as_str())
                    || !is_code(found)
                    || !is_code(code)
                    || (found.starts_with('S') && code.starts_with('S'))
            }
            (Ok(Some(found)), None) => case.value.as_ref().is_some_and(|value| same(found, value)),
            (Ok(None), None) => case.undefined,
            (Err(_), None) => case.function,
            (Ok(_), Some(_)) => false,
        };
        if is_right == DIFFERENT.contains(&case.expression.as_str()) {
            wrong.push(format!("{}: {outcome:?} instead of {:?} {:?}", case.expression, case.value, case.error));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), expected.cases.len(), wrong.join("\n"));
}

fn is_code(text: &str) -> bool {
    text.len() >= 5
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text[1..5].bytes().all(|b| b.is_ascii_digit())
}

/// With `JSONATA_PACKAGE`, the folder of the npm package, the expected values are computed anew.
#[test]
fn the_expected_values_are_those_of_the_reference_implementation() {
    let Some(package) = std::env::var_os("JSONATA_PACKAGE") else { return };
    let script = folder().join("reference.mjs");
    let output = Command::new("node").arg(script).arg(package).arg("--check").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
