//! Express executions, and what is known of executions from outside.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use duramen_actors::TokioClock;
use duramen_states::definition::Definition;
use duramen_states::validate::MachineType;
use duramen_states::{Builder, End, Error, Fault, Limits, Registration, StateMachines, Tasks};
use duramen_storage::{Log, MemoryLog, Query, Status};
use serde_json::json;

const QUICK: &str = r#"{"StartAt": "See", "States": {
    "See": {"Type": "Pass", "Parameters": {"execution.$": "$$.Execution", "in.$": "$"}, "Next": "Call"},
    "Call": {"Type": "Task", "Resource": "call", "ResultPath": "$.called", "End": true}}}"#;

fn definition(text: &str) -> Definition {
    Definition::parse(text).unwrap()
}

fn builder(log: &Arc<MemoryLog>) -> Builder {
    let log: Arc<dyn Log> = Arc::<MemoryLog>::clone(log);
    StateMachines::builder(log).clock(Arc::new(TokioClock::starting_at(1_700_000_000_000)))
}

fn counting(calls: &Arc<AtomicU32>) -> Tasks {
    let calls = Arc::clone(calls);
    Tasks::new().handler("call", move |_| {
        let call = calls.fetch_add(1, Ordering::SeqCst) + 1;
        async move {
            tokio::time::sleep(Duration::from_millis(250)).await;
            Ok(json!(call))
        }
    })
}

