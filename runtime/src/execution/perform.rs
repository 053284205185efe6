//! Runs the bodies of steps, on tasks of their own.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use duramen_actors::{Address, WorkMark};
use futures::FutureExt;
use futures::future::join_all;
use metrics::Histogram;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tracing::Instrument;

use super::{Command, Execution, Live, State};
use crate::event::StepRole;
use crate::workflow::board::{Body, Done};
use crate::{Failure, OperationId, Payload};

/// Runs an attempt on a task, which answers with a command.
pub(super) fn run_step(operation: OperationId, attempt: u32, state: &State, live: &mut Live, me: &Address<Execution>) {
    if !state.runs(&operation, attempt) {
        return;
    }
    // It runs already, or the workflow has yet to be polled: then the attempt is owed still, and is begun behind the poll.
    let Some(body) = live.board.take_body(&operation, attempt) else { return };
    let (step, role) = state.step(&operation).unwrap_or(("", StepRole::Do));
    let (workflow, version, of_run) = live.code();
    let seconds = me.behavior().meters.of(workflow).step_seconds.clone();
    let span = tracing::info_span!(
        "step",
        execution = %me.execution(),
        workflow,
        version,
        run = of_run,
        operation = %operation,
        step,
        attempt,
        undo = role == StepRole::Undo,
    );
    // What is undone must have come to its end: an attempt that was cancelled may still be at it.
    let before = if role == StepRole::Undo { live.ending_steps() } else { Vec::new() };
    let (ended, has_ended) = oneshot::channel();
    let cancel = body.step.clone();
    // A task is moved a few times before it runs: what it runs stays in its place.
    let body = Box::new(body);
    // Marked before the task begins, so that a drain does not overlook it.
    let work = me.work();
    let (address, of) = (me.clone(), operation.clone());
    let running = async move {
        if !before.is_empty() {
            Box::pin(join_all(before)).await;
        }
        run(address, work, of, body, seconds).await;
        drop(ended);
    };
    let task = tokio::spawn(running.instrument(span));
    live.began_step(operation, task.abort_handle(), cancel, has_ended);
}

/// Runs the attempts for which the workflow has made what to run only now that it goes on.
pub(super) fn run_paused_steps(state: &State, live: &mut Live, me: &Address<Execution>) {
    let attempts: Vec<_> = state.running().map(|(operation, attempt)| (operation.clone(), attempt)).collect();
    for (operation, attempt) in attempts {
        run_step(operation, attempt, state, live, me);
    }
}

/// How an attempt came to its end.
enum Ran {
    Ended(Result<Done, Failure>),
    /// Nobody waits for it any more.
    Cancelled,
}

async fn run(
    me: Address<Execution>,
    work: WorkMark<Execution>,
    operation: OperationId,
    body: Box<Body>,
    seconds: Histogram,
) {
    let (attempt, retry, is_condition) = (body.attempt, body.retry.clone(), body.is_condition);
    let limit = me.behavior().limits.payload;
    let ran = match body.interrupted {
        true => Ran::Ended(Err(Failure::new(
            Failure::STEP_INTERRUPTED,
            format!("attempt {attempt} was running when the process ended, and is not run twice"),
        ))),
        false => {
            let begun = Instant::now();
            let ran = attend(body).await;
            if let Ran::Ended(_) = ran {
                seconds.record(begun.elapsed());
            }
            ran
        }
    };
    let Ran::Ended(outcome) = ran else {
        tracing::debug!("the step was cancelled");
        return;
    };
    let outcome = outcome.map_err(|failure| failure.within(limit)).and_then(|done| match done {
        Done::Result(result) => Ok(Done::Result(result.within(limit, "the result")?)),
        Done::NotYet(state) => Ok(Done::NotYet(state.within(limit, "the state of the condition")?)),
    });
    let (outcome, again_in_ms) = match outcome {
        Ok(Done::Result(result)) => (Ok(result), None),
        Ok(Done::NotYet(state)) => match retry.poll_pause_ms(attempt, fastrand::f64()) {
            Some(pause_ms) => (Ok(state), Some(pause_ms)),
            None => (Err(not_met(attempt, &state)), None),
        },
        // A poll of a condition that fails is not tried again.
        Err(failure) if is_condition => (Err(failure), None),
        Err(failure) => {
            let retry_in_ms = retry.delay_ms(&failure, attempt, fastrand::f64());
            (Err(failure), retry_in_ms)
        }
    };
    let failure = outcome.as_ref().err().cloned();
    // Told before anything is logged: a subscriber that panics must not keep the answer back.
    me.tell(Command::StepEnded { operation, attempt, outcome, again_in_ms });
    drop(work);
    match (failure, again_in_ms) {
        (None, None) => tracing::debug!("the step succeeded"),
        (None, Some(again_in_ms)) => tracing::debug!(again_in_ms, "the condition is not met yet"),
        (Some(failure), Some(retry_in_ms)) => {
            tracing::warn!(%failure, retry_in_ms, "the step failed and is tried again");
        }
        (Some(failure), None) => tracing::warn!(%failure, "the step failed"),
    }
}

/// Runs a body to its end, or until it takes too long, gives no sign of life, or is not wanted any more.
async fn attend(body: Box<Body>) -> Ran {
    let Body { future, again, timeout, heartbeat, grace, step, .. } = *body;
    let running = async move {
        tracing::debug!("the step begins");
        let outcome = AssertUnwindSafe(future).catch_unwind().await;
        match again {
            None => outcome,
            Some(again) => AssertUnwindSafe(again).catch_unwind().await,
        }
    };
    // What few steps need is kept out of the task of every step.
    let overdue = async {
        match timeout {
            Some(longest) => Box::pin(tokio::time::sleep(longest)).await,
            None => std::future::pending().await,
        }
    };
    let silent = async {
        match heartbeat {
            Some(longest) => Box::pin(step.silent_for(longest)).await,
            None => std::future::pending().await,
        }
    };
    let unwanted = async {
        step.cancelled().await;
        if !grace.is_zero() {
            Box::pin(tokio::time::sleep(grace)).await;
        }
    };
    // In this order: an attempt that has ended has ended, whatever else is so.
    tokio::select! {
        biased;
        outcome = running => Ran::Ended(outcome.unwrap_or_else(|panic| Err(panicked(panic.as_ref())))),
        () = unwanted => Ran::Cancelled,
        () = overdue => Ran::Ended(Err(too_long(Failure::STEP_TIMEOUT, "the attempt took longer than", timeout))),
        () = silent => Ran::Ended(Err(too_long(Failure::STEP_HEARTBEAT, "no heartbeat came for", heartbeat))),
    }
}

fn too_long(name: &str, what: &str, longest: Option<Duration>) -> Failure {
    Failure::new(name, format!("{what} {:?}, and was broken off", longest.unwrap_or_default()))
}

fn not_met(polls: u32, state: &Payload) -> Failure {
    let cause = format!("the condition was not met in {polls} polls; the last one gave {state}");
    Failure::new(Failure::CONDITION_NOT_MET, cause)
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Failure {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Failure::new(Failure::PANIC, text.unwrap_or("with a value that is not a text"))
}
