//! Executions that go on from where they did not succeed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use duramen_actors::TokioClock;
use duramen_states::definition::Definition;
use duramen_states::history::{Details, Kind};
use duramen_states::{Builder, End, Error, Fault, HistoryEvent, Limits, StateMachines, Tasks};
use duramen_storage::{ExecutionId, Log, MemoryLog, SledLog, Status};
use serde_json::{Value, json};

/// Calls by what they were given, and what fails still.
#[derive(Clone, Default)]
struct World(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    calls: BTreeMap<String, u32>,
    broken: Vec<String>,
}

impl World {
    fn broken(names: &[&str]) -> Self {
        let world = Self::default();
        world.breaks(names);
        world
    }

    fn breaks(&self, names: &[&str]) {
        self.0.lock().unwrap().broken = names.iter().map(|name| (*name).to_owned()).collect();
    }

    fn calls(&self) -> BTreeMap<String, u32> {
        self.0.lock().unwrap().calls.clone()
    }

    /// Its handler does what it is given, a while later, unless that is broken.
    fn tasks(&self) -> Tasks {
        let world = self.clone();
        Tasks::new().handler("do", move |call| {
            let world = world.clone();
            async move {
                let name = call.input.as_str().map_or_else(|| call.input.to_string(), str::to_owned);
                *world.0.lock().unwrap().calls.entry(name.clone()).or_default() += 1;
                tokio::time::sleep(Duration::from_secs(call.number)).await;
                match world.0.lock().unwrap().broken.contains(&name) {
                    true => Err(Fault { error: Some("Broken".to_owned()), cause: None }),
                    false => Ok(json!(format!("did {name}"))),
                }
            }
        })
    }
}

fn on(log: &Arc<MemoryLog>) -> Builder {
    let log: Arc<dyn Log> = Arc::<MemoryLog>::clone(log);
    StateMachines::builder(log).clock(Arc::new(TokioClock::starting_at(1_700_000_000_000)))
}

async fn open(log: &Arc<MemoryLog>, text: &str, world: &World) -> StateMachines {
    let builder = on(log).machine("m", &Definition::parse(text).unwrap()).unwrap();
    builder.tasks(world.tasks()).snapshot_every(1).open().await.unwrap()
}

/// Runs it to its end, which must be a failure.
async fn failed(text: &str, world: &World) -> (Arc<MemoryLog>, StateMachines, ExecutionId) {
    let log = Arc::new(MemoryLog::new());
    let machines = open(&log, text, world).await;
    let execution = machines.start("m", "one", json!({})).await.unwrap();
    assert!(matches!(machines.result(execution).await.unwrap(), End::Failed(_)));
    (log, machines, execution)
}

fn kinds(history: &[HistoryEvent]) -> Vec<(u64, u64, Kind)> {
    history.iter().map(|event| (event.id, event.previous, event.kind())).collect()
}

fn did(calls: &[(&str, u32)]) -> BTreeMap<String, u32> {
    calls.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

const CHAIN: &str = r#"{"StartAt": "First", "States": {
    "First": {"Type": "Task", "Resource": "do", "Parameters": "first", "Next": "Second"},
    "Second": {"Type": "Task", "Resource": "do", "Parameters": "second", "Next": "See"},
    "See": {"Type": "Pass", "Parameters": {"count.$": "$$.Execution.RedriveCount", "time.$": "$$.Execution.RedriveTime"},
        "End": true}}}"#;

