//! Activities: tasks that workers come and take.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::sync::Arc;
use std::time::Duration;

use duramen_actors::TokioClock;
use duramen_states::definition::Definition;
use duramen_states::history::Kind;
use duramen_states::{End, Error, Fault, HistoryEvent, Machine, Options, StateMachines, Tasks};
use duramen_storage::{ExecutionId, Log, MemoryLog};
use serde_json::{Value, json};

const ARN: &str = "arn:aws:states:us-east-1:111111111111:activity:paint";

/// One task of the activity, with those further fields.
fn one(fields: &str) -> String {
    format!(r#"{{"StartAt": "A", "States": {{"A": {{"Type": "Task", "Resource": "{ARN}", {fields} "End": true}}}}}}"#)
}

async fn open(log: &Arc<MemoryLog>, text: &str) -> StateMachines {
    let log: Arc<dyn Log> = Arc::<MemoryLog>::clone(log);
    let builder = StateMachines::builder(log).clock(Arc::new(TokioClock::starting_at(1_700_000_000_000)));
    let builder = builder.machine("m", &Definition::parse(text).unwrap()).unwrap();
    builder.activity("paint").unwrap().idle(Duration::from_secs(1)).open().await.unwrap()
}

async fn begun(fields: &str) -> (Arc<MemoryLog>, StateMachines, ExecutionId) {
    let log = Arc::new(MemoryLog::new());
    let machines = open(&log, &one(fields)).await;
    let execution = machines.start("m", "one", json!({"door": 1})).await.unwrap();
    (log, machines, execution)
}

fn live(machines: &StateMachines) -> bool {
    !format!("{machines:?}").contains("live: 0")
}

fn kinds(history: &[HistoryEvent]) -> Vec<Kind> {
    history.iter().map(HistoryEvent::kind).collect()
}

fn shown(history: &[HistoryEvent], kind: Kind) -> (u64, Value) {
    let event = history.iter().find(|event| event.kind() == kind).unwrap();
    let details = event.details.to_json().map_or(Value::Null, |(_, details)| Value::Object(details));
    (event.at_ms - 1_700_000_000_000, details)
}

#[tokio::test(start_paused = true)]
async fn the_task_begins_when_a_worker_takes_it() {
    let (_, machines, execution) = begun(r#""TimeoutSeconds": 30,"#).await;
    tokio::time::sleep(Duration::from_secs(7200)).await;
    assert_eq!(kinds(&machines.history(execution).await.unwrap()).last(), Some(&Kind::ActivityScheduled));
    let task = machines.poll("paint", "Ada").await.unwrap().unwrap();
    assert_eq!(*task.input, json!({"door": 1}));
    tokio::time::sleep(Duration::from_secs(29)).await;
    machines.answer_task(&task.token, Ok(json!("red"))).await.unwrap();
    assert_eq!(machines.result(execution).await.unwrap(), End::Succeeded(json!("red").into()));
    let history = machines.history(execution).await.unwrap();
    let expected = [
        Kind::ExecutionStarted,
        Kind::TaskStateEntered,
        Kind::ActivityScheduled,
        Kind::ActivityStarted,
        Kind::ActivitySucceeded,
        Kind::TaskStateExited,
        Kind::ExecutionSucceeded,
    ];
    assert_eq!(kinds(&history), expected);
    assert_eq!(shown(&history, Kind::ActivityStarted), (7_200_000, json!({"workerName": "Ada"})));
    let (_, scheduled) = shown(&history, Kind::ActivityScheduled);
    assert_eq!((&scheduled["resource"], &scheduled["timeoutInSeconds"]), (&json!(ARN), &json!(30)));
}

#[tokio::test(start_paused = true)]
async fn its_times_count_from_when_it_was_taken() {
    let (_, machines, execution) = begun(r#""TimeoutSeconds": 10, "HeartbeatSeconds": 4,"#).await;
    tokio::time::sleep(Duration::from_secs(100)).await;
    let task = machines.poll(ARN, None).await.unwrap().unwrap();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(3)).await;
        machines.heartbeat(&task.token).await.unwrap();
    }
    let End::Failed(fault) = machines.result(execution).await.unwrap() else { panic!("it has not failed") };
    assert_eq!(fault.error.as_deref(), Some("States.Timeout"));
    let history = machines.history(execution).await.unwrap();
    assert_eq!(shown(&history, Kind::ActivityStarted), (100_000, json!({})));
    assert_eq!(shown(&history, Kind::ActivityTimedOut), (110_000, json!({"error": "States.Timeout"})));
}

#[tokio::test(start_paused = true)]
async fn a_silent_worker_is_given_up() {
    let (_, machines, execution) = begun(
        r#""HeartbeatSeconds": 4, "Retry": [{"ErrorEquals": ["States.HeartbeatTimeout"], "IntervalSeconds": 1}],"#,
    )
    .await;
    let first = machines.poll("paint", "silent").await.unwrap().unwrap();
    let second = machines.poll("paint", "other").await.unwrap().unwrap();
    assert_ne!(first.token, second.token);
    assert!(matches!(machines.heartbeat(&first.token).await, Err(Error::TaskTimedOut)));
    assert!(matches!(machines.answer_task(&first.token, Ok(json!(1))).await, Err(Error::TaskTimedOut)));
    let fault = Fault { error: Some("Broken".to_owned()), cause: Some("brush".to_owned()) };
    machines.answer_task(&second.token, Err(fault.clone())).await.unwrap();
    assert_eq!(machines.result(execution).await.unwrap(), End::Failed(fault));
    let history = machines.history(execution).await.unwrap();
    assert_eq!(shown(&history, Kind::ActivityFailed).1, json!({"error": "Broken", "cause": "brush"}));
}

#[tokio::test(start_paused = true)]
async fn a_worker_waits_for_a_task_and_no_longer_than_it_wants() {
    let log = Arc::new(MemoryLog::new());
    let machines = open(&log, &one("")).await;
    let begun = tokio::time::Instant::now();
    assert_eq!(machines.poll("paint", "Ada").await.unwrap(), None);
    assert_eq!(begun.elapsed(), Duration::from_secs(60));
    assert_eq!(machines.poll_for("paint", None, Duration::from_secs(2)).await.unwrap(), None);
    assert_eq!(begun.elapsed(), Duration::from_secs(62));
    let worker = tokio::spawn({
        let machines = machines.clone();
        async move { machines.poll("paint", "Ada").await }
    });
    tokio::time::sleep(Duration::from_secs(5)).await;
    machines.start("m", "one", json!(1)).await.unwrap();
    assert_eq!(*worker.await.unwrap().unwrap().unwrap().input, json!(1));
    assert!(matches!(machines.poll("other", None).await, Err(Error::ActivityDoesNotExist { .. })));
    let waiting = tokio::spawn({
        let machines = machines.clone();
        async move { machines.poll("paint", "Ada").await }
    });
    tokio::task::yield_now().await;
    machines.shutdown(Duration::from_secs(1)).await;
    assert!(matches!(waiting.await.unwrap(), Err(Error::Execution(_))));
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_worker_is_not_in_memory_and_is_handed_out_after_a_crash() {
    let log = Arc::new(MemoryLog::new());
    let machines = open(&log, &one("")).await;
    let mut executions = Vec::new();
    for nth in 0..300 {
        executions.push(machines.start("m", &format!("e{nth}"), json!(nth)).await.unwrap());
    }
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(!live(&machines), "{machines:?}");
    drop(machines);

    let machines = open(&log, &one("")).await;
    let before = log.batches();
    let mut inputs = Vec::new();
    for nth in 0..300 {
        let task = machines.poll("paint", "Ada").await.unwrap().unwrap();
        assert!(nth > 0 || log.batches() == before + 1, "to be asked what they offer costs nothing");
        inputs.push(task.input.as_u64().unwrap());
        machines.answer_task(&task.token, Ok(json!(null))).await.unwrap();
    }
    inputs.sort_unstable();
    assert_eq!(inputs, (0..300).collect::<Vec<_>>());
    assert_eq!(machines.poll_for("paint", None, Duration::from_secs(1)).await.unwrap(), None);
    for execution in executions {
        assert_eq!(machines.result(execution).await.unwrap(), End::Succeeded(json!(null).into()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_is_handed_out_again_only_if_its_beginning_is_not_durable() {
    let (log, machines, execution) = begun("").await;
    let scheduled = log.batches();
    let task = machines.poll("paint", "Ada").await.unwrap().unwrap();
    let taken = log.batches();
    assert_eq!(taken, scheduled + 1);
    drop(machines);

    let machines = open(&Arc::new(log.prefix(scheduled)), &one("")).await;
    let again = machines.poll("paint", "Bea").await.unwrap().unwrap();
    assert_eq!(again, task, "it is the same task");

    let log = Arc::new(log.prefix(taken));
    let machines = open(&log, &one("")).await;
    assert_eq!(machines.poll("paint", "Bea").await.unwrap(), None);
    machines.answer_task(&task.token, Ok(json!(1))).await.unwrap();
    assert_eq!(machines.result(execution).await.unwrap(), End::Succeeded(json!(1).into()));
}

#[tokio::test(start_paused = true)]
async fn what_has_ended_is_not_handed_out() {
    let (_, machines, execution) = begun("").await;
    machines.stop(execution, Fault::default()).await.unwrap();
    assert_eq!(machines.poll_for("paint", None, Duration::from_secs(1)).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_token_says_why_nobody_waits_for_it() {
    let (log, machines, _) = begun("").await;
    let task = machines.poll("paint", "Ada").await.unwrap().unwrap();
    let said = |error: Result<(), Error>| error.unwrap_err().to_string();
    assert_eq!(said(machines.heartbeat("nonsense").await), "Invalid Token: 'Invalid token'");
    machines.answer_task(&task.token, Ok(json!(1))).await.unwrap();
    let twice = machines.answer_task(&task.token, Ok(json!(2))).await;
    assert_eq!(said(twice), "Task Timed Out: 'Provided task does not exist anymore'");
    drop(log);
    let elsewhere = open(&Arc::new(MemoryLog::new()), &one("")).await;
    assert!(matches!(elsewhere.heartbeat(&task.token).await, Err(Error::TaskDoesNotExist)));
}

#[tokio::test(start_paused = true)]
async fn in_memory_a_handler_stands_for_the_worker() {
    let machine = Machine::new(&Definition::parse(&one(r#""TimeoutSeconds": 5,"#)).unwrap()).unwrap();
    let tasks = Tasks::new().handler("paint", |call| async move { Ok(json!([*call.input])) });
    let run = machine.run(json!(1), &tasks, Options::default()).await;
    assert_eq!(run.end, End::Succeeded(json!([1]).into()));
    assert_eq!(kinds(&run.history)[2..5], [Kind::ActivityScheduled, Kind::ActivityStarted, Kind::ActivitySucceeded]);
    let slow = Tasks::new().handler(ARN, |_| async move {
        tokio::time::sleep(Duration::from_secs(6)).await;
        Ok(json!(1))
    });
    let run = machine.run(json!(1), &slow, Options::default()).await;
    assert_eq!(kinds(&run.history)[2..5], [Kind::ActivityScheduled, Kind::ActivityStarted, Kind::ActivityTimedOut]);
}
