//! Notes beside the log of records that are durable, to know when sled drops some.
//!
//! sled takes a snapshot of where its pages are when it is opened, and this log has it take another when it is closed.
//! Damage to what a snapshot covers is an error when it is read, or when sled is opened. What was written since, when the
//! process did not close the log, sled takes up again as far as it can: of a damaged segment of its file it leaves out
//! the rest without a word, and sometimes all behind it.
//!
//! So the keys of some records are noted in `<folder>/TAIL`: always that of the newest, and about one in every 8 KiB. The
//! file is written after each sync and not synced itself, so it is never ahead of the log; after a power loss it may be
//! behind, and then says less. At opening every noted record must be there.
//!
//! What is told, then, of damage that a process which did not close the log left or met:
//!
//! - a lost end: always, since the newest record is noted;
//! - a loss in the middle: at opening when a noted record is among it, and else when a stream is read that goes on behind
//!   it, as a gap. Of a stream that ended there the last records are gone untold, and so are lost timers, summaries,
//!   names and snapshots, of which no note is taken.
//!
//! ```text
//! key of a record, 25 bytes              | crc u32      it must be there
//! 0 | execution 16 bytes | 8 zero bytes  | crc u32      it is being deleted, with the records noted before
//! ```

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::key;
use crate::{Error, ExecutionId, Version};

pub(super) type RecordKey = [u8; 25];

const ENTRY: usize = 29;
/// Batches of so many bytes share a note that stays.
const STRIDE: usize = 8 * 1024;
const FORGOTTEN: u8 = 0;

/// The open notes.
pub(super) struct Tail {
    file: File,
    /// Where the next note goes.
    end: u64,
    /// Records whose notes are to stay, and the newest.
    taken: Vec<RecordKey>,
    newest: Option<RecordKey>,
    /// Bytes since the last record whose note stays.
    since: usize,
}

impl Tail {
    /// Opens the notes, and gives the records that must be there.
    pub(super) fn open(folder: &Path) -> Result<(Self, HashSet<RecordKey>), Error> {
        let open = || {
            let path = folder.join("TAIL");
            let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            let end = bytes.len().next_multiple_of(ENTRY) as u64;
            io::Result::Ok((Self { file, end, taken: Vec::new(), newest: None, since: 0 }, noted(&bytes)))
        };
        open().map_err(|source| Error::io("opening the notes of durable records", source))
    }

    /// Forgets all: a snapshot of sled covers it now. Notes that stay for want of this are still true.
    pub(super) fn clear(&mut self) {
        self.end = 0;
        if let Err(error) = self.file.set_len(0) {
            tracing::warn!(%error, "could not clear the notes of durable records");
        }
    }

    /// Takes a record of `bytes` that will be synced, behind all taken before.
    pub(super) fn take(&mut self, record: RecordKey, bytes: usize) {
        if self.since >= STRIDE {
            self.since = 0;
            self.taken.extend(self.newest);
        }
        self.newest = Some(record);
        self.since += bytes;
    }

    /// Notes what was taken and is synced now. Notes that fail are no fault of the log: it only sees less at the next
    /// opening.
    pub(super) fn note(&mut self) {
        let Some(newest) = self.newest else { return };
        let kept = self.taken.len();
        let entries: Vec<_> = self.taken.drain(..).chain([newest]).map(|record| entry(&record)).collect();
        if let Err(error) = self.write(&entries) {
            tracing::warn!(%error, "could not note the newest records");
        }
        // The newest is written over by a later one, until it becomes one of those that stay.
        self.end += (kept * ENTRY) as u64;
    }

    /// Says durably that these are about to be deleted.
    pub(super) fn forget(&mut self, executions: &[ExecutionId]) -> Result<(), Error> {
        let entries: Vec<_> = executions.iter().map(|execution| entry(&forgotten(*execution))).collect();
        let are_gone = |record: &RecordKey| key::record_of(record).is_some_and(|of| executions.contains(&of));
        self.taken.retain(|record| !are_gone(record));
        self.newest = self.newest.filter(|record| !are_gone(record));
        // The note of the newest record is at the end, and is not to be lost.
        self.end += ENTRY as u64;
        self.write(&entries)
            .and_then(|()| self.file.sync_data())
            .map_err(|source| Error::io("forgetting the notes of durable records", source))?;
        self.end += (entries.len() * ENTRY) as u64;
        Ok(())
    }

    fn write(&mut self, entries: &[[u8; ENTRY]]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(entries.as_flattened())
    }
}

fn entry(key: &RecordKey) -> [u8; ENTRY] {
    let mut entry = [0; ENTRY];
    let (content, crc) = entry.split_at_mut(key.len());
    content.copy_from_slice(key);
    crc.copy_from_slice(&crc32fast::hash(key).to_be_bytes());
    entry
}

fn forgotten(execution: ExecutionId) -> RecordKey {
    let mut key = [0; 25];
    key[0] = FORGOTTEN;
    key[1..17].copy_from_slice(execution.as_bytes());
    key
}

/// The records that are noted and not forgotten. An entry that was cut short by a crash says nothing.
fn noted(bytes: &[u8]) -> HashSet<RecordKey> {
    let mut noted = HashSet::new();
    let mut gone = HashSet::new();
    for entry in bytes.chunks_exact(ENTRY) {
        let Some((key, crc)) = entry.split_first_chunk::<25>() else { continue };
        if crc != crc32fast::hash(key).to_be_bytes() {
            continue;
        }
        if key[0] == FORGOTTEN {
            gone.extend(key::record_of(key));
        } else {
            noted.insert(*key);
        }
    }
    noted.retain(|key| key::record_of(key).is_some_and(|execution| !gone.contains(&execution)));
    noted
}

/// What the error says when a noted record is not there.
pub(super) fn lost(noted: &RecordKey) -> Error {
    let execution = key::record_of(noted).unwrap_or(ExecutionId::from_bytes([0; 16]));
    let version = key::version_of(noted).unwrap_or(Version::NONE);
    let how = "it was acknowledged and is gone, and others written about then may be gone too";
    Error::Corrupt { execution, version, what: "record", how: how.into() }
}
