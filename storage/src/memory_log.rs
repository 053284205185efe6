//! The log in memory, for tests: the same contract, and faults on demand.

mod builder;
mod contents;
mod delivery;
mod faults;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use builder::MemoryLogBuilder;

use crate::limits::within_limits;
use crate::{
    Ack, Batch, Error, ExecutionId, Figures, Log, Name, Page, Query, Record, Snapshot, Summary, Timer, Version,
};
use contents::Contents;
use delivery::{Delayed, Direct};
use faults::{Fault, Faults};

/// A log that is gone with the process.
///
/// It acknowledges inside [`submit`](Log::submit), on the thread of the caller, so that tests with a clock of their own
/// run the same each time; only with a [slow sync](MemoryLogBuilder::slow_sync) it uses a thread.
///
/// ```
/// use duramen_storage::{Batch, ExecutionId, Log, MemoryLog, RecordKind, Version};
///
/// let log = MemoryLog::new();
/// let execution = ExecutionId::new(1_700_000_000_000, [1; 10]);
/// let first = log.append(Batch::new(execution, Version::NONE).record(RecordKind(1), b"started".to_vec()))?;
/// log.append(Batch::new(execution, first).record(RecordKind(2), b"ended".to_vec()))?;
///
/// // What would be found if the process had died between the two:
/// let crashed = log.prefix(1);
/// assert_eq!(crashed.read(execution, Version::NONE, 10)?.len(), 1);
/// # Ok::<(), duramen_storage::Error>(())
/// ```
pub struct MemoryLog {
    state: Mutex<State>,
    direct: Direct,
    max_record_bytes: usize,
}

struct State {
    contents: Contents,
    changes: Vec<Change>,
    faults: Faults,
    delayed: Option<Delayed>,
    appends: u64,
    figures: Figures,
    end: Option<Error>,
}

/// What changed the contents, in order.
#[derive(Clone)]
enum Change {
    Batch(Arc<Batch>),
    Purge(Arc<[ExecutionId]>),
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryLog {
    /// An empty log without faults.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Settings for an empty log.
    #[must_use]
    pub fn builder() -> MemoryLogBuilder {
        MemoryLogBuilder::new()
    }

    /// A new log without faults over what this one holds now, as if the process had been started again.
    #[must_use]
    pub fn reopen(&self) -> Self {
        let state = self.state();
        Self::with(state.contents.clone(), state.changes.clone(), Faults::default(), self.max_record_bytes)
    }

    /// How many batches were stored that changed something. A purge counts as one.
    #[must_use]
    pub fn batches(&self) -> usize {
        self.state().changes.len()
    }

    /// A new log without faults that holds the first `batches` of this one, as if the process had died behind them.
    #[must_use]
    pub fn prefix(&self, batches: usize) -> Self {
        let changes: Vec<Change> = self.state().changes.iter().take(batches).cloned().collect();
        let mut contents = Contents::default();
        for change in &changes {
            match change {
                Change::Batch(batch) => contents.apply(batch),
                Change::Purge(executions) => contents.delete(executions),
            }
        }
        Self::with(contents, changes, Faults::default(), self.max_record_bytes)
    }

    fn with(contents: Contents, changes: Vec<Change>, faults: Faults, max_record_bytes: usize) -> Self {
        let delayed = faults.slow_sync.map(Delayed::start);
        let figures = Figures::default();
        let state = State { contents, changes, faults, delayed, appends: 0, figures, end: None };
        Self { state: Mutex::new(state), direct: Direct::default(), max_record_bytes }
    }

    /// No code of others runs while the lock is held, so the state is whole whatever the mutex says.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_state<T>(&self, read: impl FnOnce(&Contents) -> T) -> Result<T, Error> {
        let state = self.state();
        if matches!(state.end, Some(Error::Closed)) {
            return Err(Error::Closed);
        }
        Ok(read(&state.contents))
    }
}

