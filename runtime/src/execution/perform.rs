//! Runs the bodies of steps, on tasks of their own.

use std::panic::AssertUnwindSafe;

use duramen_actors::{Address, WorkMark};
use futures::FutureExt;
use tracing::Instrument;

use super::{Command, Execution, Live, State};
use crate::event::StepRole;
use crate::workflow::board::Body;
use crate::{Failure, OperationId, Payload};

/// An attempt of a step that is to be run.
pub(crate) struct RunStep {
    pub(super) operation: OperationId,
    pub(super) attempt: u32,
}

/// Runs an attempt on a task, which answers with a command.
pub(super) fn run_step(effect: RunStep, state: &State, live: &mut Live, me: &Address<Execution>) {
    let RunStep { operation, attempt } = effect;
    if !state.runs(&operation, attempt) {
        return;
    }
    let Some(body) = live.board.take_body(&operation, attempt) else {
        // Only a replay that went otherwise than what it replays could leave a step without its code.
        tracing::error!(execution = %me.execution(), %operation, attempt, "a step has nothing to run");
        return;
    };
    let (step, role) = state.step(&operation).unwrap_or(("", StepRole::Do));
    let span = tracing::info_span!(
        "step",
        execution = %me.execution(),
        workflow = live.workflow(),
        operation = %operation,
        step,
        attempt,
        undo = role == StepRole::Undo,
    );
    // Marked before the task begins, so that a drain does not overlook it.
    let running = run(me.clone(), me.work(), operation.clone(), body).instrument(span);
    let task = tokio::spawn(running);
    live.tasks.insert(operation, task.abort_handle());
}

async fn run(me: Address<Execution>, work: WorkMark<Execution>, operation: OperationId, body: Body) {
    let Body { attempt, future, retry } = body;
    let body = async move {
        tracing::debug!("the step begins");
        future.await
    };
    let outcome = match AssertUnwindSafe(body).catch_unwind().await {
        Ok(outcome) => outcome.and_then(|result| within_limit(result, me.behavior().max_payload)),
        Err(panic) => Err(panicked(panic.as_ref())),
    };
    let failure = outcome.as_ref().err().cloned();
    let retry_in_ms = failure.as_ref().and_then(|_| retry.delay_ms(attempt, fastrand::f64()));
    // Told before anything is logged: a subscriber that panics must not keep the answer back.
    me.tell(Command::StepEnded { operation, attempt, outcome, retry_in_ms });
    drop(work);
    match (failure, retry_in_ms) {
        (None, _) => tracing::debug!("the step succeeded"),
        (Some(failure), Some(retry_in_ms)) => {
            tracing::warn!(%failure, retry_in_ms, "the step failed and is tried again");
        }
        (Some(failure), None) => tracing::warn!(%failure, "the step failed"),
    }
}

fn within_limit(result: Payload, limit: usize) -> Result<Payload, Failure> {
    let bytes = result.as_bytes().len();
    if bytes <= limit {
        return Ok(result);
    }
    let cause = format!(
        "the result has {bytes} bytes and the limit is {limit}: return a reference to data kept elsewhere, or raise \
         `max_payload` where the runtime is built"
    );
    Err(Failure::new("PayloadTooLarge", cause))
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Failure {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Failure::new(Failure::PANIC, text.unwrap_or("with a value that is not a text"))
}
