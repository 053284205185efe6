//! The JSON values that are passed from state to state.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use bincode::de::{BorrowDecoder, Decoder};
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use serde_json::Value;

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
        let text = String::decode(decoder)?;
        let value: Value =
            serde_json::from_str(&text).map_err(|error| DecodeError::OtherString(format!("a payload: {error}")))?;
        Ok(value.into())
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

    #[test]
    fn what_is_written_to_the_log_is_read_again() {
        let payload = Payload::from(json!({"a": [1, null, 2.5, "b"]}));
        let config = bincode::config::standard();
        let bytes = bincode::encode_to_vec(&payload, config).unwrap();
        let (read, _): (Payload, usize) = bincode::decode_from_slice(&bytes, config).unwrap();
        assert_eq!(read, payload);
    }
}
