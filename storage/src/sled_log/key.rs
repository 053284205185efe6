//! The keys of the tree: a tag byte that says what a row is, then what it is about, in an order that scans can use.
//!
//! ```text
//! 0 meta             0 | text                                              -> layout number u32
//! 1 records          1 | execution 16 | version u64                        -> frame
//! 2 chunks           2 | execution 16 | version u64 | index u32            -> bytes
//! 3 summaries        3 | place | execution 16                              -> frame
//! 4 names            4 | kind | definition length u16 | definition | name  -> frame
//! 5 timers           5 | due ms u64 | execution 16                         -> nothing
//! 6 snapshots        6 | execution 16                                      -> frame
//! 7 snapshot chunks  7 | execution 16 | place u64 | index u32              -> bytes
//! 8 marks            8 | execution 16 | name                               -> frame
//! ```
//!
//! Numbers are big-endian, so that the order of the keys is that of the numbers.

use crate::codec::status_number;
use crate::{ExecutionId, Name, Place, Status, Timer, Version};

pub(super) const LAYOUT: [u8; 7] = *b"\0layout";

const RECORD: u8 = 1;
const RECORD_CHUNK: u8 = 2;
const SUMMARY: u8 = 3;
const NAME: u8 = 4;
const TIMER: u8 = 5;
const SNAPSHOT: u8 = 6;
const SNAPSHOT_CHUNK: u8 = 7;
const MARK: u8 = 8;

/// The place of executions that are being deleted: behind all others, and in no listing.
pub(super) const DELETING: u8 = u8::MAX;

/// Whose chunks a chunk key is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChunksOf {
    Records,
    Snapshots,
}

impl ChunksOf {
    fn tag(self) -> u8 {
        match self {
            Self::Records => RECORD_CHUNK,
            Self::Snapshots => SNAPSHOT_CHUNK,
        }
    }
}

pub(super) fn record(execution: ExecutionId, version: Version) -> [u8; 25] {
    numbered(RECORD, execution, version.get())
}

pub(super) fn chunk(of: ChunksOf, execution: ExecutionId, place: u64, index: u32) -> [u8; 29] {
    let mut key = [0; 29];
    let (head, tail) = key.split_at_mut(25);
    head.copy_from_slice(&numbered(of.tag(), execution, place));
    tail.copy_from_slice(&index.to_be_bytes());
    key
}

/// What all chunk keys of an execution begin with.
pub(super) fn chunks(of: ChunksOf, execution: ExecutionId) -> [u8; 17] {
    about(of.tag(), execution)
}

/// What the keys of the chunks of one payload begin with.
pub(super) fn chunks_at(of: ChunksOf, execution: ExecutionId, place: u64) -> [u8; 25] {
    numbered(of.tag(), execution, place)
}

/// What all record keys of an execution begin with.
pub(super) fn records(execution: ExecutionId) -> [u8; 17] {
    about(RECORD, execution)
}

pub(super) fn summary(place: u8, execution: ExecutionId) -> [u8; 18] {
    let mut key = [0; 18];
    key[0] = SUMMARY;
    key[1] = place;
    key[2..].copy_from_slice(execution.as_bytes());
    key
}

/// What the keys of all summaries at a place begin with.
pub(super) fn summaries(place: u8) -> [u8; 2] {
    [SUMMARY, place]
}

pub(super) fn name(name: &Name) -> Vec<u8> {
    let mut key = Vec::with_capacity(4 + name.definition.len() + name.name.len());
    key.push(NAME);
    key.push(name.kind.0);
    // Long names are refused long before.
    key.extend_from_slice(&u16::try_from(name.definition.len()).unwrap_or(u16::MAX).to_be_bytes());
    key.extend_from_slice(name.definition.as_bytes());
    key.extend_from_slice(name.name.as_bytes());
    key
}

pub(super) fn timer(timer: Timer) -> [u8; 25] {
    let mut key = [0; 25];
    key[0] = TIMER;
    key[1..9].copy_from_slice(&timer.due_ms.to_be_bytes());
    key[9..].copy_from_slice(timer.execution.as_bytes());
    key
}

/// The first key that a timer due at `due_ms` can have.
pub(super) fn due(due_ms: u64) -> [u8; 25] {
    timer(Timer { due_ms, execution: ExecutionId::from_bytes([0; 16]) })
}

/// Behind all timers.
pub(super) fn past_timers() -> [u8; 25] {
    let mut key = [0; 25];
    key[0] = TIMER + 1;
    key
}

pub(super) fn snapshot(execution: ExecutionId) -> [u8; 17] {
    about(SNAPSHOT, execution)
}

pub(super) fn mark(execution: ExecutionId, name: &str) -> Vec<u8> {
    [marks(execution).as_slice(), name.as_bytes()].concat()
}

/// What the keys of all marks of an execution begin with.
pub(super) fn marks(execution: ExecutionId) -> [u8; 17] {
    about(MARK, execution)
}

/// The name in the key of a mark.
pub(super) fn marked_as(key: &[u8]) -> Option<&str> {
    std::str::from_utf8(key.get(17..)?).ok()
}

/// The version in a record key.
pub(super) fn version_of(key: &[u8]) -> Option<Version> {
    key.last_chunk().map(|bytes| Version::new(u64::from_be_bytes(*bytes)))
}

/// The execution at the end of a summary or timer key.
pub(super) fn execution_of(key: &[u8]) -> Option<ExecutionId> {
    key.last_chunk().map(|bytes| ExecutionId::from_bytes(*bytes))
}

/// The execution in a record key.
pub(super) fn record_of(key: &[u8; 25]) -> Option<ExecutionId> {
    key.get(1..17).and_then(execution_of)
}

/// The timer in a timer key.
pub(super) fn timer_of(key: &[u8]) -> Option<Timer> {
    let due_ms = key.get(1..)?.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))?;
    Some(Timer { due_ms, execution: execution_of(key)? })
}

/// The byte that files summaries by status and, within each, those asleep before those awake.
pub(super) fn place(place: Place) -> u8 {
    status_number(place.status) * 2 + u8::from(place.awake)
}

/// The bytes of all places, those first where an execution is most often looked for.
pub(super) fn places() -> impl Iterator<Item = u8> {
    [true, false].into_iter().flat_map(|awake| Status::ALL.map(|status| place(Place { status, awake })))
}

fn about(tag: u8, execution: ExecutionId) -> [u8; 17] {
    let mut key = [0; 17];
    key[0] = tag;
    key[1..].copy_from_slice(execution.as_bytes());
    key
}

fn numbered(tag: u8, execution: ExecutionId, number: u64) -> [u8; 25] {
    let mut key = [0; 25];
    key[0] = tag;
    key[1..17].copy_from_slice(execution.as_bytes());
    key[17..].copy_from_slice(&number.to_be_bytes());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_mark_has_these_bytes_and_gives_its_name() {
        let key = mark(ExecutionId::from_bytes([9; 16]), "totäl");
        assert_eq!(key, [&[8], [9; 16].as_slice(), "totäl".as_bytes()].concat());
        assert_eq!(marked_as(&key), Some("totäl"));
        assert_eq!(marked_as(&[&key, [0xff].as_slice()].concat()), None);
    }
}
