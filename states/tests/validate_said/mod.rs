//! What is said about a definition, in short.
#![allow(dead_code, clippy::indexing_slicing)]

use duramen_states::validate::*;
use serde_json::{Value, json};

pub(crate) fn said(text: &str, options: &Options<'_>, severity: Severity) -> Vec<String> {
    let all = validate(text, options);
    all.iter().filter(|one| one.severity == severity).map(ToString::to_string).collect()
}

pub(crate) fn errors(definition: &Value) -> Vec<String> {
    said(&definition.to_string(), &Options::default(), Severity::Error)
}

pub(crate) fn warnings(definition: &Value) -> Vec<String> {
    said(&definition.to_string(), &Options::default(), Severity::Warning)
}

/// A definition of that one state, to which `"End": true` is added.
pub(crate) fn with(mut state: Value) -> Value {
    state["End"] = json!(true);
    json!({"StartAt": "S", "States": {"S": state}})
}

/// The errors of that one state.
pub(crate) fn state(state: Value) -> Vec<String> {
    errors(&with(state))
}

pub(crate) fn schema(message: &str, location: &str) -> Vec<String> {
    vec![format!("SCHEMA_VALIDATION_FAILED: {message} at {location}")]
}
