//! A log that can be cut behind any batch, with the time at which each was written: what is opened on a cut log goes on
//! from the time of the crash, so that points in time mean the same in every life.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use duramen::{Builder, Clock, Handle, Runtime, Status, TokioClock};
use duramen_storage::{
    Ack, Batch, Error, ExecutionId, Figures, Log, MemoryLog, Name, Page, Query, Record, Snapshot, Summary, Timer,
    Version,
};

/// When every first life begins, in ms since the Unix epoch.
pub(crate) const BEGINNING: u64 = 1_700_000_000_000;

pub(crate) struct Tape {
    log: MemoryLog,
    clock: TokioClock,
    /// When each batch was written.
    times: Mutex<Vec<u64>>,
    records_read: AtomicUsize,
}

impl Tape {
    pub(crate) fn new() -> Arc<Self> {
        Self::over(MemoryLog::new(), Vec::new())
    }

    fn over(log: MemoryLog, times: Vec<u64>) -> Arc<Self> {
        let clock = TokioClock::starting_at(times.last().copied().unwrap_or(BEGINNING));
        Arc::new(Self { log, clock, times: Mutex::new(times), records_read: AtomicUsize::new(0) })
    }

    /// The log as a crash behind so many batches would leave it; time goes on from there.
    pub(crate) fn prefix(&self, batches: usize) -> Arc<Self> {
        let times = self.times.lock().unwrap().iter().copied().take(batches).collect();
        Self::over(self.log.prefix(batches), times)
    }

    /// The log as a crash now would leave it.
    pub(crate) fn cut(&self) -> Arc<Self> {
        self.prefix(self.log.batches())
    }

    pub(crate) fn batches(&self) -> usize {
        self.log.batches()
    }

    /// A runtime to be set up on it.
    pub(crate) fn builder(self: &Arc<Self>) -> Builder {
        Runtime::on_log(Arc::clone(self) as Arc<dyn Log>).clock(self.clock)
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// Waits until so many ms have passed since the beginning, in whatever life.
    pub(crate) async fn at(&self, ms: u64) {
        loop {
            match (BEGINNING + ms).saturating_sub(self.now_ms()) {
                0 => return,
                left => tokio::time::sleep(Duration::from_millis(left)).await,
            }
        }
    }

    /// How many records were read from it so far.
    pub(crate) fn records_read(&self) -> usize {
        self.records_read.load(Ordering::Relaxed)
    }
}

/// The result, or why there is none: also when the execution is paused, which would let a test wait for ever.
pub(crate) async fn outcome(handle: &Handle<String>) -> String {
    let paused = async {
        loop {
            tokio::time::sleep(Duration::from_secs(1000)).await;
            if let Ok(Status::Paused { reason, .. }) = handle.status().await {
                return reason;
            }
        }
    };
    tokio::select! {
        result = handle.result() => result.unwrap_or_else(|error| match error.failure() {
            Some(failure) => format!("failed: {failure}"),
            None => format!("error: {error}"),
        }),
        reason = paused => format!("paused: {reason}"),
        () = tokio::time::sleep(Duration::from_secs(6 * 3600)) => "stuck".to_owned(),
    }
}

/// What happened to an execution, a line for each event.
pub(crate) async fn story(handle: &Handle<String>) -> Vec<String> {
    let history = handle.history().await.unwrap();
    history.into_iter().map(|line| format!("{} {:?}", line.at_ms, line.event)).collect()
}

/// Runs something to its end, and then again from every point at which the process may have died on the way: `live` is
/// given what it runs on, and gives how it came out. It must be the same each time.
pub(crate) async fn survives_every_crash<T: PartialEq + std::fmt::Debug>(live: impl AsyncFn(Arc<Tape>) -> T) -> T {
    let whole = Tape::new();
    let result = live(Arc::clone(&whole)).await;
    for batches in 0..whole.batches() {
        let again = live(whole.prefix(batches)).await;
        assert_eq!(again, result, "after {batches} of {} batches", whole.batches());
    }
    result
}

impl Log for Tape {
    fn submit(&self, batch: Batch, ack: Ack) {
        let mut times = self.times.lock().unwrap();
        let before = self.log.batches();
        // The acknowledgement may bring the next batch, so it must not come under the lock.
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        self.log.submit(batch, Box::new(move |outcome| sender.send(outcome).unwrap()));
        if self.log.batches() > before {
            times.push(self.clock.now_ms());
        }
        drop(times);
        ack(receiver.recv().unwrap());
    }

    fn read(&self, execution: ExecutionId, after: Version, max: usize) -> Result<Vec<Record>, Error> {
        let records = self.log.read(execution, after, max)?;
        self.records_read.fetch_add(records.len(), Ordering::Relaxed);
        Ok(records)
    }

    fn version(&self, execution: ExecutionId) -> Result<Version, Error> {
        self.log.version(execution)
    }

    fn last(&self, execution: ExecutionId) -> Result<Option<Record>, Error> {
        self.log.last(execution)
    }

    fn summary(&self, execution: ExecutionId) -> Result<Option<Summary>, Error> {
        self.log.summary(execution)
    }

    fn list(&self, query: &Query) -> Result<Page, Error> {
        self.log.list(query)
    }

    fn holder(&self, name: &Name) -> Result<Option<ExecutionId>, Error> {
        self.log.holder(name)
    }

    fn timers(&self, after: Option<Timer>, until_ms: u64, max: usize) -> Result<Vec<Timer>, Error> {
        self.log.timers(after, until_ms, max)
    }

    fn snapshot(&self, execution: ExecutionId) -> Result<Option<Snapshot>, Error> {
        self.log.snapshot(execution)
    }

    fn marked(&self, execution: ExecutionId, name: &str) -> Result<Option<Record>, Error> {
        self.log.marked(execution, name)
    }

    fn marks(&self, execution: ExecutionId) -> Result<Vec<(String, Version)>, Error> {
        self.log.marks(execution)
    }

    fn purge(&self, closed_before_ms: u64, max: usize) -> Result<usize, Error> {
        self.log.purge(closed_before_ms, max)
    }

    fn figures(&self) -> Figures {
        self.log.figures()
    }

    fn close(&self) -> Result<(), Error> {
        self.log.close()
    }
}
