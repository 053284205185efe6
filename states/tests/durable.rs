//! Executions on a log: what they come to, whenever the process ends.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use duramen_actors::TokioClock;
use duramen_states::definition::Definition;
use duramen_states::history::Kind;
use duramen_states::{End, Error, Fault, Limits, Machine, Options, StateMachines, Tasks};
use duramen_storage::{Log, MemoryLog};
use serde_json::{Value, json};

/// Every kind of state, tasks that fail and are tried again or caught, and variables.
const EVERYTHING: &str = r#"{
  "StartAt": "Prepare", "States": {
    "Prepare": {"Type": "Pass", "Assign": {"factor": 3}, "Result": {"items": [1, 2, 3]}, "Next": "Check"},
    "Check": {"Type": "Choice", "Choices": [{"Variable": "$.items[0]", "NumericEquals": 1, "Next": "Pause"}], "Default": "Bad"},
    "Bad": {"Type": "Fail", "Error": "Bad"},
    "Pause": {"Type": "Wait", "Seconds": 3600, "Next": "Each"},
    "Each": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ResultPath": "$.each",
      "ItemSelector": {"item.$": "$$.Map.Item.Value", "factor.$": "$factor"},
      "ItemProcessor": {"StartAt": "Multiply", "States": {
        "Multiply": {"Type": "Task", "Resource": "multiply", "End": true}}},
      "Next": "Both"},
    "Both": {"Type": "Parallel", "ResultPath": "$.both", "Branches": [
      {"StartAt": "Sum", "States": {"Sum": {"Type": "Task", "Resource": "sum", "InputPath": "$.each", "End": true}}},
      {"StartAt": "Break", "States": {
        "Break": {"Type": "Task", "Resource": "break", "Retry": [{"ErrorEquals": ["Broken"], "MaxAttempts": 2}],
          "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Mended"}], "End": true},
        "Mended": {"Type": "Pass", "Parameters": {"why.$": "$.error.Error"}, "End": true}}}],
      "Next": "Done"},
    "Done": {"Type": "Succeed", "OutputPath": "$.both"}
  }}"#;

fn tasks() -> Tasks {
    let number = |value: &Value| value.as_i64().unwrap_or_default();
    Tasks::new()
        .handler("multiply", move |call| async move {
            Ok(json!(number(&call.input["item"]) * number(&call.input["factor"])))
        })
        .handler("sum", move |call| async move {
            Ok(json!(call.input.as_array().into_iter().flatten().map(number).sum::<i64>()))
        })
        .handler("break", |_| async {
            Err(Fault { error: Some("Broken".to_owned()), cause: Some("always".to_owned()) })
        })
}

fn definition(text: &str) -> Definition {
    Definition::parse(text).unwrap()
}

async fn open(log: &Arc<MemoryLog>, text: &str) -> StateMachines {
    let log: Arc<dyn Log> = Arc::<MemoryLog>::clone(log);
    let builder = StateMachines::builder(log).clock(Arc::new(TokioClock::starting_at(1_700_000_000_000)));
    builder.machine("all", &definition(text)).unwrap().snapshot_every(2).tasks(tasks()).open().await.unwrap()
}

fn expected() -> End {
    End::Succeeded(json!([18, {"why": "Broken"}]).into())
}

