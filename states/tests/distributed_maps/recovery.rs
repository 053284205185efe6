//! Distributed maps after the end of a process, wherever it was.

use std::sync::Arc;
use std::time::Duration;

use duramen_states::machine::MapRunStatus;
use duramen_states::{End, Fault};
use duramen_storage::{MemoryLog, Status};
use serde_json::json;

use crate::world::{Seen, TYPES, listed, map, open, output, task, until};

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

#[tokio::test(start_paused = true)]
async fn a_stop_reaches_all_executions_whenever_a_process_ends() {
    let definition = map("STANDARD", &json!({"MaxConcurrency": 3}), &task());
    let whole = Arc::new(MemoryLog::new());
    let machines = open(&whole, &definition, &Arc::default()).await;
    let execution = machines.start("m", "one", json!([1, 500, 600, 700, 800])).await.unwrap();
    tokio::time::sleep(Duration::from_secs(120)).await;
    let before = whole.batches();
    machines.stop(execution, Fault::default()).await.unwrap();
    until(|| listed(&whole, "m", Status::Running).is_empty()).await;
    drop(machines);
    for batches in before..whole.batches() {
        let log = Arc::new(whole.prefix(batches));
        let machines = open(&log, &definition, &Arc::default()).await;
        machines.stop(execution, Fault::default()).await.unwrap();
        until(|| listed(&log, "m/Each", Status::Running).is_empty()).await;
        until(|| listed(&log, "m", Status::Running).is_empty()).await;
        let stopped = listed(&log, "m/Each", Status::Stopped).len();
        assert_eq!((listed(&log, "m/Each", Status::Succeeded).len(), stopped), (1, 3), "after {batches} batches");
    }
}

#[tokio::test(start_paused = true)]
async fn what_did_not_succeed_goes_on_in_the_same_run_wherever_a_process_ends() {
    for kind in TYPES {
        let definition = map(kind, &json!({"MaxConcurrency": 2}), &task());
        let whole = Arc::new(MemoryLog::new());
        let seen = Arc::new(Seen::default());
        let machines = open(&whole, &definition, &seen).await;
        let execution = machines.start("m", "one", json!([1, 13, 20, 2])).await.unwrap();
        assert!(matches!(machines.result(execution).await.unwrap(), End::Failed(_)));
        until(|| listed(&whole, "m", Status::Running).is_empty()).await;
        let failed = machines.map_runs(execution).await.unwrap().remove(0);
        seen.mended.store(true, std::sync::atomic::Ordering::SeqCst);
        let before = whole.batches();
        machines.redrive(execution).await.unwrap();
        assert_eq!(output(machines.result(execution).await.unwrap()), json!([2, 26, 40, 4]), "{kind}");
        let run = machines.map_runs(execution).await.unwrap().remove(0);
        assert_eq!((&run.arn, run.status, run.redrives), (&failed.arn, MapRunStatus::Succeeded, 1));
        assert_eq!((run.execution_counts.succeeded, run.execution_counts.failed), (4, 0), "{kind}");
        machines.shutdown(Duration::from_secs(1)).await;
        drop(machines);
        for batches in before + 1..whole.batches() {
            let log = Arc::new(whole.prefix(batches));
            let machines = open(&log, &definition, &seen).await;
            let result = output(machines.result(execution).await.unwrap());
            assert_eq!(result, json!([2, 26, 40, 4]), "{kind} after {batches} batches");
        }
    }
}
