//! A memory log that keeps acknowledgements back, notes what is read, and whose reads fail on demand.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use duramen_storage::{
    Ack, Batch, Error, ExecutionId, Figures, Log, MemoryLog, Name, Page, Query, Record, Snapshot, Summary, Timer,
    Version,
};

type Held = (Ack, Result<Version, Error>);

/// Stores at once, and acknowledges when it is told to.
pub(crate) struct HeldLog {
    pub(crate) inner: Arc<MemoryLog>,
    holding: AtomicBool,
    held: Mutex<VecDeque<Held>>,
    submitted: AtomicU64,
    /// The row of this execution cannot be listed.
    pub(crate) damaged_row: Mutex<Option<ExecutionId>>,
    /// Snapshots cannot be read.
    pub(crate) damaged_snapshots: AtomicBool,
    /// Summaries are not read until this is over.
    pub(crate) slow_summaries: AtomicBool,
    /// The versions of the records that were read.
    pub(crate) read: Mutex<Vec<u64>>,
    /// So many reads of timers fail.
    pub(crate) failing_timers: AtomicU64,
}

impl HeldLog {
    pub(crate) fn over(inner: Arc<MemoryLog>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            holding: AtomicBool::new(false),
            held: Mutex::default(),
            submitted: AtomicU64::new(0),
            damaged_row: Mutex::default(),
            damaged_snapshots: AtomicBool::new(false),
            slow_summaries: AtomicBool::new(false),
            read: Mutex::default(),
            failing_timers: AtomicU64::new(0),
        })
    }

    pub(crate) fn hold(&self) {
        self.holding.store(true, Ordering::SeqCst);
    }

    /// How many acknowledgements are kept back.
    pub(crate) fn held(&self) -> usize {
        self.held.lock().unwrap().len()
    }

    /// Gives out the acknowledgements that are kept back; later ones are still kept.
    pub(crate) fn release(&self) {
        let held = std::mem::take(&mut *self.held.lock().unwrap());
        for (ack, outcome) in held {
            ack(outcome);
        }
    }

    /// Gives out only the acknowledgement of what was handed over last.
    pub(crate) fn release_last(&self) {
        let last = self.held.lock().unwrap().pop_back();
        if let Some((ack, outcome)) = last {
            ack(outcome);
        }
    }

    pub(crate) fn stop_holding(&self) {
        self.holding.store(false, Ordering::SeqCst);
        self.release();
    }

    /// How many batches were handed over.
    pub(crate) fn submitted(&self) -> u64 {
        self.submitted.load(Ordering::SeqCst)
    }

    fn damaged(execution: ExecutionId, what: &'static str) -> Error {
        Error::Corrupt { execution, version: Version::NONE, what, how: "by a test".into() }
    }
}

impl Log for HeldLog {
    fn submit(&self, batch: Batch, ack: Ack) {
        self.submitted.fetch_add(1, Ordering::SeqCst);
        if self.holding.load(Ordering::SeqCst) {
            let outcome = self.inner.append(batch);
            self.held.lock().unwrap().push_back((ack, outcome));
        } else {
            self.inner.submit(batch, ack);
        }
    }

    fn read(&self, execution: ExecutionId, after: Version, max: usize) -> Result<Vec<Record>, Error> {
        let records = self.inner.read(execution, after, max)?;
        self.read.lock().unwrap().extend(records.iter().map(|record| record.version.get()));
        Ok(records)
    }

    fn version(&self, execution: ExecutionId) -> Result<Version, Error> {
        self.inner.version(execution)
    }

    fn last(&self, execution: ExecutionId) -> Result<Option<Record>, Error> {
        self.inner.last(execution)
    }

    fn summary(&self, execution: ExecutionId) -> Result<Option<Summary>, Error> {
        while self.slow_summaries.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        self.inner.summary(execution)
    }

    fn list(&self, query: &Query) -> Result<Page, Error> {
        let mut page = self.inner.list(query)?;
        if let Some(damaged) = *self.damaged_row.lock().unwrap()
            && let Some(nth) = page.rows.iter().position(|row| row.execution == damaged)
        {
            if nth == 0 {
                return Err(Self::damaged(damaged, "summary"));
            }
            page.rows.truncate(nth);
            page.next = page.rows.last().map(|row| row.execution);
        }
        Ok(page)
    }

    fn holder(&self, name: &Name) -> Result<Option<ExecutionId>, Error> {
        self.inner.holder(name)
    }

    fn timers(&self, after: Option<Timer>, until_ms: u64, max: usize) -> Result<Vec<Timer>, Error> {
        let fails = |left: u64| left.checked_sub(1);
        if self.failing_timers.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails).is_ok() {
            let source = Arc::new(std::io::Error::other("asked for by a test"));
            return Err(Error::Io { doing: "reading timers".to_owned(), source });
        }
        self.inner.timers(after, until_ms, max)
    }

    fn snapshot(&self, execution: ExecutionId) -> Result<Option<Snapshot>, Error> {
        if self.damaged_snapshots.load(Ordering::SeqCst) {
            return Err(Self::damaged(execution, "snapshot"));
        }
        self.inner.snapshot(execution)
    }

    fn marked(&self, execution: ExecutionId, name: &str) -> Result<Option<Record>, Error> {
        self.inner.marked(execution, name)
    }

    fn marks(&self, execution: ExecutionId) -> Result<Vec<(String, Version)>, Error> {
        self.inner.marks(execution)
    }

    fn purge(&self, closed_before_ms: u64, max: usize) -> Result<usize, Error> {
        self.inner.purge(closed_before_ms, max)
    }

    fn figures(&self) -> Figures {
        self.inner.figures()
    }

    fn close(&self) -> Result<(), Error> {
        self.inner.close()
    }
}