#[tokio::test(start_paused = true)]
async fn it_goes_on_from_the_state_that_failed() {
    let world = World::broken(&["second"]);
    let (_, machines, execution) = failed(CHAIN, &world).await;
    let description = machines.describe(execution).await.unwrap();
    assert_eq!((description.redrives, description.redrive_status()), (0, Some("REDRIVABLE")));
    world.breaks(&[]);
    let at_ms = machines.redrive(execution).await.unwrap();
    let End::Succeeded(output) = machines.result(execution).await.unwrap() else { panic!() };
    assert_eq!(output["count"], json!(1));
    assert!(output["time"].as_str().unwrap().starts_with("2023-11-14T22:13:23"), "{output:?}");
    assert_eq!(world.calls(), did(&[("first", 1), ("second", 2)]));
    let history = machines.history(execution).await.unwrap();
    let ids = kinds(&history);
    assert_eq!(
        ids[10..15],
        [
            (11, 10, Kind::ExecutionFailed),
            (12, 11, Kind::ExecutionRedriven),
            (13, 12, Kind::LambdaFunctionScheduled),
            (14, 13, Kind::LambdaFunctionStarted),
            (15, 14, Kind::LambdaFunctionSucceeded),
        ]
    );
    assert_eq!(history[11].details, Details::ExecutionRedriven { count: 1 });
    assert_eq!(history[11].to_json()["executionRedrivenEventDetails"], json!({"redriveCount": 1}));
    let description = machines.describe(execution).await.unwrap();
    assert_eq!((description.redrives, description.redriven_ms), (1, Some(at_ms)));
    assert_eq!(description.redrive_status(), Some("NOT_REDRIVABLE"));
    let again = machines.redrive(execution).await;
    let Err(Error::NotRedrivable { reason, .. }) = again else { panic!("{again:?}") };
    assert_eq!(reason, "Execution is SUCCEEDED and cannot be redriven");
    assert_eq!(machines.start("m", "one", json!({})).await.unwrap(), execution);
}

#[tokio::test(start_paused = true)]
async fn of_a_parallel_state_only_the_branches_that_did_not_succeed_go_on() {
    let text = r#"{"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "End": true, "Branches": [
        {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "do", "Parameters": "a", "End": true}}},
        {"StartAt": "B1", "States": {
            "B1": {"Type": "Task", "Resource": "do", "Parameters": "b1", "Next": "B2"},
            "B2": {"Type": "Task", "Resource": "do", "Parameters": "b2", "End": true}}},
        {"StartAt": "C", "States": {"C": {"Type": "Wait", "Seconds": 3600, "Next": "D"},
            "D": {"Type": "Pass", "Result": "c", "End": true}}}]}}}"#;
    let world = World::broken(&["b2"]);
    let (_, machines, execution) = failed(text, &world).await;
    machines.redrive(execution).await.unwrap();
    assert!(matches!(machines.result(execution).await.unwrap(), End::Failed(_)), "it may fail again");
    world.breaks(&[]);
    machines.redrive(execution).await.unwrap();
    let end = machines.result(execution).await.unwrap();
    assert_eq!(end, End::Succeeded(json!(["did a", "did b2", "c"]).into()));
    assert_eq!(world.calls(), did(&[("a", 1), ("b1", 1), ("b2", 3)]));
    let history = machines.history(execution).await.unwrap();
    let entered = history.iter().filter(|event| event.kind() == Kind::ParallelStateStarted).count();
    assert_eq!(entered, 1);
    assert!(history.iter().zip(1..).all(|(event, id)| event.id == id && event.previous < id));
}

fn map(fields: &str) -> String {
    format!(
        r#"{{"StartAt": "Each", "States": {{"Each": {{"Type": "Map", "End": true, "ItemsPath": "$$.Execution.Input.items", {fields}
            "ItemProcessor": {{"StartAt": "Do", "States": {{"Do": {{"Type": "Task", "Resource": "do", "End": true}}}}}}}}}}}}"#
    )
}

async fn map_failed(fields: &str, world: &World) -> (Arc<MemoryLog>, StateMachines, ExecutionId) {
    let log = Arc::new(MemoryLog::new());
    let machines = open(&log, &map(fields), world).await;
    let items = json!({"items": ["a", "b", "c", "d", "e"]});
    let execution = machines.start("m", "one", items).await.unwrap();
    assert!(matches!(machines.result(execution).await.unwrap(), End::Failed(_)));
    (log, machines, execution)
}

