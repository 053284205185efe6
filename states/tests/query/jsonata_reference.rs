//! Expressions of JSONata give what the reference implementation gives.

use std::collections::BTreeMap;
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
    message: Option<String>,
}

fn there<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/jsonata")
}

/// Where the evaluator is known to differ: texts beyond Latin-1 in Base64, which are taken as UTF-8; what is not there as an argument of functions that
/// need it; numbers beyond all that is of use; functions compared and as texts.
const DIFFERENT: [&str; 29] = [
    "$reduce([], function($a, $v) { $a + $v })",
    "$base64decode('12')",
    "$base64encode('ä😀')",
    "$filter(null, function($v) { $v > 1 })",
    "$formatBase(1e300, 2)",
    "$formatNumber(1e300, '#0.0')",
    "$fromMillis(-1.5, '[Y]', '+0100')",
    "$fromMillis(1e300, '[Y]', '+0100')",
    "$fromMillis(0, '[Y]', '')",
    "$fromMillis(0, '[Y]', 'ä😀')",
    "$reduce(null, function($a, $v) { $a + $v }, 5)",
    "$reduce([1, 2], function($a, $v) { $a + $v }, $missing)",
    "$replace('abab', 'a', $missing, 1)",
    "$replace('abab', 'a', $sum, 1)",
    "$round(12.345, -1.5)",
    "$sift()",
    "$sift({'a': 1, 'b': 2}, $missing)",
    "$single([1, 2], $missing)",
    "$sort([2, 1], $missing)",
    "$split('a,b,c', $sum, 2)",
    "$split('a,b,c', ',', 1e300)",
    "$toMillis('12', '[Y0001]')",
    "$sum = $sum",
    "$sum != $sum",
    "$sum in $sum",
    "[null..2]",
    "[1..null]",
    "([3]) ~> |$|{'b': 2}|",
    "([1, 3]) ~> |$|{'b': 2}|",
];

/// How many errors are said in other words than those of the reference implementation, most of them upon too many arguments: the evaluator does not
/// say which is the first too many.
const OTHER_WORDS: usize = 80;

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
    assert!(expected.cases.len() > 4500, "{}", expected.cases.len());
    let bindings = Bindings {
        states: States { input: Some(&expected.input), ..States::default() },
        variables: &expected.variables,
    };
    let (mut wrong, mut other_words) = (Vec::new(), 0);
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
        other_words += usize::from(is_right && case.message.is_some() && said(case, &bindings) != case.message);
        if is_right == DIFFERENT.contains(&case.expression.as_str()) {
            wrong.push(format!("{}: {outcome:?} instead of {:?} {:?}", case.expression, case.value, case.error));
        }
    }
    assert!(other_words <= OTHER_WORDS, "{other_words}");
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), expected.cases.len(), wrong.join("\n"));
}

/// What is wrong with a case, without the code.
fn said(case: &Case, bindings: &Bindings<'_>) -> Option<String> {
    let message = match Expression::compile(&case.expression) {
        Ok(expression) => expression.evaluate(bindings, &mut Moment::new(0, 1)).unwrap_err().to_string(),
        Err(error) => error.message,
    };
    message.split_once(": ").map(|(_, words)| words.to_owned())
}

/// What gives another value each time is looked at elsewhere, and `$eval` is not there.
#[test]
fn every_function_is_called_with_arguments_of_every_kind() {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    let expected: Expected = serde_json::from_str(&text).unwrap();
    let mut called: BTreeMap<String, usize> = BTreeMap::new();
    for case in &expected.cases {
        let Ok(expression) = Expression::compile(&case.expression) else { continue };
        for name in &expression.references().functions {
            *called.entry(name.clone()).or_default() += 1;
        }
    }
    let often = called.iter().filter(|(_, times)| **times >= 18).map(|(name, _)| name.as_str());
    let names = "abs append assert average base64decode base64encode boolean ceil contains count decodeUrl \
        decodeUrlComponent distinct each encodeUrl encodeUrlComponent error exists filter floor formatBase \
        formatInteger formatNumber fromMillis join keys length lookup lowercase map match max merge min not number pad \
        parseInteger power reduce replace reverse round sift single sort split spread sqrt string substring \
        substringAfter substringBefore sum toMillis trim type uppercase zip";
    assert_eq!(often.collect::<Vec<_>>(), names.split_whitespace().collect::<Vec<_>>());
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