fn wrong_type<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Err(error @ Error::WrongType { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_waited_for_leaves_nothing_in_the_log() {
    let log = Arc::new(MemoryLog::new());
    let calls = Arc::new(AtomicU32::new(0));
    let registration = Registration::express(&definition(QUICK)).role("arn:aws:iam::1:role/r");
    let builder = builder(&log).region("eu-west-1").account("123456789012").tasks(counting(&calls));
    let machines = builder.register("quick", registration).unwrap().open().await.unwrap();
    let finished = machines.start_sync("quick", "one", json!({"a": 1})).await.unwrap();
    let End::Succeeded(output) = &finished.end else { panic!("{finished:?}") };
    assert_eq!(output["called"], json!(1));
    let arn = &finished.about.execution_arn;
    assert!(arn.starts_with("arn:aws:states:eu-west-1:123456789012:express:quick:one:"), "{arn}");
    assert_eq!(finished.about.machine_arn, "arn:aws:states:eu-west-1:123456789012:stateMachine:quick");
    let seen = &output["execution"];
    assert_eq!((&seen["Id"], &seen["RoleArn"]), (&json!(arn), &json!("arn:aws:iam::1:role/r")));
    assert_eq!(seen.get("RedriveCount"), None);
    assert_eq!((finished.stopped_ms - finished.started_ms, finished.billed_ms), (250, 300));
    assert_eq!(finished.history.len(), 9);
    let again = machines.start_sync(&finished.about.machine_arn, "one", json!({})).await.unwrap();
    assert_ne!(again.about.execution_arn, *arn);
    assert_eq!(log.batches(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_was_accepted_runs_from_its_start_again_after_the_end_of_a_process() {
    let log = Arc::new(MemoryLog::new());
    let calls = Arc::new(AtomicU32::new(0));
    let open = || builder(&log).express("quick", &definition(QUICK)).unwrap().tasks(counting(&calls)).open();
    let machines = open().await.unwrap();
    let execution = machines.start("quick", "one", json!({})).await.unwrap();
    let other = machines.start("quick", "one", json!({})).await.unwrap();
    assert_ne!(execution, other);
    while calls.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(machines.describe(execution).await.unwrap().status(), "RUNNING");
    assert_eq!(log.batches(), 2, "each was accepted, and no more is known of it");
    drop(machines);

    let machines = open().await.unwrap();
    let End::Succeeded(output) = machines.result(execution).await.unwrap() else { panic!() };
    assert!(output["called"].as_u64().unwrap() > 2, "{output:?}");
    machines.result(other).await.unwrap();
    assert_eq!(log.batches(), 4);
    let description = machines.describe(execution).await.unwrap();
    assert_eq!((description.status(), description.stopped_ms.is_some()), ("SUCCEEDED", true));
    assert_eq!(machines.find_arn(&description.about.execution_arn).unwrap(), Some(execution));
    drop(machines);

    let machines = open().await.unwrap();
    assert_eq!(machines.result(execution).await.unwrap(), End::Succeeded(output));
    assert_eq!(calls.load(Ordering::SeqCst), 4);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_call_says_what_to_do() {
    let log = Arc::new(MemoryLog::new());
    let calls = Arc::new(AtomicU32::new(0));
    let builder = builder(&log).machine("standard", &definition(QUICK)).unwrap();
    let builder = builder.express("quick", &definition(QUICK)).unwrap().tasks(counting(&calls));
    let machines = builder.open().await.unwrap();
    let said = wrong_type(machines.start_sync("standard", "one", json!({})).await);
    assert!(said.contains("wait for its result"), "{said}");
    let execution = machines.start("quick", "one", json!({})).await.unwrap();
    let said = wrong_type(machines.stop(execution, Fault::default()).await);
    assert!(said.contains("TimeoutSeconds"), "{said}");
    let said = wrong_type(machines.history(execution).await);
    assert!(said.contains("start_sync"), "{said}");
    let standard = Registration::standard(&definition(QUICK));
    wrong_type(machines.registry().update("quick", standard));
    assert_eq!(machines.registry().get("quick").unwrap().machine_type, MachineType::Express);
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_others_cannot_be_express() {
    let log = Arc::new(MemoryLog::new());
    for resource in [
        "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "arn:aws:states:::states:startExecution.sync:2",
        "arn:aws:states:us-east-1:123456789012:activity:a",
    ] {
        let text = json!({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": resource, "End": true}}});
        let definition = definition(&text.to_string());
        let refused = builder(&log).express("quick", &definition);
        assert!(matches!(refused, Err(Error::Definition { .. })), "{resource}");
        assert!(builder(&log).machine("standard", &definition).is_ok(), "{resource}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_takes_five_minutes_at_most_where_that_is_the_limit() {
    let text = r#"{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 400, "End": true}}}"#;
    let log = Arc::new(MemoryLog::new());
    let open = |limits| builder(&log).limits(limits).express("slow", &definition(text)).unwrap().open();
    let machines = open(Limits::aws()).await.unwrap();
    let finished = machines.start_sync("slow", "one", json!({})).await.unwrap();
    assert!(matches!(finished.end, End::TimedOut(_)), "{finished:?}");
    assert_eq!(finished.billed_ms, 300_000);
    let execution = machines.start("slow", "one", json!({})).await.unwrap();
    assert!(matches!(machines.result(execution).await.unwrap(), End::TimedOut(_)));
    let machines = open(Limits::default()).await.unwrap();
    let finished = machines.start_sync("slow", "one", json!({})).await.unwrap();
    assert!(matches!(finished.end, End::Succeeded(_)), "{finished:?}");
}

#[tokio::test(start_paused = true)]
async fn executions_are_described_listed_and_found() {
    let log = Arc::new(MemoryLog::new());
    let fails = r#"{"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "E"}}}"#;
    let waits = r#"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 9, "End": true}}}"#;
    let builder = builder(&log).machine("fails", &definition(fails)).unwrap();
    let machines = builder.machine("waits", &definition(waits)).unwrap().open().await.unwrap();
    let mut failed = Vec::new();
    for name in ["a", "b", "c"] {
        let execution = machines.start("fails", name, json!({"n": name})).await.unwrap();
        machines.result(execution).await.unwrap();
        failed.push(execution);
    }
    let waiting = machines.start("waits", "a", json!({})).await.unwrap();
    let description = machines.describe(failed[1]).await.unwrap();
    let fault = Fault { error: Some("E".to_owned()), cause: None };
    assert_eq!((description.status(), &description.end), ("FAILED", &Some(End::Failed(fault))));
    assert_eq!(description.input, json!({"n": "b"}).into());
    assert_eq!(description.started_ms, 1_700_000_000_000);
    assert_eq!(machines.find_arn(&description.about.execution_arn).unwrap(), Some(failed[1]));
    assert_eq!(machines.find_arn("arn:aws:states:other:000000000000:execution:fails:b").unwrap(), None);
    let unknown = machines.describe("018c0000-0000-7000-8000-000000000000".parse().unwrap()).await;
    assert!(matches!(unknown, Err(Error::UnknownExecution { .. })));

    let query = Query::new().definition("fails").newest_first().page_size(2);
    let first = machines.list(query.clone()).await.unwrap();
    let names = |rows: &[duramen_states::Listed]| rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>();
    assert_eq!(first.rows.len(), 2);
    let rest = machines.list(query.after(first.next.unwrap())).await.unwrap();
    let mut all = [names(&first.rows), names(&rest.rows)].concat();
    all.sort();
    assert_eq!((all, rest.next), (vec!["a".to_owned(), "b".to_owned(), "c".to_owned()], None));
    assert_eq!(rest.rows[0].arn, format!("arn:aws:states:local:000000000000:execution:fails:{}", rest.rows[0].name));
    let running = machines.list(Query::new().status(Status::Running)).await.unwrap();
    assert_eq!((running.rows[0].execution, running.rows.len()), (waiting, 1));
}

#[tokio::test(start_paused = true)]
async fn it_may_start_an_execution_on_the_log() {
    let log = Arc::new(MemoryLog::new());
    let start = r#"{"StartAt": "Start", "States": {"Start": {"Type": "Task", "End": true,
        "Resource": "arn:aws:states:::states:startExecution",
        "Parameters": {"StateMachineArn": "other", "Input.$": "$"}}}}"#;
    let other = definition(r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#);
    let builder = builder(&log).express("quick", &definition(start)).unwrap();
    let machines = builder.machine("other", &other).unwrap().open().await.unwrap();
    let finished = machines.start_sync("quick", "one", json!([7])).await.unwrap();
    let End::Succeeded(answer) = &finished.end else { panic!("{finished:?}") };
    let started = machines.find_arn(answer["ExecutionArn"].as_str().unwrap()).unwrap().unwrap();
    assert_eq!(machines.result(started).await.unwrap(), End::Succeeded(json!([7]).into()));
}

#[tokio::test(start_paused = true)]
async fn it_may_look_at_an_execution_on_the_log_and_stop_it() {
    let log = Arc::new(MemoryLog::new());
    let arn = "arn:aws:states:local:000000000000:execution:slow:one";
    let look = r#"{"StartAt": "Stop", "States": {
        "Stop": {"Type": "Task", "Next": "Look", "Resource": "arn:aws:states:::aws-sdk:sfn:stopExecution",
            "Parameters": {"ExecutionArn": "ARN", "Error": "Enough"}},
        "Look": {"Type": "Task", "End": true, "Resource": "arn:aws:states:::aws-sdk:sfn:describeExecution",
            "Parameters": {"ExecutionArn": "ARN"}}}}"#;
    let slow = definition(r#"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 60, "End": true}}}"#);
    let builder = builder(&log).express("quick", &definition(&look.replace("ARN", arn))).unwrap();
    let machines = builder.machine("slow", &slow).unwrap().open().await.unwrap();
    machines.start("slow", "one", json!({})).await.unwrap();
    let finished = machines.start_sync("quick", "one", json!({})).await.unwrap();
    let End::Succeeded(seen) = &finished.end else { panic!("{finished:?}") };
    assert_eq!((&seen["Status"], &seen["Error"]), (&json!("ABORTED"), &json!("Enough")));
}
