//! Marks: names under which single records of a stream are found.

use sled::IVec;

use super::key;
use super::records::{self, engine_fault, fault};
use super::store::Store;
use crate::codec;
use crate::frame::{self, Fault, Frame};
use crate::{Error, ExecutionId, Record, Version};

/// The record that is marked so.
pub(super) fn marked(store: &Store, execution: ExecutionId, name: &str) -> Result<Option<Record>, Error> {
    let key = key::mark(execution, name);
    let get = || store.call("reading a mark", |db| db.get(&key)).map_err(|error| engine(execution, error));
    let Some(value) = get()? else { return Ok(None) };
    let version = open(execution, &key, &value)?;
    if let Some(record) = records::at(store, execution, version)? {
        return Ok(Some(record));
    }
    // Marks are deleted before their records, so one whose record is gone is gone itself, unless the log is damaged.
    match get()? {
        None => Ok(None),
        Some(_) => Err(fault(execution, version, "record", Fault::damaged("it is marked and missing"))),
    }
}

/// All marks of an execution, by name.
pub(super) fn all(store: &Store, execution: ExecutionId) -> Result<Vec<(String, Version)>, Error> {
    let rows: Vec<(IVec, IVec)> = store
        .call("reading marks", |db| db.scan_prefix(key::marks(execution)).collect())
        .map_err(|error| engine(execution, error))?;
    let mark = |(key, value): &(IVec, IVec)| {
        let version = open(execution, key, value)?;
        let name = key::marked_as(key).ok_or_else(|| fail(execution, Fault::damaged("its name is not a text")))?;
        Ok((name.to_owned(), version))
    };
    rows.iter().map(mark).collect()
}

fn open(execution: ExecutionId, key: &[u8], value: &[u8]) -> Result<Version, Error> {
    let version = match frame::open(key, value) {
        Ok(Frame::Whole { kind, payload }) => codec::decode_mark(kind, payload),
        Ok(Frame::Chunked(_)) => Err(Fault::damaged("it is in chunks")),
        Err(how) => Err(how),
    };
    version.map_err(|how| fail(execution, how))
}

fn fail(execution: ExecutionId, how: Fault) -> Error {
    fault(execution, Version::NONE, "mark", how)
}

fn engine(execution: ExecutionId, error: Error) -> Error {
    engine_fault(execution, Version::NONE, "mark", error)
}
