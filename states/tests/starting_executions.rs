//! Tasks that start executions, and wait for their end or not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::sync::Arc;
use std::time::Duration;

use duramen_actors::TokioClock;
use duramen_states::definition::Definition;
use duramen_states::history::Kind;
use duramen_states::{Alias, End, Fault, Registration, StateMachines, Tasks};
use duramen_storage::{ExecutionId, Log, MemoryLog, Query, Status};
use serde_json::{Value, json};

const CHILD: &str = r#"{"StartAt": "Rest", "States": {
    "Rest": {"Type": "Wait", "SecondsPath": "$.seconds", "Next": "Twice"},
    "Twice": {"Type": "Choice", "Choices": [{"Variable": "$.n", "IsPresent": false, "Next": "No"}], "Default": "Yes"},
    "No": {"Type": "Fail", "Error": "NoNumber", "Cause": "there is no n"},
    "Yes": {"Type": "Pass", "Parameters": {"twice.$": "States.MathAdd($.n, $.n)"}, "End": true}}}"#;

fn parent(pattern: &str) -> String {
    json!({"StartAt": "Child", "States": {"Child": {
        "Type": "Task", "Resource": format!("arn:aws:states:::states:startExecution{pattern}"), "TimeoutSeconds": 100_000,
        "Parameters": {"StateMachineArn.$": "$.machine", "Input.$": "$.input"}, "End": true}}})
    .to_string()
}

async fn open(log: &Arc<MemoryLog>) -> StateMachines {
    let log: Arc<dyn Log> = Arc::<MemoryLog>::clone(log);
    let mut builder = StateMachines::builder(log).clock(Arc::new(TokioClock::starting_at(1_700_000_000_000)));
    let both = json!({"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "End": true, "Branches": [
        serde_json::from_str::<Value>(&parent(".sync:2")).unwrap(),
        {"StartAt": "Late", "States": {"Late": {"Type": "Wait", "Seconds": 50, "Next": "Bad"}, "Bad": {"Type": "Fail"}}}]}}});
    let texts = [
        ("child", CHILD.to_owned()),
        ("sync", parent(".sync")),
        ("sync2", parent(".sync:2")),
        ("fire", parent("")),
        ("both", both.to_string()),
    ];
    for (name, text) in texts {
        builder = builder.machine(name, &Definition::parse(&text).unwrap()).unwrap();
    }
    builder.tasks(Tasks::new()).idle(Duration::from_secs(1)).open().await.unwrap()
}

fn asking(seconds: u64) -> Value {
    json!({"machine": "arn:aws:states:local:000000000000:stateMachine:child", "input": {"seconds": seconds, "n": 4}})
}

