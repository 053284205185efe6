//! A note beside the log of the newest record that is durable, to know when sled drops the end of its file.
//!
//! When bytes that sled wrote since it was last opened are damaged, it opens all the same and leaves out what it cannot
//! read, without a word. So after each sync the key of the last record is noted in `<folder>/TAIL`, which is written and
//! not synced: a note that is older than the log says less, and a note is never newer than what was synced before. At
//! opening the record must be there.
//!
//! ```text
//! key of the record, 25 bytes | crc u32      or      nothing noted: 29 zero bytes
//! ```

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use super::key;
use crate::{Error, ExecutionId, Version};

type RecordKey = [u8; 25];
const BYTES: usize = 29;

/// The open note.
pub(super) struct Tail {
    file: File,
    noted: Option<RecordKey>,
}

impl Tail {
    pub(super) fn open(folder: &Path) -> Result<Self, Error> {
        let open = || {
            let path = folder.join("TAIL");
            let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
            let mut bytes = Vec::with_capacity(BYTES);
            file.read_to_end(&mut bytes)?;
            io::Result::Ok(Self { file, noted: parse(&bytes) })
        };
        open().map_err(|source| Error::io("opening the note of the newest record", source))
    }

    /// The record that was noted last.
    pub(super) fn noted(&self) -> Option<RecordKey> {
        self.noted
    }

    /// Notes a record that was synced. A note that fails is no fault of the log: it only sees less at the next opening.
    pub(super) fn note(&mut self, record: RecordKey) {
        let mut bytes = [0; BYTES];
        let (key, crc) = bytes.split_at_mut(25);
        key.copy_from_slice(&record);
        crc.copy_from_slice(&crc32fast::hash(&record).to_be_bytes());
        match self.write(&bytes) {
            Ok(()) => self.noted = Some(record),
            Err(error) => tracing::warn!(%error, "could not note the newest record"),
        }
    }

    /// Forgets the note, durably, when it is of one of these, which are about to be deleted.
    pub(super) fn forget(&mut self, executions: &[ExecutionId]) -> Result<(), Error> {
        let noted = self.noted.map(|noted| execution_and_version(&noted).0);
        if noted.is_some_and(|noted| executions.contains(&noted)) {
            let forgotten = self.write(&[0; BYTES]).and_then(|()| self.file.sync_data());
            forgotten.map_err(|source| Error::io("forgetting the note of the newest record", source))?;
            self.noted = None;
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8; BYTES]) -> io::Result<()> {
        self.file.rewind()?;
        self.file.write_all(bytes)
    }
}

fn parse(bytes: &[u8]) -> Option<RecordKey> {
    let (key, crc) = bytes.split_first_chunk::<25>()?;
    (crc == crc32fast::hash(key).to_be_bytes()).then_some(*key)
}

/// What the error says when a noted record is not there.
pub(super) fn lost(noted: &RecordKey) -> Error {
    let (execution, version) = execution_and_version(noted);
    let how = "it was acknowledged and is gone from the end of the log, and others written about then may be gone too";
    Error::Corrupt { execution, version, what: "record", how: how.into() }
}

fn execution_and_version(noted: &RecordKey) -> (ExecutionId, Version) {
    let execution = key::record_of(noted);
    (execution.unwrap_or(ExecutionId::from_bytes([0; 16])), key::version_of(noted).unwrap_or(Version::NONE))
}