impl State {
    fn append(&mut self, batch: Result<Batch, Error>) -> Result<Version, Error> {
        let batch = batch?;
        if let Some(end) = &self.end {
            return Err(end.clone());
        }
        let version = self.contents.check(&batch)?;
        let fault = self.faults.draw(self.appends);
        if fault != Some(Fault::NotStored) {
            self.contents.apply(&batch);
            self.figures.batches += 1;
            self.figures.records += batch.records.len() as u64;
            self.figures.syncs += 1;
            self.appends += 1;
            if !batch.is_empty() {
                self.changes.push(Change::Batch(Arc::new(batch)));
            }
        }
        match fault {
            None => Ok(version),
            Some(Fault::NotStored) => Err(self.poison("an I/O error was asked for")),
            Some(Fault::AckLost) => Err(self.poison("a lost acknowledgement was asked for")),
        }
    }

    fn poison(&mut self, cause: &str) -> Error {
        let error = Error::Poisoned { cause: cause.into() };
        self.end = Some(error.clone());
        error
    }
}

impl Log for MemoryLog {
    fn submit(&self, batch: Batch, ack: Ack) {
        let batch = within_limits(batch, self.max_record_bytes);
        {
            let mut state = self.state();
            let outcome = state.append(batch);
            // Under the lock, so that answers are given out in the order in which batches were stored.
            match &state.delayed {
                Some(delayed) => delayed.push((ack, outcome)),
                None => self.direct.push((ack, outcome)),
            }
        }
        self.direct.give_out();
    }

    fn read(&self, execution: ExecutionId, after: Version, max: usize) -> Result<Vec<Record>, Error> {
        self.read_state(|contents| contents.read(execution, after, max))
    }

    fn version(&self, execution: ExecutionId) -> Result<Version, Error> {
        self.read_state(|contents| contents.version(execution))
    }

    fn last(&self, execution: ExecutionId) -> Result<Option<Record>, Error> {
        self.read_state(|contents| contents.last(execution))
    }

    fn summary(&self, execution: ExecutionId) -> Result<Option<Summary>, Error> {
        self.read_state(|contents| contents.summary(execution))
    }

    fn list(&self, query: &Query) -> Result<Page, Error> {
        self.read_state(|contents| contents.list(query))
    }

    fn holder(&self, name: &Name) -> Result<Option<ExecutionId>, Error> {
        self.read_state(|contents| contents.holder(name))
    }

    fn timers(&self, after: Option<Timer>, until_ms: u64, max: usize) -> Result<Vec<Timer>, Error> {
        self.read_state(|contents| contents.timers(after, until_ms, max))
    }

    fn snapshot(&self, execution: ExecutionId) -> Result<Option<Snapshot>, Error> {
        self.read_state(|contents| contents.snapshot(execution))
    }

    fn marked(&self, execution: ExecutionId, name: &str) -> Result<Option<Record>, Error> {
        self.read_state(|contents| contents.marked(execution, name))
    }

    fn marks(&self, execution: ExecutionId) -> Result<Vec<(String, Version)>, Error> {
        self.read_state(|contents| contents.marks(execution))
    }

    fn purge(&self, closed_before_ms: u64, max: usize) -> Result<usize, Error> {
        let mut state = self.state();
        if let Some(end) = &state.end {
            return Err(end.clone());
        }
        let executions = state.contents.closed_before(closed_before_ms, max);
        if !executions.is_empty() {
            state.contents.delete(&executions);
            state.changes.push(Change::Purge(executions.as_slice().into()));
        }
        Ok(executions.len())
    }

    fn figures(&self) -> Figures {
        self.state().figures
    }

    fn close(&self) -> Result<(), Error> {
        let delayed = {
            let mut state = self.state();
            let poisoned = state.end.clone().filter(|end| matches!(end, Error::Poisoned { .. }));
            if let Some(error) = poisoned {
                return Err(error);
            }
            state.end = Some(Error::Closed);
            state.delayed.take()
        };
        if let Some(delayed) = delayed {
            delayed.end();
        }
        Ok(())
    }
}
