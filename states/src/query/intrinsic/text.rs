//! Functions of texts.

use serde_json::Value;

use super::Arguments;
use crate::query::java_text::double;

/// What may stand behind a backslash in a quoted text.
pub(super) const ESCAPED: [char; 4] = ['\'', '{', '}', '\\'];

/// There are more places in a template than arguments, or fewer.
pub(super) const OTHER_NUMBER: &str = "number of arguments do not match the occurrences of {}.";

pub(super) fn format(arguments: &mut Arguments<'_>) -> Result<Value, String> {
    // In a template that comes out of a value, only braces can be escaped.
    let (template, escaped) = match arguments.raw {
        Some(raw) => (raw, &ESCAPED[..]),
        None => (arguments.text(0)?, &['{', '}'][..]),
    };
    let mut values = arguments.values.iter().skip(1);
    let mut text = String::new();
    let mut places = 0;
    let mut rest = template.chars();
    while let Some(c) = rest.next() {
        let mut ahead = rest.clone();
        match (c, ahead.next()) {
            ('\\', Some(next)) if escaped.contains(&next) => {
                text.push(next);
                rest = ahead;
            }
            ('{', Some('}')) => {
                places += 1;
                if let Some(value) = values.next() {
                    write_value(&mut text, value);
                }
                rest = ahead;
            }
            _ => text.push(c),
        }
    }
    let given = arguments.values.len().saturating_sub(1);
    if places != given {
        return Err(OTHER_NUMBER.to_owned());
    }
    Ok(text.into())
}

/// A value as Step Functions writes it into a text: JSON for scalars, but no quotes; Java's notation for arrays and objects.
fn write_value(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(value) => text.push_str(&double(value)),
            None => text.push_str(&number.to_string()),
        },
        Value::String(value) => text.push_str(value),
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at > 0 { ", " } else { "" });
                write_value(text, item);
            }
            text.push(']');
        }
        Value::Object(fields) => {
            text.push('{');
            for (at, (name, value)) in fields.iter().enumerate() {
                text.push_str(if at > 0 { ", " } else { "" });
                text.push_str(name);
                text.push('=');
                write_value(text, value);
            }
            text.push('}');
        }
    }
}

pub(super) fn split(arguments: &mut Arguments<'_>) -> Result<Value, String> {
    let (text, between) = (arguments.text(0)?, arguments.text(1)?);
    let parts = text.split(|c| between.contains(c));
    Ok(parts.filter(|part| !part.is_empty()).map(Value::from).collect())
}
