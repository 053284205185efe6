//! Names of things in the log: executions and the versions of their records.

use std::fmt;
use std::str::FromStr;

/// The name of one execution: 16 bytes that order by the time the execution was started.
///
/// The bytes are those of a UUID of version 7 (RFC 9562): 48 bits of Unix time in ms, then randomness. It prints and
/// parses in the usual hyphenated form, and ids of later executions sort behind those of earlier ones, so that new
/// executions are written next to each other in the log.
///
/// ```
/// use duramen_storage::ExecutionId;
///
/// let earlier = ExecutionId::new(1_700_000_000_000, [7; 10]);
/// let later = ExecutionId::new(1_700_000_000_001, [0; 10]);
/// assert!(earlier < later);
/// assert_eq!(earlier.started_ms(), 1_700_000_000_000);
/// assert_eq!(earlier.to_string().parse::<ExecutionId>()?, earlier);
/// # Ok::<(), duramen_storage::IdError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExecutionId(uuid::Uuid);

impl ExecutionId {
    /// An id for an execution started at `at_ms` (ms since the Unix epoch), made unique by ten random bytes.
    #[must_use]
    pub fn new(at_ms: u64, entropy: [u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(at_ms, &entropy).into_uuid())
    }

    /// The id with these bytes, as [`as_bytes`](Self::as_bytes) gave them.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(uuid::Uuid::from_bytes(bytes))
    }

    /// The bytes of the id; they sort as the ids do.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// When the execution was started, in ms since the Unix epoch.
    #[must_use]
    pub fn started_ms(&self) -> u64 {
        let mut time = [0; 8];
        for (to, from) in time.iter_mut().skip(2).zip(self.as_bytes()) {
            *to = *from;
        }
        u64::from_be_bytes(time)
    }
}

impl fmt::Display for ExecutionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl fmt::Debug for ExecutionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ExecutionId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        uuid::Uuid::try_parse(text).map(Self).map_err(|_| IdError { text: text.to_owned() })
    }
}

impl bincode::Encode for ExecutionId {
    fn encode<E: bincode::enc::Encoder>(&self, encoder: &mut E) -> Result<(), bincode::error::EncodeError> {
        self.as_bytes().encode(encoder)
    }
}

impl<Context> bincode::Decode<Context> for ExecutionId {
    fn decode<D: bincode::de::Decoder<Context = Context>>(
        decoder: &mut D,
    ) -> Result<Self, bincode::error::DecodeError> {
        <[u8; 16]>::decode(decoder).map(Self::from_bytes)
    }
}

bincode::impl_borrow_decode!(ExecutionId);

/// A text that is not the name of an execution.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an execution id: it should look like 018bcfe5-6800-7000-8000-000000000000")]
pub struct IdError {
    text: String,
}

/// How many records the stream of an execution holds, and so the number of its newest record: the first record is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Version(u64);

impl Version {
    /// The version of a stream without records.
    pub const NONE: Self = Self(0);

    /// The version with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The version after `records` more records.
    #[must_use]
    pub const fn plus(self, records: u64) -> Self {
        Self(self.0.saturating_add(records))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_encoded_as_its_sixteen_bytes() {
        let id = ExecutionId::new(1_700_000_000_000, [7; 10]);
        let config = bincode::config::standard();
        let bytes = bincode::encode_to_vec(id, config).unwrap();
        assert_eq!(bytes, id.as_bytes());
        assert_eq!(bincode::decode_from_slice(&bytes, config).unwrap(), (id, 16));
        assert!(bincode::decode_from_slice::<ExecutionId, _>(&bytes[1..], config).is_err());
    }
}
