//! Values of user code as they stand in the log: JSON.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Failure;

/// A JSON text: an input, a result, the data of a failure. Cheap to clone.
///
/// ```
/// use duramen::Payload;
///
/// let total = Payload::of(&42)?;
/// assert_eq!(total.to_string(), "42");
/// assert_eq!(total.read::<u32>()?, 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Payload(Arc<[u8]>);

impl Payload {
    /// The JSON of a value.
    ///
    /// # Errors
    /// When the value has no JSON form: a map whose keys are not texts, a `Serialize` that fails.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        serde_json::to_vec(value).map(|json| Self(json.into()))
    }

    /// Reads the JSON as a value.
    ///
    /// # Errors
    /// When the JSON is not that of such a value.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.0)
    }

    /// The JSON text, as bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The JSON of nothing.
    #[must_use]
    pub fn null() -> Self {
        Self(Arc::from(b"null".as_slice()))
    }

    /// Itself, if it has at most `limit` bytes.
    pub(crate) fn within(self, limit: usize, what: &str) -> Result<Self, Failure> {
        let bytes = self.0.len();
        if bytes <= limit {
            return Ok(self);
        }
        let cause = format!(
            "{what} has {bytes} bytes and the limit is {limit}: pass a reference to data kept elsewhere, or raise \
             `max_payload` where the runtime is built"
        );
        Err(Failure::new(Failure::PAYLOAD_TOO_LARGE, cause))
    }

    /// The payload of a value that user code gave as a result.
    pub(crate) fn of_result<T: Serialize + ?Sized>(value: &T) -> Result<Self, Failure> {
        Self::of(value).map_err(|error| {
            Failure::new("ResultNotSerializable", format!("{} has no JSON form: {error}", std::any::type_name::<T>()))
        })
    }
}

/// Written as the JSON it is, so only into JSON.
impl Serialize for Payload {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json: &serde_json::value::RawValue = serde_json::from_slice(&self.0).map_err(serde::ser::Error::custom)?;
        json.serialize(serializer)
    }
}

/// Read as the JSON that stands there, so only from JSON.
impl<'de> serde::Deserialize<'de> for Payload {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<serde_json::value::RawValue>::deserialize(deserializer)?;
        Ok(Self(Arc::from(json.get().as_bytes())))
    }
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
