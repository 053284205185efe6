//! How large the parts of a batch may be, in every log.

use crate::{Batch, Error, Summary};

/// The default for the largest body of a record or a snapshot, in bytes.
pub(crate) const MAX_RECORD_BYTES: usize = 64 * 1024 * 1024;
/// The largest name with its definition, in bytes: it stands in a key, and keys stand in pages.
pub(crate) const MAX_NAME_BYTES: usize = 1024;
/// The largest name of a mark, in bytes: it stands in a key too.
pub(crate) const MAX_MARK_BYTES: usize = 1024;
/// How much of a note is kept, in bytes.
pub(crate) const MAX_NOTE_BYTES: usize = 2048;

/// Refuses a batch that is larger than a log may take, and cuts its note.
pub(crate) fn within_limits(mut batch: Batch, max_record_bytes: usize) -> Result<Batch, Error> {
    let execution = batch.execution;
    let too_large = |what, bytes, limit| Error::TooLarge { execution, what, bytes, limit };
    let records = batch.records.iter().map(|record| ("record", record.body.len()));
    let snapshot = batch.snapshot.iter().map(|snapshot| ("snapshot", snapshot.body.len()));
    let large = records.chain(snapshot).find(|(_, bytes)| *bytes > max_record_bytes);
    if let Some((what, bytes)) = large {
        return Err(too_large(what, bytes, max_record_bytes));
    }
    let claim = batch.claim.iter().map(|claim| claim.definition.len() + claim.name.len());
    let summary = batch.summary.iter().map(|(_, summary)| summary.definition.len() + summary.name.len());
    if let Some(bytes) = claim.chain(summary).find(|bytes| *bytes > MAX_NAME_BYTES) {
        return Err(too_large("name", bytes, MAX_NAME_BYTES));
    }
    if let Some(bytes) = batch.marks.iter().map(String::len).find(|bytes| *bytes > MAX_MARK_BYTES) {
        return Err(too_large("mark", bytes, MAX_MARK_BYTES));
    }
    if let Some(note) = batch.summary.as_mut().and_then(|(_, summary)| summary.note.as_mut()) {
        note.truncate(Summary::kept_of_note(note).len());
    }
    Ok(batch)
}
