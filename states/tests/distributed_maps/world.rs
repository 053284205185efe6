//! What the tests of distributed maps have in common: definitions, a handler, a log.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use duramen_actors::TokioClock;
use duramen_states::definition::Definition;
use duramen_states::{End, Fault, StateMachines, Tasks};
use duramen_storage::{ExecutionId, Log, MemoryLog, Query, Status, Version};
use serde_json::{Value, json};

pub(crate) const START_MS: u64 = 1_700_000_000_000;
pub(crate) const TYPES: [&str; 2] = ["EXPRESS", "STANDARD"];

/// A machine that is one distributed map with those fields, whose items go through those states.
pub(crate) fn map(kind: &str, fields: &Value, states: &Value) -> Definition {
    let start = states.as_object().unwrap().keys().next().unwrap();
    let mut map = json!({"Type": "Map", "End": true, "Label": "Each", "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind}, "StartAt": start, "States": states,
    }});
    map.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    Definition::parse(&json!({"StartAt": "Map", "States": {"Map": map}}).to_string()).unwrap()
}

pub(crate) fn pass() -> Value {
    json!({"Item": {"Type": "Pass", "End": true}})
}

pub(crate) fn task() -> Value {
    json!({"Item": {"Type": "Task", "Resource": "work", "End": true}})
}

/// What the handler of the tests has seen: how often each item came, and how many at a time.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) calls: Mutex<BTreeMap<u64, usize>>,
    pub(crate) now: AtomicUsize,
    pub(crate) most: AtomicUsize,
    /// How many calls have come to their end.
    pub(crate) ended: AtomicUsize,
    /// Whether nothing fails any more.
    pub(crate) mended: AtomicBool,
}

impl Seen {
    pub(crate) fn calls(&self) -> BTreeMap<u64, usize> {
        self.calls.lock().unwrap().clone()
    }
}

/// Takes so many minutes as the item says, and fails for 13.
pub(crate) fn tasks(seen: &Arc<Seen>) -> Tasks {
    let seen = Arc::clone(seen);
    Tasks::new().handler("work", move |call| {
        let seen = Arc::clone(&seen);
        async move {
            let number = call.input.as_u64().unwrap_or_default();
            *seen.calls.lock().unwrap().entry(number).or_default() += 1;
            seen.most.fetch_max(seen.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(60 * number)).await;
            seen.now.fetch_sub(1, Ordering::SeqCst);
            seen.ended.fetch_add(1, Ordering::SeqCst);
            match number {
                13 if !seen.mended.load(Ordering::SeqCst) => {
                    Err(Fault { error: Some("Unlucky".to_owned()), cause: None })
                }
                number => Ok(json!(number * 2)),
            }
        }
    })
}

pub(crate) async fn open(log: &Arc<MemoryLog>, definition: &Definition, seen: &Arc<Seen>) -> StateMachines {
    let builder = StateMachines::builder(Arc::<MemoryLog>::clone(log) as Arc<dyn Log>);
    let builder = builder.clock(Arc::new(TokioClock::starting_at(START_MS))).tasks(tasks(seen));
    builder.machine("m", definition).unwrap().snapshot_every(3).open().await.unwrap()
}

pub(crate) fn listed(log: &MemoryLog, definition: &str, status: Status) -> Vec<ExecutionId> {
    let query = Query::new().page_size(100_000).definition(definition).status(status);
    log.list(&query).unwrap().rows.into_iter().map(|row| row.execution).collect()
}

/// How many records an execution has, and their bytes.
pub(crate) fn records(log: &MemoryLog, execution: ExecutionId) -> (usize, usize) {
    let records = log.read(execution, Version::NONE, 1_000_000).unwrap();
    (records.len(), records.iter().map(|record| record.body.len()).sum())
}

pub(crate) async fn until(mut holds: impl FnMut() -> bool) {
    for _ in 0..100_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it never was so");
}

pub(crate) fn output(end: End) -> Value {
    match end {
        End::Succeeded(output) => output.into_value(),
        other => panic!("{other:?}"),
    }
}
