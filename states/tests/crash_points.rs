//! Machines made at random come to the same and have the same history in memory, on a log, and on the log of a process
//! that died at any point.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod machines;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use duramen_actors::{Clock, TokioClock};
use duramen_states::definition::Definition;
use duramen_states::history::Details;
use duramen_states::{About, Call, End, Fault, HistoryEvent, Limits, Machine, Options, StateMachines, Tasks};
use duramen_storage::{ExecutionId, Log, MemoryLog};
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Value, json};

const START_MS: u64 = 1_700_000_000_000;

/// Longer than all waits between two answers.
const HOUR: Duration = Duration::from_secs(3600);

/// Answers after as many hours as its number. So calls are answered one at a time and in the order of their numbers, and
/// waits end between answers: also when those that were under way begin again. What is left to the order of answers in
/// parallel branches is so the same in all runs.
async fn answer(call: Call, fails: bool) -> Result<Value, Fault> {
    tokio::time::sleep(HOUR * u32::try_from(call.number).unwrap()).await;
    if fails {
        return Err(Fault { error: Some("Broken".to_owned()), cause: Some(format!("call {}", call.number)) });
    }
    Ok(json!(call.input.as_i64().unwrap_or_default() % 1000 + 1))
}

fn tasks() -> Tasks {
    Tasks::new()
        .handler("add", |call| answer(call, false))
        .handler("broken", |call| answer(call, true))
        .handler("third", |call| async {
            let fails = call.number % 3 == 0;
            answer(call, fails).await
        })
        .handler("odd", |call| async {
            let fails = call.input.as_i64().unwrap_or_default() % 2 == 1;
            answer(call, fails).await
        })
}

/// What must be the same of an event in all runs: all but its time, and the names of map runs.
fn timeless(history: &[HistoryEvent]) -> Vec<(u64, u64, Details)> {
    let details = |details: &Details| match details {
        Details::MapRunStarted { .. } => Details::MapRunStarted { arn: "".into() },
        other => other.clone(),
    };
    history.iter().map(|event| (event.id, event.previous, details(&event.details))).collect()
}

/// A clock that notes at what time each batch was made.
struct Noting {
    clock: TokioClock,
    log: Arc<MemoryLog>,
    noted: Mutex<Vec<u64>>,
}

impl Noting {
    fn starting_at(ms: u64, log: &Arc<MemoryLog>) -> Arc<Self> {
        Arc::new(Self { clock: TokioClock::starting_at(ms), log: Arc::clone(log), noted: Mutex::default() })
    }
}

impl Clock for Noting {
    fn now_ms(&self) -> u64 {
        let (now_ms, batches) = (self.clock.now_ms(), self.log.batches());
        let mut noted = self.noted.lock().unwrap();
        noted.resize(batches + 1, now_ms);
        noted[batches] = now_ms;
        now_ms
    }

    fn may_jump(&self) -> bool {
        self.clock.may_jump()
    }
}

async fn open(
    log: &Arc<MemoryLog>,
    definition: &Definition,
    clock: Arc<dyn Clock>,
    turns: (usize, u64),
) -> StateMachines {
    open_with(log, definition, clock, turns, tasks()).await
}

async fn open_with(
    log: &Arc<MemoryLog>,
    definition: &Definition,
    clock: Arc<dyn Clock>,
    (turn_events, snapshots): (usize, u64),
    tasks: Tasks,
) -> StateMachines {
    let builder = StateMachines::builder(Arc::<MemoryLog>::clone(log) as Arc<dyn Log>).clock(clock);
    let builder = builder.limits(Limits::default().turn_events(turn_events)).snapshot_every(snapshots).tasks(tasks);
    builder.machine("random", definition).unwrap().open().await.unwrap()
}

type Ended = (End, Vec<(u64, u64, Details)>);

#[track_caller]
fn assert_same(one: &Ended, other: &Ended, when: &str) {
    for (one, other) in one.1.iter().zip(&other.1) {
        assert_eq!(one, other, "{when}");
    }
    assert_eq!((one.1.len(), &one.0), (other.1.len(), &other.0), "{when}");
}

async fn ended(machines: &StateMachines, execution: ExecutionId) -> Ended {
    let end = machines.result(execution).await.unwrap();
    (end, timeless(&machines.history(execution).await.unwrap()))
}

