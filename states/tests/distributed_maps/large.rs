//! Distributed maps over more items than a record of the log may have: they come in pieces, and the end of a process between
//! two of them leaves no trace.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use duramen_actors::TokioClock;
use duramen_states::definition::Definition;
use duramen_states::objects::{Listed, Object, ObjectError, Objects};
use duramen_states::{End, Fault, Limits, StateMachines, Tasks};
use duramen_storage::{ExecutionId, Log, MemoryLog, Version};
use futures::future::BoxFuture;
use serde_json::{Value, json};

use crate::world::{START_MS, TYPES, map, output, until};

/// How many bytes a record may have here: far fewer than all items have.
const RECORD_BYTES: usize = 2 << 20;
const ITEMS: u64 = 7;
const ITEM_BYTES: usize = 400_000;

/// An object of lines that is another one each time it is read.
#[derive(Clone, Default)]
struct Changing {
    times: Arc<AtomicU64>,
}

impl Objects for Changing {
    fn get<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<Object, ObjectError>> {
        let time = self.times.fetch_add(1, Ordering::SeqCst) + 1;
        let line = |n| json!({"n": n, "time": time, "pad": "x".repeat(ITEM_BYTES)}).to_string() + "\n";
        let body = (0..ITEMS).map(line).collect::<String>().into_bytes();
        Box::pin(async { Ok(Object { body, modified_s: 0 }) })
    }

    fn put<'a>(&'a self, _: &'a str, _: &'a str, _: Vec<u8>) -> BoxFuture<'a, Result<(), ObjectError>> {
        Box::pin(async { Ok(()) })
    }

    fn list<'a>(&'a self, _: &'a str, _: &'a str, _: usize) -> BoxFuture<'a, Result<Vec<Listed>, ObjectError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

fn reading(kind: &str, fields: &Value, item: &Value) -> Definition {
    let reader = json!({"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSONL"},
        "Parameters": {"Bucket": "b", "Key": "k"}});
    let mut all = json!({"ItemReader": reader});
    all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    map(kind, &all, &json!({"Item": item}))
}

/// Of each item its number and by which reading it came.
fn short() -> Value {
    json!({"Type": "Pass", "End": true, "Parameters": {"n.$": "$.n", "time.$": "$.time"}})
}

async fn open(log: &Arc<MemoryLog>, definition: &Definition, objects: &Changing) -> StateMachines {
    open_with(log, definition, objects, 3).await
}

async fn open_with(log: &Arc<MemoryLog>, definition: &Definition, objects: &Changing, snapshots: u64) -> StateMachines {
    let builder = StateMachines::builder(Arc::<MemoryLog>::clone(log) as Arc<dyn Log>);
    let builder = builder.clock(Arc::new(TokioClock::starting_at(START_MS))).snapshot_every(snapshots);
    let builder = builder.limits(Limits::default().turn_events(8));
    let builder = builder.tasks(Tasks::new().objects(objects.clone()));
    builder.machine("m", definition).unwrap().open().await.unwrap()
}

fn bytes_of_all(log: &MemoryLog, execution: ExecutionId) -> usize {
    log.read(execution, Version::NONE, 10_000).unwrap().iter().map(|record| record.body.len()).sum()
}

/// What it must put out if all items are of one reading, which is that.
fn of_reading(time: u64) -> Value {
    (0..ITEMS).map(|n| json!({"n": n, "time": time})).collect()
}

