//! A log that ends in the middle, as when the process dies.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use duramen_storage::{
    Ack, Batch, Error, ExecutionId, Figures, Log, Name, NewRecord, Page, Query, Record, Snapshot, Summary, Timer,
    Version,
};
use tokio::sync::watch;

use crate::{Clock, TokioClock};

/// A log under another one, that takes only so many batches. Behind them nothing is stored any more and nobody is answered,
/// as a dead process answers nobody.
///
/// It writes one batch at a time, on the thread of who submits it: so runs on virtual time are the same each time, and the
/// virtual clock stands while the disk is at work.
pub(super) struct Fuse {
    inner: Arc<dyn Log>,
    clock: TokioClock,
    state: Mutex<State>,
    dead: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    /// How many batches it takes yet; no limit when `None`.
    left: Option<usize>,
    dead: bool,
    stored: Vec<Stored>,
}

/// A batch that was stored.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) at_ms: u64,
    pub(super) execution: Option<ExecutionId>,
    pub(super) records: Vec<NewRecord>,
}

impl Fuse {
    pub(super) fn new(inner: Arc<dyn Log>, clock: TokioClock, left: Option<usize>) -> Self {
        let state = State { left, ..State::default() };
        Self { inner, clock, state: Mutex::new(state), dead: watch::Sender::new(false) }
    }

    /// No code of others runs while the lock is held but that of the log.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes `appends` further batches.
    pub(super) fn burn_after(&self, appends: usize) {
        self.state().left = Some(appends);
    }

    /// Takes no more.
    pub(super) fn burn(&self) {
        self.state().dead = true;
        self.dead.send_replace(true);
    }

    /// Waits until a batch came that was not taken.
    pub(super) async fn burnt(&self) {
        let mut dead = self.dead.subscribe();
        // The sender is here, so that it cannot be gone.
        let _ = dead.wait_for(|dead| *dead).await;
    }

    /// What was stored, in order.
    pub(super) fn stored(&self) -> Vec<Stored> {
        self.state().stored.clone()
    }

    pub(super) fn inner(&self) -> &Arc<dyn Log> {
        &self.inner
    }
}

impl State {
    fn count(&mut self, stored: Stored) {
        self.left = self.left.map(|left| left.saturating_sub(1));
        self.stored.push(stored);
    }
}

impl Log for Fuse {
    fn submit(&self, batch: Batch, ack: Ack) {
        let mut state = self.state();
        if state.dead {
            return;
        }
        if state.left == Some(0) && !batch.is_empty() {
            state.dead = true;
            drop(state);
            self.dead.send_replace(true);
            return;
        }
        let stored = (!batch.is_empty()).then(|| Stored {
            at_ms: self.clock.now_ms(),
            execution: Some(batch.execution),
            records: batch.records.clone(),
        });
        let outcome = self.inner.append(batch);
        if let (Ok(_), Some(stored)) = (&outcome, stored) {
            state.count(stored);
        }
        drop(state);
        ack(outcome);
    }

    fn read(&self, execution: ExecutionId, after: Version, max: usize) -> Result<Vec<Record>, Error> {
        self.inner.read(execution, after, max)
    }

    fn version(&self, execution: ExecutionId) -> Result<Version, Error> {
        self.inner.version(execution)
    }

    fn last(&self, execution: ExecutionId) -> Result<Option<Record>, Error> {
        self.inner.last(execution)
    }

    fn summary(&self, execution: ExecutionId) -> Result<Option<Summary>, Error> {
        self.inner.summary(execution)
    }

    fn list(&self, query: &Query) -> Result<Page, Error> {
        self.inner.list(query)
    }

    fn holder(&self, name: &Name) -> Result<Option<ExecutionId>, Error> {
        self.inner.holder(name)
    }

    fn timers(&self, after: Option<Timer>, until_ms: u64, max: usize) -> Result<Vec<Timer>, Error> {
        self.inner.timers(after, until_ms, max)
    }

    fn snapshot(&self, execution: ExecutionId) -> Result<Option<Snapshot>, Error> {
        self.inner.snapshot(execution)
    }

    fn marked(&self, execution: ExecutionId, name: &str) -> Result<Option<Record>, Error> {
        self.inner.marked(execution, name)
    }

    fn marks(&self, execution: ExecutionId) -> Result<Vec<(String, Version)>, Error> {
        self.inner.marks(execution)
    }

    fn purge(&self, closed_before_ms: u64, max: usize) -> Result<usize, Error> {
        let mut state = self.state();
        if state.dead || state.left == Some(0) {
            return Err(Error::Closed);
        }
        let purged = self.inner.purge(closed_before_ms, max)?;
        if purged > 0 {
            state.count(Stored { at_ms: self.clock.now_ms(), execution: None, records: Vec::new() });
        }
        Ok(purged)
    }

    fn figures(&self) -> Figures {
        self.inner.figures()
    }

    fn close(&self) -> Result<(), Error> {
        self.inner.close()
    }
}
