//! JSON as text, and merging.

use serde_json::Value;

use super::{Arguments, wrong};
use crate::query::java_text::java_text;

pub(super) fn from_text(arguments: &mut Arguments<'_>) -> Result<Value, String> {
    parsed(arguments.text(0)?)
}

/// The value of a JSON text. Nothing stands for null, and `-0` for 0.
pub(in crate::query) fn parsed(text: &str) -> Result<Value, String> {
    match text.trim_matches([' ', '\t', '\r', '\n']) {
        "" => Ok(Value::Null),
        "-0" => Ok(Value::from(0)),
        text => serde_json::from_str(text).map_err(|error| format!("the text is not JSON: {error}")),
    }
}

pub(super) fn to_text(arguments: &mut Arguments<'_>) -> Result<Value, String> {
    Ok(java_text(arguments.value(0)?).into())
}

pub(super) fn merge(arguments: &mut Arguments<'_>) -> Result<Value, String> {
    let object = |at| {
        let value = arguments.value(at)?;
        value.as_object().ok_or_else(|| wrong(at, "an object", value))
    };
    let (first, second) = (object(0)?, object(1)?);
    match arguments.value(2)? {
        Value::Bool(false) => {}
        Value::Bool(true) => return Err("argument 3 must be false: a deep merge is not supported".to_owned()),
        other => return Err(wrong(2, "a boolean", other)),
    }
    let mut merged = first.clone();
    merged.extend(second.iter().map(|(name, value)| (name.clone(), value.clone())));
    Ok(Value::Object(merged))
}
