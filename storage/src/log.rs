//! The contract of the log, which every implementation keeps.

use std::sync::mpsc;

use crate::{Batch, Error, ExecutionId, Name, Page, Query, Record, Snapshot, Summary, Timer, Version};

/// Called once for each batch, when it is durable or refused; with the version the stream then has.
///
/// It runs on the thread that commits, so it must be quick and must not wait; it may hand over the next batch.
pub type Ack = Box<dyn FnOnce(Result<Version, Error>) + Send>;

/// Streams of records, one for each execution, with timers, summaries, names, snapshots and marks beside them.
///
/// What every implementation promises, and the contract suite in `tests/` checks:
///
/// - A batch is written as a whole or not at all, and is acknowledged only when it is durable.
/// - The versions of a stream are 1, 2, 3 and so on without a gap, in the order in which batches were submitted.
/// - A batch whose expected version is not the stream's is refused with [`Error::Conflict`]: of two writers on one
///   version exactly one wins.
/// - What is read is durable, or will be acknowledged as durable before anything that is submitted later.
/// - After a failed write or sync, every batch that was not acknowledged and every later one is refused with
///   [`Error::Poisoned`] until the log is opened again.
/// - Bytes in, bytes out: an implementation never needs to know what a record means.
///
/// Reads may block on the disk for a short while; none blocks on a sync.
pub trait Log: Send + Sync + 'static {
    /// Hands over a batch; `ack` is called when it is durable or refused, never before this call began. It may be called
    /// on this thread, within this call.
    ///
    /// Blocks while the queue of the log is full, which a disk that cannot keep up causes.
    fn submit(&self, batch: Batch, ack: Ack);

    /// Hands over a batch and blocks until it is durable.
    ///
    /// # Errors
    /// [`Error::Conflict`], [`Error::NameTaken`] and [`Error::TooLarge`] refuse this batch; the others mean that the log
    /// cannot go on.
    fn append(&self, batch: Batch) -> Result<Version, Error> {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.submit(
            batch,
            Box::new(move |outcome| {
                let _ = sender.send(outcome);
            }),
        );
        receiver.recv().unwrap_or(Err(Error::Closed))
    }

    /// At most `max` records behind version `after`, in order; fewer only at the end of the stream.
    ///
    /// # Errors
    /// [`Error::Corrupt`] and [`Error::NewerFormat`] name the first record that cannot be given; a gap counts as corrupt.
    fn read(&self, execution: ExecutionId, after: Version, max: usize) -> Result<Vec<Record>, Error>;

    /// The version a stream has; [`Version::NONE`] when there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    fn version(&self, execution: ExecutionId) -> Result<Version, Error>;

    /// The newest record of a stream.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn last(&self, execution: ExecutionId) -> Result<Option<Record>, Error>;

    /// The summary of an execution; `None` when there is no such execution (any more).
    ///
    /// # Errors
    /// When the summary is damaged or cannot be read.
    fn summary(&self, execution: ExecutionId) -> Result<Option<Summary>, Error>;

    /// A page of summaries, ordered by execution id, and so by the time of starting.
    ///
    /// # Errors
    /// When the first row of the page is damaged or cannot be read; go on behind the execution that the error names. A
    /// damaged row further down ends the page, and is the first of the next one.
    fn list(&self, query: &Query) -> Result<Page, Error>;

    /// The execution that holds a name.
    ///
    /// # Errors
    /// When it cannot be read.
    fn holder(&self, name: &Name) -> Result<Option<ExecutionId>, Error>;

    /// At most `max` timers behind `after` that are due before `until_ms`, by due time and then execution.
    ///
    /// # Errors
    /// When they cannot be read.
    fn timers(&self, after: Option<Timer>, until_ms: u64, max: usize) -> Result<Vec<Timer>, Error>;

    /// The newest snapshot of an execution.
    ///
    /// # Errors
    /// When it is damaged or cannot be read.
    fn snapshot(&self, execution: ExecutionId) -> Result<Option<Snapshot>, Error>;

    /// The record that was marked last under a name, by [`Batch::mark`]: a value is found so without reading the stream.
    /// `None` when no record is.
    ///
    /// # Errors
    /// When the mark or the record is damaged or cannot be read.
    fn marked(&self, execution: ExecutionId, name: &str) -> Result<Option<Record>, Error>;

    /// The names under which records of an execution are marked, with the versions of those records, by name.
    ///
    /// # Errors
    /// When a mark is damaged or cannot be read.
    fn marks(&self, execution: ExecutionId) -> Result<Vec<(String, Version)>, Error>;

    /// Deletes executions that were closed before `closed_before_ms`, at most `max` of them, with all that belongs to
    /// them, and says how many. Fewer than `max` means that no more are left. Their names are free again. Those that are
    /// still awake are kept, since they owe work.
    ///
    /// An execution disappears from [`summary`](Self::summary), [`list`](Self::list) and [`holder`](Self::holder) at
    /// once; a crash in the middle leaves nothing half deleted in sight, and a later call deletes the rest.
    ///
    /// # Errors
    /// [`Error::Poisoned`] and [`Error::Io`].
    fn purge(&self, closed_before_ms: u64, max: usize) -> Result<usize, Error>;

    /// What was written since the log was opened.
    fn figures(&self) -> Figures;

    /// Writes what was submitted, syncs, and takes no more: everything but `figures` and `close` says
    /// [`Error::Closed`] from then on, and what the log was opened on is free. Calling it twice is the same as once.
    ///
    /// # Errors
    /// When the last writes failed.
    fn close(&self) -> Result<(), Error>;
}

/// Counts of what a log did since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Figures {
    /// Batches that became durable.
    pub batches: u64,
    /// Records that became durable.
    pub records: u64,
    /// Syncs of the disk that made them so.
    pub syncs: u64,
    /// Batches handed over and not yet acknowledged.
    pub waiting: u64,
}
