//! Reading streams of records.

use std::io;

use sled::IVec;

use super::key::{self, ChunksOf};
use super::store::Store;
use crate::frame::{self, Fault, Frame, Head};
use crate::{Error, ExecutionId, Record, RecordKind, Version};

/// Where a stream stands.
pub(super) fn version(store: &Store, execution: ExecutionId) -> Result<Version, Error> {
    Ok(newest(store, execution)?.and_then(|(key, _)| key::version_of(&key)).unwrap_or(Version::NONE))
}

/// At most `max` records behind `after`.
pub(super) fn read(store: &Store, execution: ExecutionId, after: Version, max: usize) -> Result<Vec<Record>, Error> {
    let Some(first) = after.get().checked_add(1) else { return Ok(Vec::new()) };
    let from = key::record(execution, Version::new(first));
    let to = key::record(execution, Version::new(u64::MAX));
    let rows: Vec<(IVec, IVec)> = store
        .call("reading records", |db| db.range(from.as_slice()..=to.as_slice()).take(max).collect())
        .map_err(|error| first_unreadable(store, execution, first, error))?;
    let mut records = Vec::with_capacity(rows.len());
    for ((key, value), expected) in rows.iter().zip(first..) {
        let version = Version::new(expected);
        if key::version_of(key) != Some(version) {
            return Err(fault(execution, version, "record", Fault::damaged("it is missing")));
        }
        match open(store, execution, version, key, value)? {
            Some(record) => records.push(record),
            // Records are deleted from the newest to the oldest, so what was read is what is left.
            None => break,
        }
    }
    Ok(records)
}

/// The record with this version; `None` when there is none, or no more.
pub(super) fn at(store: &Store, execution: ExecutionId, version: Version) -> Result<Option<Record>, Error> {
    let key = key::record(execution, version);
    let value = store
        .call("reading a record", |db| db.get(key))
        .map_err(|error| engine_fault(execution, version, "record", error))?;
    value.map_or(Ok(None), |value| open(store, execution, version, &key, &value))
}

/// The error that names the first record sled cannot give, when it found a part of its file damaged.
fn first_unreadable(store: &Store, execution: ExecutionId, first: u64, error: Error) -> Error {
    let unreadable = |version: &Version| {
        let key = key::record(execution, *version);
        !matches!(store.call("reading a record", |db| db.contains_key(key)), Ok(true))
    };
    match (first..).map(Version::new).find(unreadable) {
        Some(version) => engine_fault(execution, version, "record", error),
        None => error,
    }
}

/// The newest record.
pub(super) fn last(store: &Store, execution: ExecutionId) -> Result<Option<Record>, Error> {
    match newest(store, execution)? {
        Some((key, value)) => {
            let version = key::version_of(&key).unwrap_or(Version::NONE);
            open(store, execution, version, &key, &value)
        }
        None => Ok(None),
    }
}

fn newest(store: &Store, execution: ExecutionId) -> Result<Option<(IVec, IVec)>, Error> {
    let from = key::records(execution);
    let to = key::record(execution, Version::new(u64::MAX));
    store
        .call("reading the newest record", |db| db.range(from.as_slice()..=to.as_slice()).next_back().transpose())
        .map_err(|error| first_unreadable(store, execution, 1, error))
}

/// The record in a row; `None` when it was deleted meanwhile.
fn open(
    store: &Store,
    execution: ExecutionId,
    version: Version,
    key: &[u8],
    value: &[u8],
) -> Result<Option<Record>, Error> {
    let fail = |how| fault(execution, version, "record", how);
    let (kind, body) = match frame::open(key, value).map_err(fail)? {
        Frame::Whole { kind, payload } => (kind, payload.to_vec()),
        Frame::Chunked(head) => {
            let body = chunked(store, ChunksOf::Records, execution, &head)
                .map_err(|error| engine_fault(execution, version, "record", error))?;
            match head.check(&body) {
                Ok(()) => (head.kind, body),
                Err(_) if store.call("reading a record", |db| db.get(key))?.is_none() => return Ok(None),
                Err(how) => return Err(fail(how)),
            }
        }
    };
    Ok(Some(Record { version, kind: RecordKind(kind), body }))
}

/// The payload that `head` stands for, as far as its chunks are there.
pub(super) fn chunked(store: &Store, of: ChunksOf, execution: ExecutionId, head: &Head) -> Result<Vec<u8>, Error> {
    let from = key::chunk(of, execution, head.place, 0);
    let to = key::chunk(of, execution, head.place, head.chunks);
    store.call("reading chunks", |db| {
        let mut payload = Vec::new();
        for row in db.range(from.as_slice()..to.as_slice()) {
            payload.extend_from_slice(&row?.1);
        }
        Ok(payload)
    })
}

/// An error of sled while it read what belongs to an execution, as the error that tells whose it is.
pub(super) fn engine_fault(execution: ExecutionId, version: Version, what: &'static str, error: Error) -> Error {
    match error {
        Error::Io { source, .. } if source.kind() == io::ErrorKind::InvalidData => {
            Error::Corrupt { execution, version, what, how: source.to_string().into() }
        }
        error => error,
    }
}

/// What is wrong with a stored value, as the error that tells whose it is.
pub(super) fn fault(execution: ExecutionId, version: Version, what: &'static str, fault: Fault) -> Error {
    match fault {
        Fault::Newer(format) => Error::NewerFormat { execution, version, what, format, known: frame::NEWEST },
        Fault::Damaged(how) => Error::Corrupt { execution, version, what, how: how.into() },
    }
}