#[tokio::test(start_paused = true)]
async fn of_a_map_only_the_iterations_that_did_not_succeed_go_on_and_no_more_at_a_time_than_may() {
    let world = World::broken(&["c"]);
    let (_, machines, execution) = map_failed(r#""MaxConcurrency": 2,"#, &world).await;
    assert!(world.calls().len() < 5, "{:?}", world.calls());
    world.breaks(&[]);
    machines.redrive(execution).await.unwrap();
    let end = machines.result(execution).await.unwrap();
    assert_eq!(end, End::Succeeded(json!(["did a", "did b", "did c", "did d", "did e"]).into()));
    assert_eq!((world.calls()["a"], world.calls()["b"], world.calls()["c"]), (1, 1, 2));
    let history = machines.history(execution).await.unwrap();
    let started = history.iter().filter(|event| event.kind() == Kind::MapIterationStarted).count();
    assert_eq!(started, 5);
    let (mut running, mut most) = (0, 0);
    let behind = history.iter().skip_while(|event| event.kind() != Kind::ExecutionRedriven);
    for event in behind {
        match event.kind() {
            Kind::LambdaFunctionStarted => running += 1,
            Kind::LambdaFunctionSucceeded => running -= 1,
            _ => {}
        }
        most = most.max(running);
    }
    assert_eq!((running, most), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn a_distributed_map_is_redriven_with_its_run() {
    let world = World::broken(&["b", "d", "e"]);
    let fields = r#""ToleratedFailureCount": 1, "MaxConcurrency": 1,"#;
    let text = map(fields).replace(
        r#""ItemProcessor": {"#,
        r#""ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "#,
    );
    let log = Arc::new(MemoryLog::new());
    let machines = open(&log, &text, &world).await;
    let items = json!({"items": ["a", "b", "c", "d", "e"]});
    let execution = machines.start("m", "one", items).await.unwrap();
    assert!(matches!(machines.result(execution).await.unwrap(), End::Failed(_)));
    world.breaks(&[]);
    machines.redrive(execution).await.unwrap();
    let end = machines.result(execution).await.unwrap();
    let End::Succeeded(output) = end else { panic!("{end:?}") };
    assert_eq!(output.as_array().unwrap().len(), 5);
    assert_eq!(world.calls(), did(&[("a", 1), ("b", 2), ("c", 1), ("d", 2), ("e", 1)]));
    let history = machines.history(execution).await.unwrap();
    let redriven = history.iter().find(|event| event.kind() == Kind::MapRunRedriven).unwrap().to_json();
    assert_eq!(redriven["mapRunRedrivenEventDetails"]["redriveCount"], json!(1));
    let started = history.iter().find(|event| event.kind() == Kind::MapRunStarted).unwrap().to_json();
    let arn = &started["mapRunStartedEventDetails"]["mapRunArn"];
    assert_eq!(redriven["mapRunRedrivenEventDetails"]["mapRunArn"], *arn);
}

#[tokio::test(start_paused = true)]
async fn retriers_and_catchers_begin_anew() {
    let text = r#"{"StartAt": "Try", "States": {
        "Try": {"Type": "Task", "Resource": "do", "Parameters": "try", "End": true,
            "Retry": [{"ErrorEquals": ["Broken"], "MaxAttempts": 2}],
            "Catch": [{"ErrorEquals": ["Other"], "Next": "Caught"}]},
        "Caught": {"Type": "Pass", "Result": "caught", "End": true}}}"#;
    let world = World::broken(&["try"]);
    let (_, machines, execution) = failed(text, &world).await;
    assert_eq!(world.calls(), did(&[("try", 3)]));
    machines.redrive(execution).await.unwrap();
    assert!(matches!(machines.result(execution).await.unwrap(), End::Failed(_)));
    assert_eq!(world.calls(), did(&[("try", 6)]));
}

#[tokio::test(start_paused = true)]
async fn what_a_catcher_has_dealt_with_does_not_go_on_again() {
    let text = r#"{"StartAt": "Both", "States": {
        "Both": {"Type": "Parallel", "Next": "Last", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Last"}], "Branches": [
            {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "do", "Parameters": "a", "End": true}}},
            {"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "do", "Parameters": "b", "End": true}}}]},
        "Last": {"Type": "Task", "Resource": "do", "Parameters": "last", "End": true}}}"#;
    let world = World::broken(&["a", "last"]);
    let (_, machines, execution) = failed(text, &world).await;
    world.breaks(&[]);
    machines.redrive(execution).await.unwrap();
    assert_eq!(machines.result(execution).await.unwrap(), End::Succeeded(json!("did last").into()));
    assert_eq!(world.calls(), did(&[("a", 1), ("b", 1), ("last", 2)]));
}

