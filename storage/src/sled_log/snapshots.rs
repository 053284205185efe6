//! Snapshots: the payload is the version, 8 bytes big-endian, and then the body.

use super::key::{self, ChunksOf};
use super::records::{chunked, engine_fault, fault};
use super::store::Store;
use crate::frame::{self, Fault, Frame};
use crate::{Error, ExecutionId, RecordKind, Snapshot, Version};

pub(super) fn payload(snapshot: &Snapshot) -> Vec<u8> {
    [snapshot.version.get().to_be_bytes().as_slice(), &snapshot.body].concat()
}

/// The newest snapshot of an execution.
pub(super) fn read(store: &Store, execution: ExecutionId) -> Result<Option<Snapshot>, Error> {
    let key = key::snapshot(execution);
    let engine = |error| engine_fault(execution, Version::NONE, "snapshot", error);
    let get = || store.call("reading a snapshot", |db| db.get(key)).map_err(engine);
    let fail = |how| fault(execution, Version::NONE, "snapshot", how);
    let mut found = get()?;
    while let Some(value) = found {
        let (kind, payload) = match frame::open(&key, &value).map_err(fail)? {
            Frame::Whole { kind, payload } => (kind, payload.to_vec()),
            Frame::Chunked(head) => {
                let payload = chunked(store, ChunksOf::Snapshots, execution, &head).map_err(engine)?;
                if let Err(how) = head.check(&payload) {
                    // The chunks go when the snapshot is replaced or deleted, which may be right now.
                    found = get()?;
                    if found.as_ref() == Some(&value) {
                        return Err(fail(how));
                    }
                    continue;
                }
                (head.kind, payload)
            }
        };
        let (version, body) = payload.split_first_chunk().ok_or_else(|| fail(Fault::damaged("it has no version")))?;
        let version = Version::new(u64::from_be_bytes(*version));
        return Ok(Some(Snapshot { version, kind: RecordKind(kind), body: body.to_vec() }));
    }
    Ok(None)
}

/// Where the chunks of the snapshot are that an execution has now. One that is damaged is about to be replaced.
pub(super) fn place_of_chunks(store: &Store, execution: ExecutionId) -> Result<Option<u64>, Error> {
    let key = key::snapshot(execution);
    let value = store.call("reading a snapshot", |db| db.get(key))?;
    Ok(value.as_deref().and_then(|value| match frame::open(&key, value) {
        Ok(Frame::Chunked(head)) => Some(head.place),
        Ok(Frame::Whole { .. }) | Err(_) => None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_has_these_bytes() {
        let snapshot = Snapshot { version: Version::new(258), kind: RecordKind(7), body: b"state".to_vec() };
        assert_eq!(payload(&snapshot), b"\x00\x00\x00\x00\x00\x00\x01\x02state");
    }
}
