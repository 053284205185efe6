//! One turn of an entity as it stands in the log: one record.

use duramen_storage::RecordKind;

use crate::Behavior;

/// All that happened in one turn.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Turn<E> {
    /// When, in ms since the Unix epoch.
    pub at_ms: u64,
    /// The events that commands and timers brought.
    pub given: Vec<E>,
    /// The events that the behaviour's `advance` added.
    pub asked: Vec<E>,
    /// Whether `advance` ran to its end. If not, what was given waits for the next turn that is polled.
    pub polled: bool,
}

impl<E> Turn<E> {
    /// All events, in the order in which they were applied.
    pub fn events(&self) -> impl Iterator<Item = &E> {
        self.given.iter().chain(&self.asked)
    }
}

/// The largest turn that is decoded, in bytes: a guard against lengths in damaged bytes, above any limit of the log.
const LARGEST: usize = 1 << 31;

const LAYOUT: bincode::config::Configuration<
    bincode::config::LittleEndian,
    bincode::config::Varint,
    bincode::config::Limit<LARGEST>,
> = bincode::config::standard().with_limit::<LARGEST>();

/// The bytes of a turn, as they stand in a record of kind [`Behavior::RECORD`].
///
/// # Errors
/// A text, when an event cannot be encoded.
pub fn encode<E: bincode::Encode>(turn: &Turn<E>) -> Result<Vec<u8>, String> {
    bincode::encode_to_vec(turn, LAYOUT).map_err(|error| format!("a turn cannot be encoded: {error}"))
}

/// The turn in a record, of the current schema or an older one.
///
/// # Errors
/// A text that says what is wrong with the bytes.
pub fn decode<B: Behavior>(behavior: &B, kind: RecordKind, body: &[u8]) -> Result<Turn<B::Event>, String> {
    if kind != B::RECORD {
        return behavior.upcast(kind, body);
    }
    let (turn, read) =
        bincode::decode_from_slice(body, LAYOUT).map_err(|error| format!("its events do not decode: {error}"))?;
    if read == body.len() { Ok(turn) } else { Err(format!("{} bytes stand behind its events", body.len() - read)) }
}
