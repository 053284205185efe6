//! Executions that come back from a snapshot and the records behind it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use duramen_actors::TokioClock;
use duramen_states::definition::Definition;
use duramen_states::{End, Fault, StateMachines, Tasks};
use duramen_storage::{
    Ack, Batch, Error, ExecutionId, Figures, Log, MemoryLog, Name, Page, Query, Record, Snapshot, Summary, Timer,
    Version,
};
use serde_json::json;

/// A log that counts the records that are read.
struct Counting {
    log: MemoryLog,
    read: AtomicUsize,
}

impl Log for Counting {
    fn submit(&self, batch: Batch, ack: Ack) {
        self.log.submit(batch, ack);
    }
    fn read(&self, execution: ExecutionId, after: Version, max: usize) -> Result<Vec<Record>, Error> {
        let records = self.log.read(execution, after, max)?;
        self.read.fetch_add(records.len(), Ordering::SeqCst);
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

/// Goes round, with a pause after every hundred states.
fn round() -> Definition {
    let mut states = serde_json::Map::new();
    for n in 0..100 {
        states.insert(format!("S{n}"), json!({"Type": "Pass", "Next": format!("S{}", n + 1)}));
    }
    states.insert("S100".to_owned(), json!({"Type": "Wait", "Seconds": 1, "Next": "S0"}));
    Definition::parse(&json!({"StartAt": "S0", "States": states}).to_string()).unwrap()
}

async fn open(log: &Arc<Counting>, clock_ms: u64) -> StateMachines {
    let builder = StateMachines::builder(Arc::<Counting>::clone(log) as Arc<dyn Log>);
    let builder = builder.machine("round", &round()).unwrap().clock(Arc::new(TokioClock::starting_at(clock_ms)));
    builder.open().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_long_history_is_not_read_again() {
    let log = Arc::new(Counting { log: MemoryLog::new(), read: AtomicUsize::new(0) });
    let machines = open(&log, 1_700_000_000_000).await;
    let execution = machines.start("round", "one", json!({"a": 1})).await.unwrap();
    while log.log.batches() < 500 {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    drop(machines);
    log.read.store(0, Ordering::SeqCst);

    let machines = open(&log, 1_800_000_000_000).await;
    let before = log.log.batches();
    while log.log.batches() < before + 3 {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let read = log.read.load(Ordering::SeqCst);
    assert!(read < 256, "{read} records were read");
    machines.stop(execution, Fault::default()).await.unwrap();
    assert!(matches!(machines.result(execution).await.unwrap(), End::Aborted(_)));
    let history = machines.history(execution).await.unwrap();
    assert!(history.len() > 100_000, "{}", history.len());
    assert!(history.iter().zip(1..).all(|(event, id)| event.id == id && event.previous < id));
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_cannot_be_read_is_passed_over() {
    let log = Arc::new(MemoryLog::new());
    let text = r#"{"StartAt": "A", "States": {
        "A": {"Type": "Task", "Resource": "give", "Next": "B"}, "B": {"Type": "Wait", "Seconds": 60, "End": true}}}"#;
    let open = || {
        let tasks = Tasks::new().handler("give", |_| async { Ok(json!("given")) });
        let builder = StateMachines::builder(Arc::<MemoryLog>::clone(&log) as Arc<dyn Log>);
        let builder = builder.machine("m", &Definition::parse(text).unwrap()).unwrap().snapshot_every(1);
        builder.clock(Arc::new(TokioClock::starting_at(1_700_000_000_000))).tasks(tasks).open()
    };
    let machines = open().await.unwrap();
    let execution = machines.start("m", "one", json!({})).await.unwrap();
    while log.batches() < 2 {
        tokio::task::yield_now().await;
    }
    drop(machines);
    let snapshot = log.snapshot(execution).unwrap().unwrap();
    assert_eq!(snapshot.version, log.version(execution).unwrap());
    let body = [vec![255], snapshot.body].concat();
    let damaged = Batch::new(execution, snapshot.version).snapshot(Snapshot { body, ..snapshot });
    log.append(damaged).unwrap();
    let machines = open().await.unwrap();
    assert_eq!(machines.result(execution).await.unwrap(), End::Succeeded(json!("given").into()));
}