#[tokio::test(start_paused = true)]
async fn a_fail_state_is_entered_again_and_a_choice_decided_again() {
    let fails = r#"{"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "E"}}}"#;
    let (_, machines, execution) = failed(fails, &World::default()).await;
    machines.redrive(execution).await.unwrap();
    assert!(matches!(machines.result(execution).await.unwrap(), End::Failed(_)));
    assert_eq!(
        kinds(&machines.history(execution).await.unwrap())[2..],
        [
            (3, 2, Kind::ExecutionFailed),
            (4, 3, Kind::ExecutionRedriven),
            (5, 4, Kind::FailStateEntered),
            (6, 5, Kind::ExecutionFailed),
        ]
    );
    let chooses = r#"{"StartAt": "Which", "States": {"Which": {"Type": "Choice", "Choices": [
        {"Variable": "$$.Execution.RedriveCount", "NumericEquals": 1, "Next": "Done"}]}, "Done": {"Type": "Succeed"}}}"#;
    let (_, machines, execution) = failed(chooses, &World::default()).await;
    machines.redrive(execution).await.unwrap();
    assert_eq!(machines.result(execution).await.unwrap(), End::Succeeded(json!({}).into()));
}

#[tokio::test(start_paused = true)]
async fn what_was_stopped_or_out_of_time_goes_on_with_all_its_time() {
    let text = r#"{"StartAt": "Slow", "TimeoutSeconds": 5, "States": {
        "Slow": {"Type": "Task", "Resource": "slow", "TimeoutSeconds": 100, "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 3, "End": true}}}"#;
    let first = Arc::new(Mutex::new(true));
    let tasks = Tasks::new().handler("slow", move |_| {
        let seconds = if std::mem::take(&mut *first.lock().unwrap()) { 50 } else { 1 };
        async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            Ok(json!(seconds))
        }
    });
    let log = Arc::new(MemoryLog::new());
    let builder = on(&log).machine("m", &Definition::parse(text).unwrap()).unwrap();
    let machines = builder.tasks(tasks).open().await.unwrap();
    let execution = machines.start("m", "one", json!({})).await.unwrap();
    assert!(matches!(machines.result(execution).await.unwrap(), End::TimedOut(_)));
    machines.redrive(execution).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let Err(Error::NotRedrivable { reason, .. }) = machines.redrive(execution).await else { panic!() };
    assert_eq!(reason, "Execution is RUNNING and cannot be redriven");
    machines.stop(execution, Fault::default()).await.unwrap();
    assert!(matches!(machines.result(execution).await.unwrap(), End::Aborted(_)));
    let row = log.summary(execution).unwrap().unwrap();
    assert_eq!((row.status, row.closed_ms.is_some()), (Status::Stopped, true));
    machines.redrive(execution).await.unwrap();
    let row = log.summary(execution).unwrap().unwrap();
    assert_eq!((row.status, row.closed_ms), (Status::Running, None));
    assert_eq!(machines.result(execution).await.unwrap(), End::Succeeded(json!(1).into()));
    assert_eq!(machines.describe(execution).await.unwrap().redrives, 2);
}

#[tokio::test(start_paused = true)]
async fn it_may_be_redriven_for_so_long_and_with_so_many_events() {
    let world = World::broken(&["first"]);
    let log = Arc::new(MemoryLog::new());
    let open = |limits| {
        let builder = on(&log).machine("m", &Definition::parse(CHAIN).unwrap()).unwrap();
        builder.limits(limits).tasks(world.tasks()).open()
    };
    let machines = open(Limits::aws().history_events(7)).await.unwrap();
    let execution = machines.start("m", "one", json!({})).await.unwrap();
    machines.result(execution).await.unwrap();
    let Err(Error::NotRedrivable { reason, .. }) = machines.redrive(execution).await else { panic!() };
    assert_eq!(reason, "Execution history event limit exceeded");
    drop(machines);
    let machines = open(Limits::aws()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(14 * 24 * 3600 + 60)).await;
    let Err(Error::NotRedrivable { reason, .. }) = machines.redrive(execution).await else { panic!() };
    assert_eq!(reason, "Execution redrivable period exceeded");
    assert!(matches!(machines.start("m", "one", json!({})).await, Err(Error::AlreadyStarted { .. })));
    let unknown = machines.redrive("018c0000-0000-7000-8000-000000000000".parse().unwrap()).await;
    assert!(matches!(unknown, Err(Error::UnknownExecution { .. })));
}

