//! The JSON values that are passed from state to state.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use bincode::de::{BorrowDecoder, Decoder};
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use serde::Deserialize;
use serde_json::Value;

use crate::query::MAX_DEPTH;

/// How many levels of objects and arrays a value in the log may have. What states put out has no more than
/// [`MAX_DEPTH`]; what is made of that on the way may have some more, but each layer only that of one template.
const MAX_LOGGED_DEPTH: usize = 500;

/// A JSON value that is cheap to clone. In the log it is JSON text.
#[derive(Clone, PartialEq, Default)]
pub struct Payload(Arc<Value>);

impl Payload {
    /// The value as JSON text, without white space.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.to_string()
    }

    /// Whether it has more than that many bytes as text.
    #[must_use]
    pub fn exceeds(&self, bytes: usize) -> bool {
        exceeds(&self.0, bytes)
    }

    /// About how many bytes it has as text; quicker than writing it.
    pub(crate) fn weight(&self) -> usize {
        weight(&self.0)
    }

    /// How many bytes it has as text.
    #[must_use]
    pub fn bytes(&self) -> usize {
        struct Counted(usize);
        impl std::io::Write for Counted {
            fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
                self.0 += text.len();
                Ok(text.len())
            }

            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let mut counted = Counted(0);
        // Counting does not fail, and a value is always text.
        let _ = serde_json::to_writer(&mut counted, &*self.0);
        counted.0
    }

    /// Whether more than that many objects and arrays lie in each other.
    #[must_use]
    pub fn is_deeper_than(&self, levels: usize) -> bool {
        is_deeper(&self.0, levels)
    }

    /// Whether it is larger than that, or deeper than the input of a state may be.
    pub(crate) fn is_beyond(&self, bytes: usize) -> Option<Beyond> {
        if self.is_deeper_than(MAX_DEPTH) {
            return Some(Beyond::Levels);
        }
        self.exceeds(bytes).then_some(Beyond::Bytes)
    }

    /// The value itself, cloned if others hold it too.
    #[must_use]
    pub fn into_value(self) -> Value {
        Arc::try_unwrap(self.0).unwrap_or_else(|shared| (*shared).clone())
    }

    /// Whether both are one value in memory: quick, and true only of equal ones.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Why a payload cannot go from state to state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beyond {
    Bytes,
    Levels,
}

impl Beyond {
    /// The cause of the error, which is that of Step Functions for what is too large.
    pub(crate) fn cause(self, name: &str) -> String {
        match self {
            Self::Bytes => format!(
                "The state/task '{name}' returned a result with a size exceeding the maximum number of bytes service limit."
            ),
            Self::Levels => {
                format!(
                    "The state/task '{name}' returned a result in which more than {MAX_DEPTH} levels lie in each other."
                )
            }
        }
    }
}

fn is_deeper(value: &Value, levels: usize) -> bool {
    let Some(inside) = levels.checked_sub(1) else { return value.is_array() || value.is_object() };
    match value {
        Value::Array(items) => items.iter().any(|item| is_deeper(item, inside)),
        Value::Object(fields) => fields.values().any(|field| is_deeper(field, inside)),
        _ => false,
    }
}

/// The value of a text from the log. The reader of JSON would stop at 128 levels.
pub(crate) fn read(text: &str) -> Result<Value, DecodeError> {
    let (mut levels, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => levels += 1,
            b']' | b'}' if !in_text => levels = levels.saturating_sub(1),
            _ => {}
        }
        if levels > MAX_LOGGED_DEPTH {
            return Err(DecodeError::Other("a payload: more than 500 levels lie in each other"));
        }
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    reader.disable_recursion_limit();
    let value = Value::deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| DecodeError::OtherString(format!("a payload: {error}")))
}

/// About how many bytes a value has as text.
pub(crate) fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len() + 4,
        Value::Array(items) => items.iter().map(weight).sum::<usize>() + 4,
        Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + 4 + weight(value)).sum::<usize>() + 4,
    }
}

/// Whether a value has more than that many bytes as JSON text.
pub(crate) fn exceeds(value: &Value, bytes: usize) -> bool {
    struct Left(usize);
    impl std::io::Write for Left {
        fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(text.len()).ok_or(std::io::ErrorKind::FileTooLarge)?;
            Ok(text.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    serde_json::to_writer(Left(bytes), value).is_err()
}

impl Deref for Payload {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl From<Value> for Payload {
    fn from(value: Value) -> Self {
        Self(Arc::new(value))
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl bincode::Encode for Payload {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.text().encode(encoder)
    }
}

impl<C> bincode::Decode<C> for Payload {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Ok(read(&String::decode(decoder)?)?.into())
    }
}

impl<'de, C> bincode::BorrowDecode<'de, C> for Payload {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        bincode::Decode::decode(decoder)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn its_size_is_that_of_its_text() {
        let payload = Payload::from(json!({"a": [1, "b"]}));
        let bytes = payload.text().len();
        assert!(!payload.exceeds(bytes));
        assert!(payload.exceeds(bytes - 1));
        assert_eq!(payload.bytes(), bytes);
    }

    fn deep(levels: usize) -> Payload {
        (0..levels).fold(json!("]}[{\\\""), |inner, _| json!([inner])).into()
    }

    fn through_the_log(payload: &Payload) -> Result<Payload, DecodeError> {
        let config = bincode::config::standard();
        let bytes = bincode::encode_to_vec(payload, config).unwrap();
        bincode::decode_from_slice(&bytes, config).map(|(read, _)| read)
    }

    #[test]
    fn what_is_written_to_the_log_is_read_again() {
        for payload in [json!({"a": [1, null, 2.5, "b"]}).into(), deep(128), deep(500)] {
            assert_eq!(through_the_log(&payload).unwrap(), payload);
        }
        assert!(through_the_log(&deep(501)).is_err());
    }

    #[test]
    fn its_depth_is_that_of_what_lies_in_it() {
        assert!(deep(3).is_deeper_than(2) && !deep(3).is_deeper_than(3));
        assert!(!Payload::from(json!("text")).is_deeper_than(0) && Payload::from(json!({})).is_deeper_than(0));
        assert_eq!(deep(MAX_DEPTH + 1).is_beyond(10_000), Some(Beyond::Levels));
        assert_eq!(deep(MAX_DEPTH).is_beyond(10), Some(Beyond::Bytes));
        assert_eq!(deep(MAX_DEPTH).is_beyond(10_000), None);
    }
}