#[tokio::test(start_paused = true)]
async fn every_prefix_of_the_log_leads_to_the_same_end() {
    let whole = Arc::new(MemoryLog::new());
    let machines = open(&whole, EVERYTHING).await;
    let execution = machines.start("all", "one", json!({})).await.unwrap();
    assert_eq!(machines.result(execution).await.unwrap(), expected());
    let kinds = |history: &[duramen_states::HistoryEvent]| {
        let mut kinds: Vec<Kind> = history.iter().map(|event| event.kind()).collect();
        kinds.sort_unstable();
        kinds
    };
    let history = machines.history(execution).await.unwrap();
    let all = kinds(&history);
    assert!(history.iter().zip(1..).all(|(event, id)| event.id == id && event.previous < id));
    assert!(whole.batches() > 8, "{}", whole.batches());
    drop(machines);
    for batches in 1..whole.batches() {
        let log = Arc::new(whole.prefix(batches));
        let machines = open(&log, EVERYTHING).await;
        assert_eq!(machines.result(execution).await.unwrap(), expected(), "after {batches} batches");
        assert_eq!(kinds(&machines.history(execution).await.unwrap()), all, "after {batches} batches");
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_and_memory_come_to_the_same() {
    let machine = Machine::new(&definition(EVERYTHING)).unwrap();
    let run = machine.run(json!({}), &tasks(), Options::default().skip_waits()).await;
    assert_eq!(run.end, expected());
}

#[tokio::test(start_paused = true)]
async fn a_chain_of_states_is_one_record() {
    let chain: Vec<String> = (0..50).map(|n| format!(r#""S{n}": {{"Type": "Pass", "Next": "S{}"}}"#, n + 1)).collect();
    let text = format!(r#"{{"StartAt": "S0", "States": {{{}, "S50": {{"Type": "Succeed"}}}}}}"#, chain.join(","));
    let log = Arc::new(MemoryLog::new());
    let machines = open(&log, &text).await;
    let execution = machines.start("all", "one", json!({"a": 1})).await.unwrap();
    assert_eq!(machines.result(execution).await.unwrap(), End::Succeeded(json!({"a": 1}).into()));
    assert_eq!(log.batches(), 1);
    assert_eq!(machines.history(execution).await.unwrap().len(), 2 * 51 + 2);
}

#[tokio::test(start_paused = true)]
async fn a_task_behind_a_task_costs_one_record() {
    let text = r#"{"StartAt": "A", "States": {
        "A": {"Type": "Task", "Resource": "sum", "Next": "B"}, "B": {"Type": "Task", "Resource": "sum", "Next": "C"},
        "C": {"Type": "Task", "Resource": "sum", "End": true}}}"#;
    let log = Arc::new(MemoryLog::new());
    let machines = open(&log, text).await;
    let execution = machines.start("all", "one", json!([1, 2])).await.unwrap();
    machines.result(execution).await.unwrap();
    assert_eq!(log.batches(), 1 + 3);
}

#[tokio::test(start_paused = true)]
async fn a_name_is_used_once() {
    let log = Arc::new(MemoryLog::new());
    let machines = open(&log, EVERYTHING).await;
    let first = machines.start("all", "one", json!({"a": 1})).await.unwrap();
    assert_eq!(machines.start("all", "one", json!({"a": 1})).await.unwrap(), first);
    assert!(matches!(machines.start("all", "one", json!({})).await, Err(Error::AlreadyStarted { .. })));
    assert!(matches!(machines.start("none", "one", json!({})).await, Err(Error::UnknownMachine { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_stopped_execution_ends_as_aborted() {
    let log = Arc::new(MemoryLog::new());
    let machines = open(&log, EVERYTHING).await;
    let execution = machines.start("all", "one", json!({})).await.unwrap();
    assert_eq!(machines.look(execution).await.unwrap(), None);
    let fault = Fault { error: Some("Stop".to_owned()), cause: None };
    machines.stop(execution, fault.clone()).await.unwrap();
    assert_eq!(machines.result(execution).await.unwrap(), End::Aborted(fault));
}

#[tokio::test(start_paused = true)]
async fn the_definition_is_that_of_the_start() {
    let log = Arc::new(MemoryLog::new());
    let machines = open(&log, EVERYTHING).await;
    let execution = machines.start("all", "one", json!({})).await.unwrap();
    drop(machines);
    let other = r#"{"StartAt": "Other", "States": {"Other": {"Type": "Fail"}}}"#;
    let machines = open(&log, other).await;
    assert_eq!(machines.result(execution).await.unwrap(), expected());
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_goes_round_for_ever_lets_others_run_and_can_be_stopped() {
    let text =
        r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}}"#;
    let log = Arc::new(MemoryLog::new());
    let machines = open(&log, text).await;
    let execution = machines.start("all", "one", json!({})).await.unwrap();
    while log.batches() < 5 {
        tokio::task::yield_now().await;
    }
    machines.stop(execution, Fault::default()).await.unwrap();
    assert!(matches!(machines.result(execution).await.unwrap(), End::Aborted(_)));
    let machine = Machine::new(&definition(text)).unwrap().limits(Limits::aws());
    let run = machine.run(json!({}), &Tasks::new(), Options::default()).await;
    assert!(matches!(run.end, End::Failed(_)));
    assert_eq!(run.history.len(), 25_000);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_takes_too_long_is_given_up_and_its_late_answer_does_not_count() {
    let text = r#"{"StartAt": "Slow", "States": {"Slow": {"Type": "Task", "Resource": "slow", "TimeoutSeconds": 5,
        "Retry": [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1, "MaxAttempts": 1}], "End": true}}}"#;
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let tasks = Tasks::new().handler("slow", move |_| {
        let call = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            tokio::time::sleep(Duration::from_secs(if call == 0 { 8 } else { 4 })).await;
            Ok(json!(call))
        }
    });
    let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
    let builder = StateMachines::builder(log).clock(Arc::new(TokioClock::new()));
    let machines = builder.machine("slow", &definition(text)).unwrap().tasks(tasks).open().await.unwrap();
    let execution = machines.start("slow", "one", json!({})).await.unwrap();
    assert_eq!(machines.result(execution).await.unwrap(), End::Succeeded(json!(1).into()));
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_task_with_a_token_is_answered_by_it_also_behind_the_end_of_a_process() {
    let text = r#"{"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "HeartbeatSeconds": 60, "End": true,
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"token.$": "$$.Task.Token"}}}}"#;
    let asked = Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = Arc::new(MemoryLog::new());
    let open = || {
        let asked = Arc::clone(&asked);
        let tasks = Tasks::new().handler("arn:aws:states:::lambda:invoke.waitForTaskToken", move |call| {
            assert_eq!(call.input["token"], json!(call.token));
            asked.lock().unwrap().push(call.token.unwrap());
            async { Ok(json!({"mailed": true})) }
        });
        let builder = StateMachines::builder(Arc::<MemoryLog>::clone(&log)).clock(Arc::new(TokioClock::starting_at(5)));
        builder.machine("ask", &definition(text)).unwrap().tasks(tasks).open()
    };
    let machines = open().await.unwrap();
    let execution = machines.start("ask", "one", json!({})).await.unwrap();
    while log.batches() < 2 {
        tokio::task::yield_now().await;
    }
    drop(machines);
    let machines = open().await.unwrap();
    let token = asked.lock().unwrap()[0].clone();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(40)).await;
        machines.heartbeat(&token).await.unwrap();
    }
    assert_eq!(machines.look(execution).await.unwrap(), None);
    assert!(matches!(machines.answer_task("other", Ok(json!(1))).await, Err(Error::InvalidToken)));
    machines.answer_task(&token, Ok(json!("yes"))).await.unwrap();
    assert_eq!(machines.result(execution).await.unwrap(), End::Succeeded(json!("yes").into()));
    assert!(matches!(machines.answer_task(&token, Ok(json!("no"))).await, Err(Error::TaskTimedOut)));
    assert_eq!(asked.lock().unwrap().len(), 1, "what was handed over is not handed over again");
    let kinds: Vec<Kind> = machines.history(execution).await.unwrap().iter().map(|event| event.kind()).collect();
    assert_eq!(kinds[3..6], [Kind::TaskStarted, Kind::TaskSubmitted, Kind::TaskSucceeded]);
    let silent = machines.start("ask", "two", json!({})).await.unwrap();
    let end = machines.result(silent).await.unwrap();
    assert!(matches!(end, End::Failed(Fault { error: Some(error), .. }) if error == "States.HeartbeatTimeout"));
}

#[tokio::test]
async fn a_run_in_memory_may_go_from_thread_to_thread() {
    let text = r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}"#;
    let machine = Machine::new(&definition(text)).unwrap();
    let run = tokio::spawn(async move { machine.run(json!(1), &Tasks::new(), Options::default()).await });
    assert_eq!(run.await.unwrap().end, End::Succeeded(json!(1).into()));
}
