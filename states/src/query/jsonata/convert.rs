//! Values of JSON and of the evaluator.

use jsonata_core::value::JValue;
use serde_json::{Map, Value};

use super::error::JsonataError;
use crate::query::value::{MAX_DEPTH, MAX_SIZE, number};

pub(super) fn from_json(value: &Value) -> JValue {
    match value {
        Value::Null => JValue::Null,
        Value::Bool(value) => JValue::Bool(*value),
        Value::Number(number) => JValue::Number(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => JValue::string(text.as_str()),
        Value::Array(items) => JValue::array(items.iter().map(from_json).collect()),
        Value::Object(fields) => {
            JValue::object(fields.iter().map(|(name, value)| (name.clone(), from_json(value))).collect())
        }
    }
}

/// `None` for undefined.
pub(super) fn to_json(value: &JValue) -> Result<Option<Value>, JsonataError> {
    Writer { left: MAX_SIZE }.write(value, 0)
}

struct Writer {
    /// Bytes that may still be written. A value that stands in many places counts in each.
    left: usize,
}

impl Writer {
    fn take(&mut self, size: usize) -> Result<(), JsonataError> {
        self.left = self.left.checked_sub(size).ok_or(JsonataError::MemoryLimit)?;
        Ok(())
    }

    fn write(&mut self, value: &JValue, depth: usize) -> Result<Option<Value>, JsonataError> {
        if depth > MAX_DEPTH {
            return Err(JsonataError::TooDeep);
        }
        self.take(8)?;
        Ok(Some(match value {
            JValue::Undefined => return Ok(None),
            JValue::Null => Value::Null,
            JValue::Bool(value) => Value::Bool(*value),
            // What JSON has no number for is written as JavaScript names it.
            JValue::Number(value) => match number(*value) {
                Some(number) => Value::Number(number),
                None if value.is_nan() => Value::from("NaN"),
                None => Value::from(if *value > 0.0 { "Infinity" } else { "-Infinity" }),
            },
            JValue::String(text) => {
                self.take(text.len())?;
                Value::from(&**text)
            }
            JValue::Array(items) => {
                let mut written = Vec::with_capacity(items.len().min(self.left));
                for item in &**items {
                    written.extend(self.write(item, depth + 1)?);
                }
                Value::Array(written)
            }
            JValue::Object(fields) => {
                let mut written = Map::new();
                for (name, value) in fields.iter() {
                    self.take(name.len())?;
                    if let Some(value) = self.write(value, depth + 1)? {
                        written.insert(name.clone(), value);
                    }
                }
                Value::Object(written)
            }
            _ => return Err(JsonataError::Function),
        }))
    }
}