#[tokio::test(start_paused = true)]
async fn items_are_read_that_are_more_than_a_record_may_have() {
    for kind in TYPES {
        let log = Arc::new(MemoryLog::builder().max_record_bytes(RECORD_BYTES).build());
        let machines = open_with(&log, &reading(kind, &json!({}), &short()), &Changing::default(), 0).await;
        let execution = machines.start("m", "one", json!({})).await.unwrap();
        assert_eq!(output(machines.result(execution).await.unwrap()), of_reading(1), "{kind}");
        assert!(bytes_of_all(&log, execution) > RECORD_BYTES, "{kind}");
        let run = machines.map_runs(execution).await.unwrap().remove(0);
        assert_eq!((run.item_counts.total, run.item_counts.succeeded), (ITEMS, ITEMS), "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn all_items_are_those_of_one_reading_wherever_a_process_ends() {
    let (whole, objects) = (Arc::new(MemoryLog::new()), Changing::default());
    let definition = reading("EXPRESS", &json!({"MaxConcurrency": 5}), &short());
    let machines = open(&whole, &definition, &objects).await;
    let execution = machines.start("m", "one", json!({})).await.unwrap();
    machines.result(execution).await.unwrap();
    drop(machines);
    let mut again = 0;
    for batches in 1..whole.batches() {
        let before = objects.times.load(Ordering::SeqCst);
        let machines = open(&Arc::new(whole.prefix(batches)), &definition, &objects).await;
        let result = output(machines.result(execution).await.unwrap());
        let time = match objects.times.load(Ordering::SeqCst) - before {
            0 => 1,
            _ => before + 1,
        };
        again += u64::from(time > 1);
        assert_eq!(result, of_reading(time), "after {batches} batches");
    }
    assert!(again >= 3, "it was read again {again} times");
}

#[tokio::test(start_paused = true)]
async fn batches_are_made_in_pieces_wherever_a_process_ends() {
    let batcher = json!({"ItemBatcher": {"MaxItemsPerBatch": 3, "BatchInput": {"all": 1}},
        "ItemSelector": {"n.$": "$$.Map.Item.Value.n", "pad.$": "$$.Map.Item.Value.pad"}});
    let item =
        json!({"Type": "Pass", "End": true, "Parameters": {"of.$": "$.Items[*].n", "all.$": "$.BatchInput.all"}});
    let right: Value =
        [0..3, 3..6, 6..7].into_iter().map(|numbers| json!({"of": numbers.collect::<Vec<_>>(), "all": 1})).collect();
    let (whole, objects) = (Arc::new(MemoryLog::new()), Changing::default());
    let definition = reading("EXPRESS", &batcher, &item);
    let machines = open(&whole, &definition, &objects).await;
    let execution = machines.start("m", "one", json!({})).await.unwrap();
    assert_eq!(output(machines.result(execution).await.unwrap()), right);
    let run = machines.map_runs(execution).await.unwrap().remove(0);
    assert_eq!((run.item_counts.succeeded, run.execution_counts.succeeded), (ITEMS, 3));
    drop(machines);
    for batches in 1..whole.batches() {
        let machines = open(&Arc::new(whole.prefix(batches)), &definition, &objects).await;
        assert_eq!(output(machines.result(execution).await.unwrap()), right, "after {batches} batches");
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_that_no_record_may_have_fails_the_reading_and_says_why() {
    let (log, objects) = (Arc::new(MemoryLog::builder().max_record_bytes(ITEM_BYTES / 2).build()), Changing::default());
    let machines = open(&log, &reading("EXPRESS", &json!({}), &short()), &objects).await;
    let execution = machines.start("m", "one", json!({})).await.unwrap();
    let End::Failed(Fault { error, cause }) = machines.result(execution).await.unwrap() else { panic!("it ran") };
    assert_eq!(error.as_deref(), Some("States.ItemReaderFailed"));
    assert!(cause.unwrap().contains("raise the limit where the log is opened"));
}

#[tokio::test(start_paused = true)]
async fn an_execution_that_is_stopped_while_it_reads_takes_no_more_items() {
    let (whole, objects) = (Arc::new(MemoryLog::new()), Changing::default());
    let definition = reading("STANDARD", &json!({}), &short());
    let machines = open(&whole, &definition, &objects).await;
    let execution = machines.start("m", "one", json!({})).await.unwrap();
    machines.result(execution).await.unwrap();
    drop(machines);
    for batches in 2..5 {
        let log = Arc::new(whole.prefix(batches));
        let machines = open(&log, &definition, &objects).await;
        machines.stop(execution, Fault::default()).await.unwrap();
        assert!(matches!(machines.result(execution).await.unwrap(), End::Aborted(_)), "after {batches} batches");
        until(|| objects.times.load(Ordering::SeqCst) > 1).await;
        assert!(matches!(machines.look(execution).await.unwrap(), Some(End::Aborted(_))), "after {batches} batches");
    }
}