/// Parallel and map states in one another, of which some of everything fails.
const NESTED: &str = r#"{"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "End": true, "Branches": [
    {"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "MaxConcurrency": 2, "ItemsPath": "$$.Execution.Input",
        "ItemProcessor": {"StartAt": "Inner", "States": {"Inner": {"Type": "Parallel", "End": true, "Branches": [
            {"StartAt": "X", "States": {"X": {"Type": "Task", "Resource": "do",
                "Parameters.$": "$", "Next": "Y"}, "Y": {"Type": "Pass", "End": true}}},
            {"StartAt": "Z", "States": {"Z": {"Type": "Wait", "Seconds": 1, "End": true}}}]}}}}}},
    {"StartAt": "Slow", "States": {"Slow": {"Type": "Wait", "Seconds": 3600, "Next": "Call"},
        "Call": {"Type": "Task", "Resource": "do", "Parameters": "slow", "End": true}}}]}}}"#;

#[tokio::test(start_paused = true)]
async fn every_crash_point_of_a_redrive_leads_to_the_same_end_and_history() {
    let text = NESTED.replace(r#""Parameters.$": "$", "#, "");
    let world = World::broken(&["c"]);
    let whole = Arc::new(MemoryLog::new());
    let machines = open(&whole, &text, &world).await;
    let execution = machines.start("m", "one", json!(["a", "b", "c", "d"])).await.unwrap();
    assert!(matches!(machines.result(execution).await.unwrap(), End::Failed(_)));
    let before = whole.batches();
    world.breaks(&[]);
    machines.redrive(execution).await.unwrap();
    let end = machines.result(execution).await.unwrap();
    let pairs = ["a", "b", "c", "d"].map(|name| json!([format!("did {name}"), name]));
    assert_eq!(end, End::Succeeded(json!([pairs, "did slow"]).into()));
    let history = machines.history(execution).await.unwrap();
    drop(machines);
    let all = sorted(&history);
    assert!(whole.batches() > before + 4, "{before} {}", whole.batches());
    for batches in before + 1..whole.batches() {
        let log = Arc::new(whole.prefix(batches));
        let machines = open(&log, &text, &world).await;
        assert_eq!(machines.result(execution).await.unwrap(), end, "after {batches} batches");
        assert_eq!(sorted(&machines.history(execution).await.unwrap()), all, "after {batches} batches");
    }
}

/// What is written takes its time here, so that one who asks again is there when the parent has just been told.
#[tokio::test]
async fn who_is_redriven_as_soon_as_that_can_be_tells_its_parent_each_time() {
    let calls = r#"{"StartAt": "Sync", "States": {"Sync": {"Type": "Task", "End": true,
        "Resource": "arn:aws:states:::states:startExecution.sync", "Parameters": {"StateMachineArn": "m", "Name": "one"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Rest"}]},
        "Rest": {"Type": "Wait", "Seconds": 100000, "End": true}}}"#;
    let folder = tempfile::tempdir().unwrap();
    let log: Arc<dyn Log> = Arc::new(SledLog::builder(folder.path()).open().unwrap());
    let tasks = Tasks::new().handler("do", |_| async { Err(Fault::default()) });
    let builder = StateMachines::builder(Arc::clone(&log)).machine("m", &Definition::parse(CHAIN).unwrap()).unwrap();
    let builder = builder.machine("calls", &Definition::parse(calls).unwrap()).unwrap().tasks(tasks);
    let machines = builder.open().await.unwrap();
    machines.start("calls", "one", json!({})).await.unwrap();
    let child = async {
        loop {
            match machines.find("m", "one").unwrap() {
                Some(child) => return child,
                None => tokio::task::yield_now().await,
            }
        }
    };
    let child = child.await;
    let redriven = async {
        for _ in 0..10 {
            while machines.redrive(child).await.is_err() {
                tokio::task::yield_now().await;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), redriven).await.expect("it closes each time");
}

fn sorted(history: &[HistoryEvent]) -> Vec<(Kind, Value)> {
    let mut all: Vec<(Kind, Value)> = history
        .iter()
        .map(|event| match &event.details {
            Details::StateEntered { name, .. } | Details::StateExited { name, .. } => (event.kind(), json!(&**name)),
            _ => (event.kind(), json!(null)),
        })
        .collect();
    all.sort_by_key(|(kind, name)| (*kind, name.to_string()));
    all
}
