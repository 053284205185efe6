//! The log on sled.
//!
//! `<folder>/LOCK` says who has the folder open, and `<folder>/log/` is sled's own. All rows are in one tree, since only
//! within one tree sled writes several rows as a whole.
//!
//! sled's `flush` hands its writes to the system and does not sync them, so this log syncs the file itself after every
//! flush. Payloads over 4 KiB are cut into chunks, since sled would put large ones into files that are never synced. The
//! space of what was deleted is used again slowly, and is never given back to the file system.

mod builder;
mod copy;
mod encoded;
mod folder;
mod key;
mod marks;
mod names;
mod purge;
mod records;
mod snapshots;
mod store;
mod summaries;
mod tail;
mod timers;
mod upkeep;
mod writer;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

pub use builder::SledLogBuilder;

use crate::committer::{Append, Committer};
use crate::limits::within_limits;
use crate::{
    Ack, Batch, Error, ExecutionId, Figures, Log, Name, Page, Query, Record, Snapshot, Summary, Timer, Version,
};
use encoded::Encoded;
use store::Store;
use writer::Writer;

/// A log in a folder, open in one runtime at a time.
///
/// ```
/// use duramen_storage::{Batch, ExecutionId, Log, RecordKind, SledLog, Version};
///
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// let log = SledLog::builder(folder).open()?;
/// let execution = ExecutionId::new(1_700_000_000_000, [1; 10]);
/// log.append(Batch::new(execution, Version::NONE).record(RecordKind(1), b"started".to_vec()))?;
/// log.close()?;
///
/// let log = SledLog::builder(folder).open()?;
/// let records = log.read(execution, Version::NONE, 100)?;
/// assert_eq!(records[0].body, b"started");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SledLog {
    committer: Committer<Writer>,
    /// Gone when the log was closed, so that the folder is free although others still hold the log.
    store: RwLock<Option<Arc<Store>>>,
    max_record_bytes: usize,
}

impl SledLog {
    /// Settings for the log in `folder`, which is made when there is none.
    pub fn builder(folder: impl AsRef<Path>) -> SledLogBuilder {
        SledLogBuilder::new(folder.as_ref())
    }

    /// Copies the log in the folder `from`, which nobody may have open, into the folder `to`, which is made. Nothing is
    /// written in `from`, so that a copy can be looked at without a trace in the original.
    ///
    /// # Errors
    /// [`Error::Locked`] when `from` is open, and [`Error::Io`] when there is no log in it, or files cannot be copied.
    pub fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<(), Error> {
        copy::copy(from.as_ref(), to.as_ref())
    }

    /// What was missing when the log was opened although it had been acknowledged, as far as that can be told: an
    /// [`Error::Corrupt`] for some of the missing records. They are in the trace too. Everything else can be read and
    /// written, but whoever can should restore the folder from a copy instead.
    #[must_use]
    pub fn damage(&self) -> Vec<Error> {
        self.with(|store| Ok(store.damage().to_vec())).unwrap_or_default()
    }

    fn with<T>(&self, read: impl FnOnce(&Store) -> Result<T, Error>) -> Result<T, Error> {
        let store = self.store.read().unwrap_or_else(PoisonError::into_inner);
        read(store.as_ref().ok_or(Error::Closed)?)
    }
}

impl Log for SledLog {
    fn submit(&self, batch: Batch, ack: Ack) {
        let batch = match within_limits(batch, self.max_record_bytes) {
            Ok(batch) => batch,
            Err(error) => return ack(Err(error)),
        };
        let bytes = batch.records.iter().map(|record| record.body.len()).sum::<usize>()
            + batch.snapshot.as_ref().map_or(0, |snapshot| snapshot.body.len());
        let append = Append {
            execution: batch.execution,
            expected: batch.expected,
            records: batch.records.len() as u64,
            claim: batch.claim.clone(),
            leaves: batch.summary.as_ref().is_some_and(|(_, summary)| !summary.awake),
            bytes,
            write: Encoded::of(batch),
            ack,
        };
        self.committer.submit(append);
    }

    fn read(&self, execution: ExecutionId, after: Version, max: usize) -> Result<Vec<Record>, Error> {
        self.with(|store| records::read(store, execution, after, max))
    }

    fn version(&self, execution: ExecutionId) -> Result<Version, Error> {
        self.with(|store| records::version(store, execution))
    }

    fn last(&self, execution: ExecutionId) -> Result<Option<Record>, Error> {
        self.with(|store| records::last(store, execution))
    }

    fn summary(&self, execution: ExecutionId) -> Result<Option<Summary>, Error> {
        self.with(|store| summaries::read(store, execution))
    }

    fn list(&self, query: &Query) -> Result<Page, Error> {
        self.with(|store| summaries::list(store, query))
    }

    fn holder(&self, name: &Name) -> Result<Option<ExecutionId>, Error> {
        self.with(|store| names::holder(store, name))
    }

    fn timers(&self, after: Option<Timer>, until_ms: u64, max: usize) -> Result<Vec<Timer>, Error> {
        self.with(|store| timers::due(store, after, until_ms, max))
    }

    fn snapshot(&self, execution: ExecutionId) -> Result<Option<Snapshot>, Error> {
        self.with(|store| snapshots::read(store, execution))
    }

    fn marked(&self, execution: ExecutionId, name: &str) -> Result<Option<Record>, Error> {
        self.with(|store| marks::marked(store, execution, name))
    }

    fn marks(&self, execution: ExecutionId) -> Result<Vec<(String, Version)>, Error> {
        self.with(|store| marks::all(store, execution))
    }

    fn purge(&self, closed_before_ms: u64, max: usize) -> Result<usize, Error> {
        purge::run(self, closed_before_ms, max)
    }

    fn figures(&self) -> Figures {
        self.committer.figures()
    }

    fn close(&self) -> Result<(), Error> {
        let outcome = self.committer.close();
        let store = self.store.write().unwrap_or_else(PoisonError::into_inner).take();
        match store.and_then(Arc::into_inner) {
            Some(store) if self.figures().batches > 0 => store.close(),
            Some(_) | None => {}
        }
        outcome
    }
}

impl Drop for SledLog {
    fn drop(&mut self) {
        // The committer has logged why, if it failed.
        let _ = self.close();
    }
}
