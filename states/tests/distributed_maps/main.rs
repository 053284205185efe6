//! Distributed maps: their items have executions of their own, of both types, in memory and on the log.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod large;
mod recovery;
mod redriving;
mod world;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use duramen_states::definition::Definition;
use duramen_states::history::Kind;
use duramen_states::machine::{MapRunStatus, MapRunUpdate};
use duramen_states::{End, Error, Fault, Machine, Options, StateMachines, Tasks};
use duramen_storage::{Log, MemoryLog, Query, Status};
use serde_json::{Value, json};

use world::{Seen, TYPES, listed, map, open, output, pass, records, task, tasks, until};

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
    machines.result(machines.start("m", "two", json!([3])).await.unwrap()).await.unwrap();
    let runs = machines.map_runs(execution).await.unwrap();
    let children = machines.list_map_run(&runs[0].arn, Query::new()).await.unwrap().rows;
    assert_eq!((children.len(), listed(&log, "m/Each", Status::Succeeded).len()), (2, 3));
    for child in children {
        assert_eq!(machines.find_arn(&child.arn).unwrap(), Some(child.execution));
        let described = machines.describe(child.execution).await.unwrap();
        assert_eq!((described.about.execution_arn, described.about.machine_name), (child.arn, "m/Each".to_owned()));
        let child = child.execution;
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
async fn a_branch_that_fails_takes_the_executions_of_the_others_with_it() {
    for kind in TYPES {
        let branch: Value = serde_json::from_str(map(kind, &json!({}), &task()).text()).unwrap();
        let fails = json!({"StartAt": "Wait", "States": {
            "Wait": {"Type": "Wait", "Seconds": 90, "Next": "Fail"}, "Fail": {"Type": "Fail", "Error": "No"}}});
        let both = json!({"Type": "Parallel", "Branches": [branch, fails], "Next": "After",
            "Catch": [{"ErrorEquals": ["No"], "Next": "After"}]});
        let after = json!({"Type": "Wait", "Seconds": 90_000, "End": true});
        let text = json!({"StartAt": "Both", "States": {"Both": both, "After": after}}).to_string();
        let (seen, log) = (Arc::new(Seen::default()), Arc::new(MemoryLog::new()));
        let machines = open(&log, &Definition::parse(&text).unwrap(), &seen).await;
        let execution = machines.start("m", "one", json!([1, 600])).await.unwrap();
        assert!(matches!(machines.result(execution).await.unwrap(), End::Succeeded(_)));
        let run = machines.map_runs(execution).await.unwrap().remove(0);
        assert_eq!((run.status, run.execution_counts.aborted), (MapRunStatus::Aborted, 1), "{kind}");
        assert_eq!(seen.ended.load(Ordering::SeqCst), if kind == "EXPRESS" { 1 } else { 2 }, "{kind}");
        if kind == "STANDARD" {
            assert_eq!(listed(&log, "m/Each", Status::Stopped).len(), 1);
        }
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

#[tokio::test(start_paused = true)]
async fn items_may_start_executions() {
    let other =
        Definition::parse(&json!({"StartAt": "Only", "States": {"Only": {"Type": "Pass", "End": true}}}).to_string())
            .unwrap();
    let start = json!({"Start": {"Type": "Task", "End": true, "Resource": "arn:aws:states:::states:startExecution",
        "Parameters": {"StateMachineArn": "other", "Input.$": "$"}}});
    for kind in TYPES {
        let log = Arc::new(MemoryLog::new());
        let builder = StateMachines::builder(Arc::<MemoryLog>::clone(&log) as Arc<dyn Log>);
        let builder = builder.machine("m", &map(kind, &json!({}), &start)).unwrap();
        let machines = builder.machine("other", &other).unwrap().open().await.unwrap();
        let execution = machines.start("m", "one", json!([1, 2])).await.unwrap();
        let started = output(machines.result(execution).await.unwrap());
        let arns: Vec<&str> =
            started.as_array().unwrap().iter().map(|one| one["ExecutionArn"].as_str().unwrap()).collect();
        for arn in arns {
            let execution = machines.find_arn(arn).unwrap().unwrap();
            assert!(matches!(machines.result(execution).await.unwrap(), End::Succeeded(_)), "{kind}");
        }
        assert_eq!(listed(&log, "other", Status::Succeeded).len(), 2, "{kind}");
    }
}