/// Waits until nothing runs, since what has ended may still tell others.
async fn at_rest(log: &MemoryLog) {
    while !with_status(log, Status::Running).is_empty() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// All executions with that status.
fn with_status(log: &MemoryLog, status: Status) -> Vec<ExecutionId> {
    log.list(&Query::new().status(status)).unwrap().rows.iter().map(|row| row.execution).collect()
}

fn succeeded(end: End) -> Value {
    let End::Succeeded(output) = end else { panic!("{end:?}") };
    output.into_value()
}

async fn kinds(machines: &StateMachines, execution: ExecutionId) -> Vec<Kind> {
    machines.history(execution).await.unwrap().iter().map(|event| event.kind()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_task_waits_for_the_execution_that_it_started() {
    let log = Arc::new(MemoryLog::new());
    let machines = open(&log).await;
    let execution = machines.start("sync2", "one", asking(10)).await.unwrap();
    let output = succeeded(machines.result(execution).await.unwrap());
    assert_eq!(output["Output"], json!({"twice": 8}));
    assert_eq!(output["Input"], json!({"seconds": 10, "n": 4}));
    assert_eq!(output["Status"], json!("SUCCEEDED"));
    assert_eq!(output["StopDate"].as_u64().unwrap() - output["StartDate"].as_u64().unwrap(), 10_000);
    let started = [Kind::TaskScheduled, Kind::TaskStarted, Kind::TaskSubmitted, Kind::TaskSucceeded];
    assert_eq!(kinds(&machines, execution).await[2..6], started);

    let text = machines.start("sync", "one", asking(0)).await.unwrap();
    let output = succeeded(machines.result(text).await.unwrap());
    assert_eq!(output["Output"], json!(r#"{"twice":8}"#));
    assert_eq!(kinds(&machines, text).await[2..6], started);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_does_not_wait_is_answered_at_once() {
    let log = Arc::new(MemoryLog::new());
    let machines = open(&log).await;
    let execution = machines.start("fire", "one", asking(1000)).await.unwrap();
    let output = succeeded(machines.result(execution).await.unwrap());
    let name = output["ExecutionArn"].as_str().unwrap().rsplit(':').next().unwrap();
    let child = machines.find("child", name).unwrap().unwrap();
    assert_eq!(machines.look(child).await.unwrap(), None);
    assert_eq!(succeeded(machines.result(child).await.unwrap()), json!({"twice": 8}));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_an_execution_sleeps() {
    let log = Arc::new(MemoryLog::new());
    let machines = open(&log).await;
    let execution = machines.start("sync", "one", asking(3600)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let awake = log.list(&Query::new().status(Status::Running).awake(true)).unwrap().rows;
    assert_eq!(awake.len(), 0);
    assert_eq!(with_status(&log, Status::Running).len(), 2);
    succeeded(machines.result(execution).await.unwrap());
    at_rest(&log).await;
    assert_eq!(with_status(&log, Status::Succeeded).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn whenever_the_process_ends_both_come_to_the_same_end() {
    for seconds in [0, 30] {
        let whole = Arc::new(MemoryLog::new());
        let machines = open(&whole).await;
        let execution = machines.start("sync2", "one", asking(seconds)).await.unwrap();
        let output = succeeded(machines.result(execution).await.unwrap());
        let history = kinds(&machines, execution).await;
        drop(machines);
        assert!(whole.batches() >= 4, "{}", whole.batches());
        for batches in 1..whole.batches() {
            let log = Arc::new(whole.prefix(batches));
            let machines = open(&log).await;
            let again = succeeded(machines.result(execution).await.unwrap());
            assert_eq!((&again["Output"], &again["Name"]), (&output["Output"], &output["Name"]), "after {batches}");
            assert_eq!(kinds(&machines, execution).await, history, "after {batches} batches");
            at_rest(&log).await;
            assert_eq!(with_status(&log, Status::Succeeded).len(), 2, "after {batches} batches");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_execution_that_fails_fails_the_task() {
    let log = Arc::new(MemoryLog::new());
    let machines = open(&log).await;
    let execution = machines.start("sync2", "one", json!({"machine": "child", "input": {"seconds": 0}})).await.unwrap();
    let End::Failed(fault) = machines.result(execution).await.unwrap() else { panic!() };
    assert_eq!(fault.error.as_deref(), Some("States.TaskFailed"));
    let cause: Value = serde_json::from_str(&fault.cause.unwrap()).unwrap();
    assert_eq!((&cause["Error"], &cause["Cause"]), (&json!("NoNumber"), &json!("there is no n")));
    assert_eq!(cause["Status"], json!("FAILED"));

    let unknown = machines.start("fire", "two", json!({"machine": "nobody", "input": {}})).await.unwrap();
    let End::Failed(fault) = machines.result(unknown).await.unwrap() else { panic!() };
    assert_eq!(fault.error.as_deref(), Some("StepFunctions.StateMachineDoesNotExistException"));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for_any_more_is_stopped() {
    for (machine, stops) in [("sync", true), ("both", false)] {
        let log = Arc::new(MemoryLog::new());
        let machines = open(&log).await;
        let execution = machines.start(machine, "one", asking(7200)).await.unwrap();
        tokio::time::sleep(Duration::from_secs(20)).await;
        if stops {
            machines.stop(execution, Fault::default()).await.unwrap();
        }
        let end = machines.result(execution).await.unwrap();
        assert!(matches!(end, End::Aborted(_) | End::Failed(_)), "{end:?}");
        at_rest(&log).await;
        assert!(with_status(&log, Status::Succeeded).is_empty());
        let child = *with_status(&log, Status::Stopped).iter().find(|other| **other != execution).unwrap();
        assert!(matches!(machines.look(child).await.unwrap(), Some(End::Aborted(_))));
        drop(machines);
        for batches in 1..log.batches() {
            let log = Arc::new(log.prefix(batches));
            let machines = open(&log).await;
            if stops {
                machines.stop(execution, Fault::default()).await.unwrap();
            }
            machines.result(execution).await.unwrap();
            at_rest(&log).await;
            assert!(with_status(&log, Status::Succeeded).is_empty(), "after {batches} batches");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_taken_is_refused() {
    let log = Arc::new(MemoryLog::new());
    let machines = open(&log).await;
    let text = r#"{"StartAt": "Child", "States": {"Child": {"Type": "Task", "End": true,
        "Resource": "arn:aws:states:::aws-sdk:sfn:startExecution",
        "Parameters": {"StateMachineArn": "child", "Name": "mine", "Input.$": "$"}}}}"#;
    drop(machines);
    let builder = StateMachines::builder(Arc::<MemoryLog>::clone(&log)).clock(Arc::new(TokioClock::new()));
    let builder = builder.machine("child", &Definition::parse(CHILD).unwrap()).unwrap();
    let machines = builder.machine("named", &Definition::parse(text).unwrap()).unwrap().open().await.unwrap();
    let mut ends = Vec::new();
    for (name, seconds) in [("a", 5), ("b", 5), ("c", 6)] {
        let execution = machines.start("named", name, json!({"seconds": seconds, "n": 1})).await.unwrap();
        ends.push(machines.result(execution).await.unwrap());
    }
    assert!(matches!(ends[0], End::Succeeded(_)));
    assert_eq!(ends[0], ends[1], "the same input is the same execution");
    let End::Failed(fault) = &ends[2] else { panic!("{:?}", ends[2]) };
    assert_eq!(fault.error.as_deref(), Some("Sfn.ExecutionAlreadyExistsException"));
}

fn calls(resource: &str, machine: &str) -> Definition {
    let parameters = json!({"StateMachineArn": machine, "Input.$": "$"});
    let state = json!({"Type": "Task", "Resource": resource, "Parameters": parameters, "End": true});
    Definition::parse(&json!({"StartAt": "A", "States": {"A": state}}).to_string()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_task_may_name_an_alias_or_an_express_machine_and_what_is_not_taken_on_says_so() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
    let gives = |result: &str| {
        let state = json!({"Type": "Pass", "Result": result, "End": true});
        Definition::parse(&json!({"StartAt": "A", "States": {"A": state}}).to_string()).unwrap()
    };
    let builder = StateMachines::builder(log).clock(Arc::new(TokioClock::new()));
    let builder = builder.machine("child", &gives("first")).unwrap().express("quick", &gives("quick")).unwrap();
    let first = builder.registry().publish("child").unwrap();
    builder.registry().route("child", "live", Alias::to(first)).unwrap();
    builder.registry().update("child", Registration::standard(&gives("second"))).unwrap();
    let sync = "arn:aws:states:::states:startExecution.sync:2";
    let alias = "arn:aws:states:local:000000000000:stateMachine:child:live";
    let builder = builder.machine("alias", &calls(sync, alias)).unwrap();
    let builder = builder.machine("express", &calls("arn:aws:states:::states:startExecution", "quick")).unwrap();
    let builder = builder.machine("waits", &calls(sync, "quick")).unwrap();
    let machines = builder.machine("none", &calls(sync, "missing")).unwrap().open().await.unwrap();

    let execution = machines.start("alias", "one", json!({})).await.unwrap();
    let End::Succeeded(output) = machines.result(execution).await.unwrap() else { panic!() };
    assert_eq!(output["Output"], json!("first"));

    let execution = machines.start("express", "one", json!({})).await.unwrap();
    let End::Succeeded(output) = machines.result(execution).await.unwrap() else { panic!() };
    let arn = output["ExecutionArn"].as_str().unwrap();
    let child = machines.find_arn(arn).unwrap().unwrap();
    assert_eq!(machines.result(child).await.unwrap(), End::Succeeded(json!("quick").into()));

    for (machine, error) in [
        ("waits", "StepFunctions.StateMachineTypeNotSupportedException"),
        ("none", "StepFunctions.StateMachineDoesNotExistException"),
    ] {
        let execution = machines.start(machine, "one", json!({})).await.unwrap();
        let End::Failed(fault) = machines.result(execution).await.unwrap() else { panic!() };
        assert_eq!(fault.error.as_deref(), Some(error));
        let history = kinds(&machines, execution).await;
        assert_eq!(history[2..5], [Kind::TaskScheduled, Kind::TaskStarted, Kind::TaskSubmitFailed]);
    }
}

#[tokio::test(start_paused = true)]
async fn where_something_else_stands_for_the_service_nothing_is_started_or_stopped() {
    let resource = "arn:aws:states:::states:startExecution.sync:2";
    let tasks = Tasks::new().handler(resource, |call| async move {
        match call.input["Input"]["how"].as_str() {
            Some("fail") => Err(Fault { error: Some("Stubbed".to_owned()), cause: None }),
            Some("hang") => std::future::pending().await,
            _ => Ok(json!("stubbed")),
        }
    });
    let log = Arc::new(MemoryLog::new());
    let builder = StateMachines::builder(Arc::<MemoryLog>::clone(&log)).clock(Arc::new(TokioClock::new())).tasks(tasks);
    let builder = builder.machine("child", &Definition::parse(CHILD).unwrap()).unwrap();
    let machines =
        builder.machine("sync2", &Definition::parse(&parent(".sync:2")).unwrap()).unwrap().open().await.unwrap();
    for name in ["pass", "fail", "hang"] {
        let execution =
            machines.start("sync2", name, json!({"machine": "child", "input": {"how": name}})).await.unwrap();
        let end = machines.result(execution).await.unwrap();
        assert_eq!(matches!(end, End::Succeeded(_)), name == "pass", "{end:?}");
    }
    at_rest(&log).await;
    let all = log.list(&Query::new()).unwrap().rows;
    assert_eq!(all.len(), 3, "{all:?}");
}
