//! Distributed maps: their items have executions of their own, of both types, in memory and on the log.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use duramen_actors::TokioClock;
use duramen_states::definition::Definition;
use duramen_states::history::Kind;
use duramen_states::machine::{MapRunStatus, MapRunUpdate};
use duramen_states::{End, Error, Fault, Machine, Options, StateMachines, Tasks};
use duramen_storage::{ExecutionId, Log, MemoryLog, Query, Status, Version};
use serde_json::{Value, json};

const START_MS: u64 = 1_700_000_000_000;
const TYPES: [&str; 2] = ["EXPRESS", "STANDARD"];

/// A machine that is one distributed map with those fields, whose items go through those states.
fn map(kind: &str, fields: &Value, states: &Value) -> Definition {
    let start = states.as_object().unwrap().keys().next().unwrap();
    let mut map = json!({"Type": "Map", "End": true, "Label": "Each", "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind}, "StartAt": start, "States": states,
    }});
    map.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    Definition::parse(&json!({"StartAt": "Map", "States": {"Map": map}}).to_string()).unwrap()
}

fn pass() -> Value {
    json!({"Item": {"Type": "Pass", "End": true}})
}

fn task() -> Value {
    json!({"Item": {"Type": "Task", "Resource": "work", "End": true}})
}

