//! Runs a handler on a log in memory, sends to its callbacks what is to be sent, and lets it crash where it wants to.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use duramen::{CallbackToken, Event, ExecutionId, Failure, Handle, HistoryEvent, Runtime, TokioClock};
use duramen_storage::{Log, MemoryLog};
use futures::StreamExt;
use serde_json::Value;

use crate::handler::{Crash, Handler};

/// How a handler is called, and what is done from outside.
pub(crate) struct Play {
    pub(crate) input: Value,
    pub(crate) actions: Vec<Action>,
    /// When nothing has happened for so long, it is not waited for any longer.
    pub(crate) patience: Duration,
}

/// What is sent to a callback.
#[derive(Debug, Clone)]
pub(crate) struct Action {
    /// The name of the callback; `*` is any.
    pub(crate) name: String,
    pub(crate) delay: Duration,
    pub(crate) what: Sent,
}

#[derive(Debug, Clone)]
pub(crate) enum Sent {
    Success(Value),
    Failure(Failure),
    Heartbeat,
}

/// What became of it.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) execution: ExecutionId,
    pub(crate) history: Vec<HistoryEvent>,
    pub(crate) ended: Ended,
    /// Whether the process died in it.
    pub(crate) crashed: bool,
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    NotYet,
    Succeeded(duramen::Payload),
    /// With AWS's status.
    Otherwise(&'static str),
}

impl Play {
    /// One without a requirement: every callback is answered.
    pub(crate) fn sample(handler: &Handler) -> Self {
        let what = Sent::Success(Value::from("sample"));
        let answer = Action { name: "*".to_owned(), delay: Duration::from_secs(1), what };
        let day = Duration::from_secs(24 * 3600);
        Self { input: handler.sample.clone(), actions: vec![answer; 10], patience: day }
    }
}

/// Runs the handler until it has ended, or patience has.
pub(crate) async fn play(handler: &Handler, play: &Play) -> Played {
    let (clock, crash) = (TokioClock::starting_at(1_700_000_000_000), Crash::default());
    let mut log = Arc::new(MemoryLog::new());
    let mut history: Vec<HistoryEvent> = Vec::new();
    let mut actions = play.actions.clone();
    let mut crashed = false;
    loop {
        let runtime = Runtime::on_log(Arc::clone(&log) as Arc<dyn Log>).clock(clock);
        let runtime = handler.register(runtime, &crash).open().await.unwrap();
        let handle: Handle<Value> = runtime.start(handler.id, "case", &play.input).await.unwrap();
        let execution = handle.execution();
        let seen = history.last().map_or(0, |line| line.number);
        let crashes = {
            let mut events = pin!(handle.events(seen));
            loop {
                let next = tokio::select! {
                    next = tokio::time::timeout(play.patience, events.next()) => next,
                    () = crash.asked() => break true,
                };
                let Ok(Some(line)) = next else { break false };
                history.push(line.unwrap());
                let event = &history.last().unwrap().event;
                if let Some(token) = CallbackToken::of_event(execution, event) {
                    answer(&runtime, &token, event.name().unwrap_or_default(), &mut actions).await;
                }
            }
        };
        drop((handle, runtime));
        if !crashes {
            let ended = history.iter().rev().find_map(|line| ended(&line.event)).unwrap_or(Ended::NotYet);
            return Played { execution, history, ended, crashed };
        }
        crashed = true;
        log = Arc::new(log.reopen());
    }
}

/// Sends what is to be sent to this callback: each action once, and behind a heartbeat the next one.
async fn answer(runtime: &Runtime, token: &CallbackToken, name: &str, actions: &mut Vec<Action>) {
    while let Some(at) = actions.iter().position(|action| action.name == "*" || action.name == name) {
        let action = actions.remove(at);
        tokio::time::sleep(action.delay).await;
        match action.what {
            Sent::Success(value) => runtime.succeed_callback(token, &value).await.unwrap(),
            Sent::Failure(failure) => runtime.fail_callback(token, failure).await.unwrap(),
            Sent::Heartbeat => {
                runtime.heartbeat_callback(token).await.unwrap();
                continue;
            }
        }
        return;
    }
}

fn ended(event: &Event) -> Option<Ended> {
    match event {
        Event::ExecutionSucceeded { result } => Some(Ended::Succeeded(result.clone())),
        Event::ExecutionFailed { .. } => Some(Ended::Otherwise("FAILED")),
        Event::ExecutionTimedOut { .. } => Some(Ended::Otherwise("TIMED_OUT")),
        Event::ExecutionStopped { .. } => Some(Ended::Otherwise("STOPPED")),
        _ => None,
    }
}
