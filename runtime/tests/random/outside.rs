//! Whoever is outside: starts the execution, answers its callbacks and sends what it waits for.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use duramen::{CallbackToken, Error, Event, Failure, Filter, Handle, Runtime, Status};
use duramen_storage::{Log, Version};

use crate::follow::{Input, workflow};
use crate::plan::Plan;
use crate::tape::{BEGINNING, Tape};

/// What came of it, and what happened on the way.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Came {
    pub(crate) to: String,
    /// The events of each execution, without those of which there may be more in another life, sorted.
    pub(crate) events: Vec<Vec<String>>,
}

/// Whoever is outside looks so often what is asked for.
const LOOKS_EVERY_MS: u64 = 20_000;

/// What is done to the execution as a whole, in ms after the beginning.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Meddling {
    pub(crate) cancel_at: Option<u64>,
    /// When it is paused, and when it is resumed.
    pub(crate) paused: Option<(u64, u64)>,
}

/// Follows the plans to the end, in this life.
pub(crate) async fn live(tape: &Arc<Tape>, runs: &[Plan], meddling: Meddling) -> Came {
    let runtime = tape.builder().workflow("plan", workflow).idle(Duration::from_secs(5)).open().await.unwrap();
    let input = Input { runs: runs.to_vec(), told: Vec::new() };
    let handle: Handle<Vec<String>> = runtime.start("plan", "p", input).await.unwrap();
    let early = (0..runs.len()).flat_map(|run| early_signals(&runs[run], format!("run{run}"))).collect::<Vec<_>>();
    let outside = async {
        send(&handle, early.iter().map(String::as_str)).await;
        loop {
            // At points in time that are the same in every life, and at which nothing else happens.
            let passed = tape.now_ms() - BEGINNING;
            tape.at((passed + LOOKS_EVERY_MS - 334) / LOOKS_EVERY_MS * LOOKS_EVERY_MS + 333).await;
            look(&runtime, tape.now_ms()).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let cancelling = async {
        if let Some(ms) = meddling.cancel_at {
            tape.at(ms).await;
            let _ = handle.cancel("enough").await;
        }
        std::future::pending::<()>().await;
    };
    let pausing = async {
        if let Some((from, until)) = meddling.paused {
            tape.at(from).await;
            if tape.now_ms() < BEGINNING + until {
                let _ = handle.pause("for a while").await;
            }
            tape.at(until).await;
            let _ = handle.resume().await;
        }
        std::future::pending::<()>().await;
    };
    let to = tokio::select! {
        result = handle.result() => told(result),
        () = outside => unreachable!("it looks for ever"),
        () = cancelling => unreachable!("it waits for ever"),
        () = pausing => unreachable!("it waits for ever"),
        () = tape.at(24 * 3600 * 1000) => format!("stuck: {:?}", handle.status().await),
    };
    // Invoked executions that were given up end by themselves.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let events = events(&runtime).await;
    Came { to, events }
}

fn told(result: Result<Vec<String>, Error>) -> String {
    match result {
        Ok(told) => told.join(", "),
        Err(error) => error.failure().map_or_else(|| error.to_string(), |failure: &Failure| failure.to_string()),
    }
}

/// The places of the signals that are to be there before they are asked for. Those that stand where what is done may be
/// done again, or in another execution, are sent when they are asked for.
fn early_signals(plan: &Plan, place: String) -> Vec<String> {
    match plan {
        Plan::Signal { early: true } => vec![place],
        Plan::Sequence(plans) | Plan::Join(plans) | Plan::All(plans) | Plan::Settled(plans) => {
            let each = plans.iter().enumerate();
            each.flat_map(|(nth, plan)| early_signals(plan, format!("{place}.{nth}"))).collect()
        }
        Plan::Child { plan, .. } => early_signals(plan, format!("{place}.child")),
        Plan::Saga { plan, .. } => early_signals(plan, format!("{place}.saga")),
        _ => Vec::new(),
    }
}

async fn send(handle: &Handle<Vec<String>>, names: impl Iterator<Item = &str>) {
    let history = handle.history().await.unwrap();
    let sent: HashSet<_> = history
        .iter()
        .filter_map(|line| match &line.event {
            Event::SignalReceived { mail } => Some(mail.name.clone()),
            _ => None,
        })
        .collect();
    for name in names {
        if !sent.contains(name) {
            let _ = handle.signal(name, &"signal").await;
        }
    }
}

async fn executions(runtime: &Runtime) -> Vec<Handle<Vec<String>>> {
    let mut handles = Vec::new();
    let listed = runtime.list(&Filter::new().page_size(1000)).await.unwrap();
    for row in listed.executions {
        handles.push(runtime.get_by_id(row.execution).await.unwrap());
    }
    handles
}

/// Does what was asked for before this time and has not been done: what follows from one look comes with the next.
async fn look(runtime: &Runtime, before_ms: u64) {
    for handle in executions(runtime).await {
        if !matches!(handle.status().await, Ok(Status::Running)) {
            continue;
        }
        let history = handle.history().await.unwrap();
        let requested: HashSet<_> = history
            .iter()
            .filter_map(|line| match &line.event {
                Event::UpdateRequested { mail } => Some(mail.name.clone()),
                _ => None,
            })
            .collect();
        for line in history.iter().filter(|line| line.at_ms < before_ms) {
            let Event::Published { name, value, .. } = &line.event else { continue };
            let (what, about) = name.split_once(' ').unwrap();
            match what {
                "signal" => send(&handle, [about].into_iter()).await,
                "callback" => {
                    let token: CallbackToken = value.read().unwrap();
                    if about.starts_with("Yes") {
                        let _ = runtime.succeed_callback(&token, "yes").await;
                    } else if about.starts_with("No") {
                        let _ = runtime.fail_callback(&token, Failure::new("No", "")).await;
                    }
                }
                "update" if !requested.contains(about) => {
                    let (handle, about) = (handle.clone(), about.to_owned());
                    tokio::spawn(async move { handle.update::<String>(about, "update").await });
                }
                _ => {}
            }
        }
    }
}

async fn events(runtime: &Runtime) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for handle in executions(runtime).await {
        let history = handle.history().await.unwrap();
        let mut events: Vec<_> = history
            .iter()
            .filter(|line| {
                let kind = line.event.kind();
                // Whether an invoked execution runs for longer than a second; whether it was told before the crash, and
                // whether a signal nobody waits for came before the end.
                !matches!(kind, "ChainedInvokeConfirmed" | "Settled" | "SignalReceived")
            })
            // Nor is which of several branches of one context calls its next operation first, and so takes the next id.
            .map(|line| format!("{} {}", line.event.kind(), line.event.name().unwrap_or_default()))
            .collect();
        // Which of several that run at the same time is recorded first is not the same in another life.
        events.sort();
        all.push(events);
    }
    all.sort();
    all
}

/// The records of all executions, as they stand in the log.
pub(crate) fn records(tape: &Tape) -> Vec<(duramen_storage::ExecutionId, Vec<duramen_storage::Record>)> {
    let rows = tape.list(&duramen_storage::Query::default()).unwrap().rows;
    rows.into_iter().map(|row| (row.execution, tape.read(row.execution, Version::NONE, 100_000).unwrap())).collect()
}
