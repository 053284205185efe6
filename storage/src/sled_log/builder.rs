//! Settings of a log in a folder.

use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use super::SledLog;
use super::store::Store;
use super::writer::Writer;
use crate::Error;
use crate::committer::{Bounds, Committer};
use crate::limits::MAX_RECORD_BYTES;

/// About how many streams the committer knows the version of without a look at the tree: some 10 MB.
const KNOWN_STREAMS: usize = 200_000;

/// Settings of a [`SledLog`]; the defaults suit most.
///
/// ```
/// use duramen_storage::{Log, SledLog};
///
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// let log = SledLog::builder(folder).cache_bytes(256 * 1024 * 1024).max_record_bytes(1024 * 1024).open()?;
/// log.close()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct SledLogBuilder {
    folder: PathBuf,
    cache_bytes: u64,
    max_record_bytes: usize,
    bounds: Bounds,
}

impl SledLogBuilder {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            cache_bytes: 64 * 1024 * 1024,
            max_record_bytes: MAX_RECORD_BYTES,
            bounds: Bounds { batches: 16 * 1024, bytes: 64 * 1024 * 1024 },
        }
    }

    /// How much of the tree is kept in memory, in bytes; 64 MiB unless told.
    #[must_use]
    pub fn cache_bytes(mut self, bytes: u64) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// The largest body of a record or a snapshot, in bytes; 64 MiB unless told, and never more than 4 GiB.
    #[must_use]
    pub fn max_record_bytes(mut self, bytes: usize) -> Self {
        // Formats keep lengths in 32 bits, and a snapshot adds its version to its body.
        self.max_record_bytes = bytes.min(u32::MAX as usize - 8);
        self
    }

    /// How many batches, and how many bytes of payload in them, may wait before [`submit`](crate::Log::submit) blocks;
    /// 16,384 and 64 MiB unless told. A single batch over the bytes is taken when nothing else waits.
    #[must_use]
    pub fn queue(mut self, batches: usize, bytes: usize) -> Self {
        self.bounds = Bounds { batches, bytes };
        self
    }

    /// Opens the log, making the folder when there is none.
    ///
    /// # Errors
    /// [`Error::Locked`] when another log has it open, [`Error::NewerLayout`] when a later duramen wrote it, and
    /// [`Error::Io`] when it cannot be read or written.
    pub fn open(self) -> Result<SledLog, Error> {
        let (store, tail) = Store::open(&self.folder, self.cache_bytes)?;
        let store = Arc::new(store);
        let committer = Committer::start(Writer::new(store.clone(), tail), self.bounds, KNOWN_STREAMS)?;
        Ok(SledLog { committer, store: RwLock::new(Some(store)), max_record_bytes: self.max_record_bytes })
    }
}
