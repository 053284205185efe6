//! Map runs that go on after a redrive, whatever is still on its way.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use duramen_actors::TokioClock;
use duramen_states::definition::Definition;
use duramen_states::history::Kind;
use duramen_states::machine::MapRunStatus;
use duramen_states::objects::Buckets;
use duramen_states::{End, Error, Fault, StateMachines};
use duramen_storage::{ExecutionId, Log, MemoryLog, Status};
use serde_json::{Value, json};

use crate::world::{START_MS, Seen, TYPES, listed, map, open, output, task, tasks, until};

/// Redrives as soon as it can be.
async fn redrive(machines: &StateMachines, execution: ExecutionId) {
    for _ in 0..1000 {
        match machines.redrive(execution).await {
            Ok(_) => return,
            Err(Error::NotRedrivable { .. }) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
    panic!("it cannot be redriven");
}

#[tokio::test(start_paused = true)]
async fn what_an_item_tells_of_its_end_before_the_redrive_does_not_count_behind_it() {
    for kind in TYPES {
        let definition = map(kind, &json!({"MaxConcurrency": 3}), &task());
        let whole = Arc::new(MemoryLog::new());
        let machines = open(&whole, &definition, &Arc::default()).await;
        let execution = machines.start("m", "one", json!([1, 5, 6, 7, 8])).await.unwrap();
        tokio::time::sleep(Duration::from_secs(120)).await;
        let before = whole.batches();
        machines.stop(execution, Fault::default()).await.unwrap();
        until(|| listed(&whole, "m", Status::Running).is_empty()).await;
        until(|| listed(&whole, "m/Each", Status::Running).is_empty()).await;
        drop(machines);
        for batches in before + 1..=whole.batches() {
            let (log, seen) = (Arc::new(whole.prefix(batches)), Arc::new(Seen::default()));
            let machines = open(&log, &definition, &seen).await;
            redrive(&machines, execution).await;
            let result = output(machines.result(execution).await.unwrap());
            assert_eq!(result, json!([2, 10, 12, 14, 16]), "{kind} after {batches} batches");
            assert!(!seen.calls().contains_key(&1), "{kind} after {batches} batches");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_and_a_redrive_at_once_leave_nothing_undone() {
    for kind in TYPES {
        let definition = map(kind, &json!({"ToleratedFailureCount": 1}), &task());
        let (log, seen) = (Arc::new(MemoryLog::new()), Arc::new(Seen::default()));
        let machines = open(&log, &definition, &seen).await;
        let execution = machines.start("m", "one", json!([13, 60])).await.unwrap();
        until(|| seen.ended.load(Ordering::SeqCst) > 0).await;
        seen.mended.store(true, Ordering::SeqCst);
        let (stopped, _) = tokio::join!(machines.stop(execution, Fault::default()), async {
            if machines.redrive(execution).await.is_err() {
                redrive(&machines, execution).await;
            }
        });
        stopped.unwrap();
        let end = tokio::time::timeout(Duration::from_secs(86_400), machines.result(execution)).await;
        assert_eq!(output(end.expect("it goes on").unwrap()), json!([26, 120]), "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_execution_of_an_item_is_redriven_by_its_map_run_alone() {
    let definition = map("STANDARD", &json!({}), &task());
    let (log, seen) = (Arc::new(MemoryLog::new()), Arc::new(Seen::default()));
    let machines = open(&log, &definition, &seen).await;
    let execution = machines.start("m", "one", json!([13])).await.unwrap();
    assert!(matches!(machines.result(execution).await.unwrap(), End::Failed(_)));
    until(|| !listed(&log, "m/Each", Status::Failed).is_empty()).await;
    let child = listed(&log, "m/Each", Status::Failed)[0];
    let described = machines.describe(child).await.unwrap();
    assert_eq!(described.redrive_status(), Some("REDRIVABLE_BY_MAP_RUN"));
    let Err(Error::NotRedrivable { reason, .. }) = machines.redrive(child).await else { panic!("it was redriven") };
    assert!(reason.contains("map run"), "{reason}");
    seen.mended.store(true, Ordering::SeqCst);
    machines.redrive(execution).await.unwrap();
    let end = tokio::time::timeout(Duration::from_secs(86_400), machines.result(execution)).await;
    assert_eq!(output(end.expect("it goes on").unwrap()), json!([26]));
    assert_eq!(machines.describe(child).await.unwrap().redrives, 1);
}

#[tokio::test(start_paused = true)]
async fn an_item_whose_execution_the_log_is_rid_of_begins_anew() {
    let definition = map("STANDARD", &json!({"MaxConcurrency": 1, "ToleratedFailureCount": 1}), &task());
    let (log, seen) = (Arc::new(MemoryLog::new()), Arc::new(Seen::default()));
    let machines = open(&log, &definition, &seen).await;
    let execution = machines.start("m", "one", json!([13, 5])).await.unwrap();
    until(|| seen.calls().contains_key(&5)).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let failed = listed(&log, "m/Each", Status::Failed)[0];
    let closed_ms = log.summary(failed).unwrap().unwrap().closed_ms.unwrap();
    assert_eq!(log.purge(closed_ms + 1, 1000).unwrap(), 1);
    machines.stop(execution, Fault::default()).await.unwrap();
    seen.mended.store(true, Ordering::SeqCst);
    redrive(&machines, execution).await;
    let end = tokio::time::timeout(Duration::from_secs(86_400), machines.result(execution)).await;
    assert_eq!(output(end.expect("it goes on").unwrap()), json!([26, 10]));
}

fn text_in_parallel(kind: &str) -> Definition {
    let inside: Value = serde_json::from_str(map(kind, &json!({}), &task()).text()).unwrap();
    let beside = json!({"StartAt": "Beside", "States": {"Beside": {"Type": "Pass", "End": true}}});
    Definition::parse(
        &json!({"StartAt": "Both", "States": {
            "Both": {"Type": "Parallel", "End": true, "Branches": [inside, beside]}}})
        .to_string(),
    )
    .unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_history_tells_of_the_redrive_of_a_map_run_in_a_branch() {
    for kind in TYPES {
        let (log, seen) = (Arc::new(MemoryLog::new()), Arc::new(Seen::default()));
        let machines = open(&log, &text_in_parallel(kind), &seen).await;
        let execution = machines.start("m", "one", json!([1, 13])).await.unwrap();
        assert!(matches!(machines.result(execution).await.unwrap(), End::Failed(_)));
        seen.mended.store(true, Ordering::SeqCst);
        redrive(&machines, execution).await;
        assert_eq!(output(machines.result(execution).await.unwrap())[0], json!([2, 26]), "{kind}");
        let history = machines.history(execution).await.unwrap();
        let redriven = history.iter().filter(|event| event.kind() == Kind::MapRunRedriven);
        assert_eq!(redriven.count(), 1, "{kind}");
        assert_eq!(seen.calls()[&1], 1, "{kind}");
    }
}

/// What failed with a writer behind it: the items, or the writing itself.
#[tokio::test(start_paused = true)]
async fn what_succeeded_is_not_run_again_where_results_are_written() {
    for (kind, items, calls) in [
        ("STANDARD", json!([1, 13]), [1, 2]),
        ("EXPRESS", json!([1, 13]), [1, 2]),
        ("STANDARD", json!([1, 2]), [1, 0]),
        ("EXPRESS", json!([1, 2]), [1, 0]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let bucket = if items[1] == 13 { "bucket" } else { "no/bucket" };
        let writer = json!({"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": bucket, "Prefix": "out"}}});
        let definition = map(kind, &writer, &task());
        let (log, seen) = (Arc::new(MemoryLog::new()), Arc::new(Seen::default()));
        let builder = StateMachines::builder(Arc::<MemoryLog>::clone(&log) as Arc<dyn Log>);
        let builder = builder.clock(Arc::new(TokioClock::starting_at(START_MS)));
        let tasks = tasks(&seen).objects(Buckets::open(folder.path()).unwrap());
        let machines = builder.tasks(tasks).machine("m", &definition).unwrap().open().await.unwrap();
        let execution = machines.start("m", "one", items.clone()).await.unwrap();
        let end = machines.result(execution).await.unwrap();
        assert!(matches!(&end, End::Failed(_)), "{kind} {items}: {end:?}");
        seen.mended.store(true, Ordering::SeqCst);
        redrive(&machines, execution).await;
        let end = machines.result(execution).await.unwrap();
        assert_eq!(matches!(end, End::Succeeded(_)), bucket == "bucket", "{kind} {items}: {end:?}");
        let runs = machines.map_runs(execution).await.unwrap();
        assert_eq!((runs.len(), runs[0].redrives), (1, 1), "{kind} {items}");
        assert_eq!(runs[0].status == MapRunStatus::Succeeded, bucket == "bucket", "{kind} {items}");
        let counted = seen.calls();
        assert_eq!([1, 13].map(|item| counted.get(&item).copied().unwrap_or(0)), calls, "{kind} {items}");
    }
}

/// A map run, an execution that is waited for and a map run in that, all under way when they are stopped, and redriven.
#[tokio::test(start_paused = true)]
async fn what_was_stopped_at_all_levels_goes_on_wherever_a_process_ends() {
    for kind in TYPES {
        let inner = map(kind, &json!({"MaxConcurrency": 1}), &task());
        let items: Value = serde_json::from_str(inner.text()).unwrap();
        let child = json!({"StartAt": "Child", "States": {"Child": {"Type": "Task", "End": true, "OutputPath": "$.Output",
            "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Parameters": {"StateMachineArn": "inner", "Input": [3, 4]}}}});
        let whole = json!({"StartAt": "Both", "States": {"Both": {
            "Type": "Parallel", "End": true, "Branches": [items, child]}}});
        let whole = Definition::parse(&whole.to_string()).unwrap();
        let open = |log: &Arc<MemoryLog>, seen: &Arc<Seen>| {
            let builder = StateMachines::builder(Arc::<MemoryLog>::clone(log) as Arc<dyn Log>);
            let builder = builder.clock(Arc::new(TokioClock::starting_at(START_MS))).tasks(tasks(seen));
            let builder = builder.machine("m", &whole).unwrap().machine("inner", &inner).unwrap();
            builder.snapshot_every(3).open()
        };
        let settled = async |machines: &StateMachines, execution| loop {
            match tokio::time::timeout(Duration::from_secs(86_400), machines.result(execution)).await {
                Ok(end) if matches!(end, Ok(End::Succeeded(_))) => return output(end.unwrap()),
                Ok(end) => assert!(matches!(end, Ok(End::Aborted(_) | End::Failed(_))), "{end:?}"),
                Err(_) => return json!("it does not end"),
            }
            redrive(machines, execution).await;
        };
        let whole_log = Arc::new(MemoryLog::new());
        let machines = open(&whole_log, &Arc::default()).await.unwrap();
        let execution = machines.start("m", "one", json!([1, 2])).await.unwrap();
        tokio::time::sleep(Duration::from_secs(90)).await;
        machines.stop(execution, Fault::default()).await.unwrap();
        let result = json!([[2, 4], [6, 8]]);
        assert_eq!(settled(&machines, execution).await, result, "{kind}");
        machines.shutdown(Duration::from_secs(1)).await;
        drop(machines);
        for batches in 1..whole_log.batches() {
            let (log, seen) = (Arc::new(whole_log.prefix(batches)), Arc::new(Seen::default()));
            let machines = open(&log, &seen).await.unwrap();
            assert_eq!(settled(&machines, execution).await, result, "{kind} after {batches} batches");
            until(|| {
                ["m", "inner", "m/Each", "inner/Each"].iter().all(|name| listed(&log, name, Status::Running).is_empty())
            })
            .await;
        }
    }
}