async fn is_the_same_everywhere(text: &str, turns: (usize, u64)) {
    let definition = Definition::parse(text).unwrap();
    let input = json!({"n": 1, "items": [2, 3, 4]});
    let options = Options::default().about(About::new("random", "one")).start_ms(START_MS);
    let run = Machine::new(&definition).unwrap().run(input.clone(), &tasks(), options).await;
    let expected = (run.end, timeless(&run.history));

    let whole = Arc::new(MemoryLog::new());
    let clock = Noting::starting_at(START_MS, &whole);
    let machines = open(&whole, &definition, Arc::<Noting>::clone(&clock), turns).await;
    let execution = machines.start("random", "one", input).await.unwrap();
    assert_same(&ended(&machines, execution).await, &expected, "on the log");
    drop(machines);
    let noted = clock.noted.lock().unwrap().clone();
    for batches in 1..whole.batches() {
        let log = Arc::new(whole.prefix(batches));
        // Time goes on from where the process died.
        let clock = Arc::new(TokioClock::starting_at(noted[batches - 1]));
        let machines = open(&log, &definition, clock, turns).await;
        assert_same(&ended(&machines, execution).await, &expected, &format!("after {batches} batches"));
    }
}

/// As `tasks`, and nothing fails any more.
fn mended() -> Tasks {
    let names = ["add", "broken", "third", "odd"];
    names.into_iter().fold(Tasks::new(), |tasks, name| tasks.handler(name, |call| answer(call, false)))
}

/// Runs it to a failure, redrives it with handlers that are mended, and breaks that off everywhere.
async fn is_redriven_the_same_everywhere(text: &str, turns: (usize, u64)) {
    let definition = Definition::parse(text).unwrap();
    let whole = Arc::new(MemoryLog::new());
    let clock = Noting::starting_at(START_MS, &whole);
    let machines = open(&whole, &definition, Arc::<Noting>::clone(&clock), turns).await;
    let execution = machines.start("random", "one", json!({"n": 1, "items": [2, 3, 4]})).await.unwrap();
    let end = machines.result(execution).await.unwrap();
    if matches!(end, End::Succeeded(_)) {
        return;
    }
    drop(machines);
    let before = whole.batches();
    let machines = open_with(&whole, &definition, Arc::<Noting>::clone(&clock), turns, mended()).await;
    machines.redrive(execution).await.unwrap();
    let expected = ended(&machines, execution).await;
    assert!(expected.1.iter().zip(1..).all(|(event, id)| event.0 == id && event.1 < id));
    drop(machines);
    let noted = clock.noted.lock().unwrap().clone();
    for batches in before + 1..whole.batches() {
        let log = Arc::new(whole.prefix(batches));
        let clock = Arc::new(TokioClock::starting_at(noted[batches - 1]));
        let machines = open_with(&log, &definition, clock, turns, mended()).await;
        assert_same(&ended(&machines, execution).await, &expected, &format!("redriven, after {batches} batches"));
    }
}

fn paused() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

proptest! {
    #![proptest_config(Config { cases: 10, failure_persistence: None, max_shrink_iters: 50, ..Config::default() })]

    #[test]
    fn every_crash_point_of_any_machine_leads_to_the_same_end_and_history(
        definition in machines::definition().prop_map(|definition| definition.to_string()),
        turn_events in prop_oneof![Just(4096usize), 1usize..20],
        snapshots in 0u64..4,
    ) {
        paused().block_on(is_the_same_everywhere(&definition, (turn_events, snapshots)));
    }

    #[test]
    fn every_crash_point_of_a_redrive_of_any_machine_leads_to_the_same_end_and_history(
        definition in machines::definition().prop_map(|definition| definition.to_string()),
        turn_events in prop_oneof![Just(4096usize), 1usize..20],
        snapshots in 0u64..4,
    ) {
        paused().block_on(is_redriven_the_same_everywhere(&definition, (turn_events, snapshots)));
    }
}

/// Waits and pauses of no time at all, beside branches that have more to do.
const NO_TIME: &str = r#"{"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "End": true, "Branches": [
    {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "add", "Parameters": {"n.$": "States.StringToJson('{')"},
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 0, "MaxAttempts": 2}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}], "End": true},
        "B": {"Type": "Wait", "Seconds": 0, "Next": "C"}, "C": {"Type": "Pass", "End": true}}},
    {"StartAt": "E", "States": {"E": {"Type": "Pass", "Next": "F"}, "F": {"Type": "Pass", "Next": "G"},
        "G": {"Type": "Wait", "Seconds": 0, "Next": "H"}, "H": {"Type": "Pass", "Next": "I"},
        "I": {"Type": "Task", "Resource": "add", "InputPath": "$.n", "End": true}}},
    {"StartAt": "J", "States": {"J": {"Type": "Map", "ItemsPath": "$.items", "End": true, "ItemProcessor": {
        "StartAt": "K", "States": {"K": {"Type": "Wait", "Seconds": 0, "Next": "L"}, "L": {"Type": "Pass", "End": true}}}}}}]}}}"#;

#[test]
fn how_much_a_turn_does_is_not_seen_in_what_happens() {
    for turn_events in [1, 2, 3, 5, 8] {
        paused().block_on(is_the_same_everywhere(NO_TIME, (turn_events, 3)));
    }
}