/// What the handler of the tests has seen: how often each item came, and how many at a time.
#[derive(Default)]
struct Seen {
    calls: Mutex<BTreeMap<u64, usize>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Seen {
    fn calls(&self) -> BTreeMap<u64, usize> {
        self.calls.lock().unwrap().clone()
    }
}

/// Takes so many minutes as the item says, and fails for 13.
fn tasks(seen: &Arc<Seen>) -> Tasks {
    let seen = Arc::clone(seen);
    Tasks::new().handler("work", move |call| {
        let seen = Arc::clone(&seen);
        async move {
            let number = call.input.as_u64().unwrap_or_default();
            *seen.calls.lock().unwrap().entry(number).or_default() += 1;
            seen.most.fetch_max(seen.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(60 * number)).await;
            seen.now.fetch_sub(1, Ordering::SeqCst);
            match number {
                13 => Err(Fault { error: Some("Unlucky".to_owned()), cause: None }),
                number => Ok(json!(number * 2)),
            }
        }
    })
}

async fn open(log: &Arc<MemoryLog>, definition: &Definition, seen: &Arc<Seen>) -> StateMachines {
    let builder = StateMachines::builder(Arc::<MemoryLog>::clone(log) as Arc<dyn Log>);
    let builder = builder.clock(Arc::new(TokioClock::starting_at(START_MS))).tasks(tasks(seen));
    builder.machine("m", definition).unwrap().open().await.unwrap()
}

fn listed(log: &MemoryLog, definition: &str, status: Status) -> Vec<ExecutionId> {
    let query = Query::new().page_size(100_000).definition(definition).status(status);
    log.list(&query).unwrap().rows.into_iter().map(|row| row.execution).collect()
}

/// How many records an execution has, and their bytes.
fn records(log: &MemoryLog, execution: ExecutionId) -> (usize, usize) {
    let records = log.read(execution, Version::NONE, 1_000_000).unwrap();
    (records.len(), records.iter().map(|record| record.body.len()).sum())
}

async fn until(mut holds: impl FnMut() -> bool) {
    for _ in 0..100_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it never was so");
}

fn output(end: End) -> Value {
    match end {
        End::Succeeded(output) => output.into_value(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_has_an_execution_of_its_own() {
    let states = json!({"Item": {"Type": "Pass", "End": true, "Parameters": {
        "id.$": "$$.Execution.Id", "name.$": "$$.Execution.Name", "input.$": "$$.Execution.Input",
        "machine.$": "$$.StateMachine.Id", "index.$": "$$.Map.Item.Index", "item.$": "$$.Map.Item.Value"}}});
    let selector = json!({"ItemSelector": {"item.$": "$$.Map.Item.Value", "of.$": "$"}});
    for kind in TYPES {
        let definition = map(kind, &selector, &states);
        let run = Machine::new(&definition).unwrap().run(json!(["a", "b"]), &Tasks::new(), Options::default()).await;
        let in_memory = output(run.end);
        let log = Arc::new(MemoryLog::new());
        let machines = open(&log, &definition, &Arc::default()).await;
        let execution = machines.start("m", "one", json!(["a", "b"])).await.unwrap();
        let on_the_log = output(machines.result(execution).await.unwrap());
        for (result, machine) in [(in_memory, "machine"), (on_the_log, "m")] {
            let second = &result[1];
            assert_eq!(second["input"], json!({"item": "b", "of": ["a", "b"]}), "{kind}");
            assert_eq!((&second["index"], &second["item"]), (&json!(1), &json!("b")), "{kind}");
            assert_eq!(
                second["machine"],
                json!(format!("arn:aws:states:local:000000000000:stateMachine:{machine}/Each"))
            );
            let word = if kind == "EXPRESS" { "express" } else { "execution" };
            let arn = format!("arn:aws:states:local:000000000000:{word}:{machine}/Each:");
            assert!(second["id"].as_str().unwrap().starts_with(&arn), "{second}");
            assert_ne!(result[0]["name"], second["name"]);
        }
    }
}

#[tokio::test]
async fn variables_stay_outside() {
    let mut text: Value = serde_json::from_str(
        map(
            "EXPRESS",
            &json!({}),
            &json!({
                "Item": {"Type": "Pass", "End": true, "Parameters": {"x.$": "$x"}},
            }),
        )
        .text(),
    )
    .unwrap();
    text["StartAt"] = json!("Set");
    text["States"]["Set"] = json!({"Type": "Pass", "Assign": {"x": 1}, "Next": "Map"});
    let definition = Definition::parse(&text.to_string()).unwrap();
    let run = Machine::new(&definition).unwrap().run(json!([1]), &Tasks::new(), Options::default()).await;
    assert!(
        matches!(&run.end, End::Failed(fault) if fault.error.as_deref() == Some("States.ExceedToleratedFailureThreshold"))
    );
    assert_eq!(run.map_runs[0].execution_counts.failed, 1);
}

#[tokio::test(start_paused = true)]
async fn no_more_run_at_a_time_than_may() {
    let items: Vec<u64> = (1..=12).collect();
    let doubled: Vec<u64> = items.iter().map(|number| number * 2).collect();
    for kind in TYPES {
        let definition = map(kind, &json!({"MaxConcurrency": 3}), &task());
        let seen = Arc::new(Seen::default());
        let run = Machine::new(&definition).unwrap().run(json!(items), &tasks(&seen), Options::default()).await;
        assert_eq!((output(run.end), seen.most.load(Ordering::SeqCst)), (json!(doubled), 3), "{kind} in memory");
        let (seen, log) = (Arc::new(Seen::default()), Arc::new(MemoryLog::new()));
        let machines = open(&log, &definition, &seen).await;
        let execution = machines.start("m", "one", json!(items)).await.unwrap();
        let result = output(machines.result(execution).await.unwrap());
        assert_eq!((result, seen.most.load(Ordering::SeqCst)), (json!(doubled), 3), "{kind} on the log");
        assert!(seen.calls().values().all(|calls| *calls == 1));
    }
}

#[tokio::test]
async fn ten_thousand_items_do_not_swell_the_execution_around_them() {
    let items: Vec<u64> = (0..10_000).collect();
    for (kind, many) in [("EXPRESS", 10_000), ("STANDARD", 1_000)] {
        let items = &items[..many];
        let log = Arc::new(MemoryLog::new());
        let machines = open(&log, &map(kind, &json!({}), &pass()), &Arc::default()).await;
        let execution = machines.start("m", "one", json!(items)).await.unwrap();
        assert_eq!(output(machines.result(execution).await.unwrap()), json!(items));
        let (count, bytes) = records(&log, execution);
        // Each end is a few bytes; the input and the output have the items.
        let data = json!(items).to_string().len();
        assert!(bytes < 8 * many + 3 * data + 4000, "{kind}: {bytes} bytes in {count} records");
        assert!(count < many / 4, "{kind}: {count} records");
        assert_eq!(machines.history(execution).await.unwrap().len(), 8, "{kind}");
        let run = &machines.map_runs(execution).await.unwrap()[0];
        assert_eq!((run.status, run.execution_counts.succeeded), (MapRunStatus::Succeeded, many as u64));
    }
}

#[tokio::test(start_paused = true)]
async fn so_many_may_fail_as_are_tolerated_and_no_more() {
    for (kind, bounds, fails) in [
        ("EXPRESS", json!({"ToleratedFailureCount": 1}), false),
        ("STANDARD", json!({"ToleratedFailureCount": 1}), false),
        ("EXPRESS", json!({"ToleratedFailurePercentage": 20}), true),
        ("STANDARD", json!({}), true),
    ] {
        let definition = map(kind, &bounds, &task());
        let (seen, log) = (Arc::new(Seen::default()), Arc::new(MemoryLog::new()));
        let machines = open(&log, &definition, &seen).await;
        let execution = machines.start("m", "one", json!([1, 13, 60])).await.unwrap();
        let end = machines.result(execution).await.unwrap();
        let run = machines.map_runs(execution).await.unwrap().remove(0);
        let in_memory = Machine::new(&definition).unwrap();
        let in_memory = in_memory.run(json!([1, 13, 60]), &tasks(&seen), Options::default()).await;
        assert_eq!(in_memory.end, end, "{kind}");
        assert_eq!(in_memory.map_runs[0].item_counts, run.item_counts, "{kind}");
        let counts = run.execution_counts;
        assert_eq!((counts.total, counts.failed, counts.pending, counts.running), (3, 1, 0, 0), "{kind}");
        if fails {
            let End::Failed(fault) = end else { panic!("{end:?}") };
            assert_eq!(fault.error.as_deref(), Some("States.ExceedToleratedFailureThreshold"));
            assert_eq!((run.status, counts.succeeded, counts.aborted), (MapRunStatus::Failed, 1, 1), "{kind}");
            let kinds: Vec<Kind> =
                machines.history(execution).await.unwrap().iter().map(|event| event.kind()).collect();
            assert_eq!(
                kinds[3..],
                [Kind::MapRunStarted, Kind::MapRunFailed, Kind::MapStateFailed, Kind::ExecutionFailed]
            );
        } else {
            assert_eq!(output(end), json!([2, 120]));
            assert_eq!(
                (run.status, counts.succeeded, counts.results_written),
                (MapRunStatus::Succeeded, 2, 3),
                "{kind}"
            );
        }
        if kind == "STANDARD" {
            until(|| listed(&log, "m/Each", Status::Running).is_empty()).await;
            assert_eq!(listed(&log, "m/Each", Status::Stopped).len(), usize::from(fails));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn standard_executions_are_listed_and_have_histories() {
    let log = Arc::new(MemoryLog::new());
    let machines = open(&log, &map("STANDARD", &json!({}), &task()), &Arc::default()).await;
    let execution = machines.start("m", "one", json!([1, 2])).await.unwrap();
    machines.result(execution).await.unwrap();
    let children = listed(&log, "m/Each", Status::Succeeded);
    assert_eq!(children.len(), 2);
    for child in children {
        let kinds: Vec<Kind> = machines.history(child).await.unwrap().iter().map(|event| event.kind()).collect();
        assert_eq!(
            (kinds[0], kinds[1], *kinds.last().unwrap()),
            (Kind::ExecutionStarted, Kind::TaskStateEntered, Kind::ExecutionSucceeded,)
        );
        assert!(matches!(machines.look(child).await.unwrap(), Some(End::Succeeded(_))));
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_is_stopped_stops_the_executions_of_its_items() {
    for kind in TYPES {
        let (seen, log) = (Arc::new(Seen::default()), Arc::new(MemoryLog::new()));
        let machines = open(&log, &map(kind, &json!({"MaxConcurrency": 2}), &task()), &seen).await;
        let execution = machines.start("m", "one", json!([1, 600, 700, 800])).await.unwrap();
        tokio::time::sleep(Duration::from_secs(120)).await;
        machines.stop(execution, Fault::default()).await.unwrap();
        assert!(matches!(machines.result(execution).await.unwrap(), End::Aborted(_)));
        let run = machines.map_runs(execution).await.unwrap().remove(0);
        let counts = run.execution_counts;
        assert_eq!((run.status, run.stopped_ms.is_some()), (MapRunStatus::Aborted, true));
        assert_eq!((counts.succeeded, counts.aborted, counts.pending, counts.running), (1, 2, 1, 0), "{kind}");
        if kind == "STANDARD" {
            until(|| listed(&log, "m/Each", Status::Running).is_empty()).await;
            assert_eq!(listed(&log, "m/Each", Status::Stopped).len(), 2);
        }
        until(|| listed(&log, "m", Status::Running).is_empty()).await;
        assert_eq!(seen.calls().len(), 3, "{kind}: the last item was never begun");
    }
}

#[tokio::test(start_paused = true)]
async fn a_map_run_is_found_by_its_arn_and_can_be_changed() {
    for kind in TYPES {
        let (seen, log) = (Arc::new(Seen::default()), Arc::new(MemoryLog::new()));
        let machines = open(&log, &map(kind, &json!({"MaxConcurrency": 1}), &task()), &seen).await;
        let execution = machines.start("m", "one", json!([13, 13, 1, 2])).await.unwrap();
        machines.start("m", "two", json!([1])).await.unwrap();
        let arn = machines.map_runs(execution).await.unwrap().remove(0).arn;
        assert!(arn.starts_with("arn:aws:states:local:000000000000:mapRun:m/Each:"), "{arn}");
        let run = machines.map_run(&arn).await.unwrap();
        assert_eq!((run.status, run.max_concurrency, run.execution_counts.pending), (MapRunStatus::Running, 1, 3));
        let update = MapRunUpdate::default().max_concurrency(4).tolerated_failure_count(2);
        machines.update_map_run(&arn, update).await.unwrap();
        until(|| seen.now.load(Ordering::SeqCst) >= 4).await;
        assert_eq!(output(machines.result(execution).await.unwrap()), json!([2, 4]));
        let run = machines.map_run(&arn).await.unwrap();
        assert_eq!((run.status, run.max_concurrency, run.tolerated_failure_count), (MapRunStatus::Succeeded, 4, 2));
        assert!(matches!(machines.update_map_run(&arn, update).await, Err(Error::UnknownMapRun)));
        let other = arn.replace("m/Each", "m/Other");
        assert!(matches!(machines.map_run(&other).await, Err(Error::UnknownMapRun)));
        assert!(matches!(machines.map_run("nothing").await, Err(Error::UnknownMapRun)));
    }
}

#[tokio::test(start_paused = true)]
async fn maps_may_stand_in_the_executions_of_maps() {
    for (outer, inner) in [("STANDARD", "STANDARD"), ("STANDARD", "EXPRESS"), ("EXPRESS", "EXPRESS")] {
        let inside = map(inner, &json!({"Label": "Inner"}), &task());
        let inside: Value = serde_json::from_str(&inside.text().replace("\"Map\":", "\"Inner\":")).unwrap();
        let definition = map(outer, &json!({}), &inside["States"]);
        let (seen, log) = (Arc::new(Seen::default()), Arc::new(MemoryLog::new()));
        let machines = open(&log, &definition, &seen).await;
        let execution = machines.start("m", "one", json!([[1, 2], [3], []])).await.unwrap();
        assert_eq!(output(machines.result(execution).await.unwrap()), json!([[2, 4], [6], []]));
        let run =
            Machine::new(&definition).unwrap().run(json!([[1, 2], [3], []]), &tasks(&seen), Options::default()).await;
        assert_eq!(output(run.end), json!([[2, 4], [6], []]), "{outer} {inner}");
        if inner == "STANDARD" {
            assert_eq!(listed(&log, "m/Each/Inner", Status::Succeeded).len(), 3);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_counts_where_they_come_in_batches() {
    let batcher = json!({"ItemBatcher": {"MaxItemsPerBatch": 2}});
    let definition = map("EXPRESS", &batcher, &json!({"Item": {"Type": "Fail", "Error": "No"}}));
    let run = Machine::new(&definition).unwrap().run(json!([1, 2, 3]), &Tasks::new(), Options::default()).await;
    let run = &run.map_runs[0];
    assert_eq!((run.execution_counts.total, run.item_counts.total), (2, 3));
    assert_eq!(run.item_counts.failed + run.item_counts.aborted, 3);
}

/// What the handler is given again after a process died: nothing whose execution had ended.
#[tokio::test(start_paused = true)]
async fn an_execution_that_has_ended_is_not_run_again() {
    let definition = map("STANDARD", &json!({"MaxConcurrency": 2}), &task());
    let whole = Arc::new(MemoryLog::new());
    let machines = open(&whole, &definition, &Arc::default()).await;
    let execution = machines.start("m", "one", json!([1, 2, 3, 4])).await.unwrap();
    machines.result(execution).await.unwrap();
    machines.shutdown(Duration::from_secs(1)).await;
    drop(machines);
    for batches in 1..whole.batches() {
        let (seen, log) = (Arc::new(Seen::default()), Arc::new(whole.prefix(batches)));
        let machines = open(&log, &definition, &seen).await;
        let mut ended = Vec::new();
        for child in
            listed(&log, "m/Each", Status::Running).into_iter().chain(listed(&log, "m/Each", Status::Succeeded))
        {
            if let Some(End::Succeeded(output)) = machines.look(child).await.unwrap() {
                ended.push(output.as_u64().unwrap() / 2);
            }
        }
        assert_eq!(output(machines.result(execution).await.unwrap()), json!([2, 4, 6, 8]), "after {batches} batches");
        let calls = seen.calls();
        assert!(ended.iter().all(|number| !calls.contains_key(number)), "after {batches} batches: {ended:?} {calls:?}");
        assert_eq!(listed(&log, "m/Each", Status::Succeeded).len(), 4, "after {batches} batches");
    }
}
