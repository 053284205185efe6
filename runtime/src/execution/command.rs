//! What an execution is asked to do, and what it decides.

use duramen_actors::{Decision, Fault, Moment};

use super::{Execution, State};
use crate::{Event, Failure, OperationId, Payload};

/// What an execution is asked to do.
pub(crate) enum Command {
    /// Begin.
    Start { workflow: String, name: String, input: Payload },
    /// An attempt of a step has ended. After a failure, it is tried again in so many ms, if at all.
    StepEnded { operation: OperationId, attempt: u32, outcome: Result<Payload, Failure>, retry_in_ms: Option<u64> },
    /// End here.
    Stop { failure: Failure },
    /// The workflow was woken by something that is not an operation.
    ForeignWake { after: String },
}

/// What a command is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    /// What was asked for is so.
    Done,
    /// The execution has ended, and stays as it is.
    Closed,
    /// There is no such execution.
    Unknown,
}

impl Command {
    /// Which events follow. Answers to what is not under way any more, of an attempt that is over or an execution that
    /// has ended, change nothing.
    pub(crate) fn decide(self, state: &State, at: Moment) -> Decision<Execution> {
        if let Self::Start { workflow, name, input } = self {
            return if state.is_started() {
                Decision::reply(Reply::Done)
            } else {
                Decision::event(Event::ExecutionStarted { workflow, name, input }, Reply::Done)
            };
        }
        if !state.is_started() {
            return Decision::reply(Reply::Unknown);
        }
        if state.outcome().is_some() {
            return Decision::reply(Reply::Closed);
        }
        match self {
            Self::Stop { failure } => Decision::event(Event::ExecutionStopped { failure }, Reply::Done),
            Self::StepEnded { operation, attempt, outcome, retry_in_ms } => {
                if !state.runs(&operation, attempt) {
                    return Decision::reply(Reply::Done);
                }
                let event = match outcome {
                    Ok(result) => Event::StepSucceeded { operation, attempt, result },
                    Err(failure) => {
                        let retry_at_ms = retry_in_ms.map(|delay| at.now_ms.saturating_add(delay));
                        Event::StepFailed { operation, attempt, failure, retry_at_ms }
                    }
                };
                Decision::event(event, Reply::Done)
            }
            Self::ForeignWake { after } => Decision::fault(Fault::new(foreign_await(&after)), Reply::Done),
            Self::Start { .. } => Decision::reply(Reply::Done),
        }
    }

    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Start { input, .. } => input.as_bytes().len(),
            Self::StepEnded { outcome: Ok(result), .. } => result.as_bytes().len(),
            Self::StepEnded { outcome: Err(failure), .. } | Self::Stop { failure } => {
                failure.cause().len() + failure.payload().map_or(0, |data| data.as_bytes().len())
            }
            Self::ForeignWake { .. } => 0,
        }
    }
}

/// The text of the fault when a workflow awaits what is not durable.
pub(crate) fn foreign_await(after: &str) -> String {
    format!(
        "the workflow awaits something that is not a durable operation, {after}: a sleep, a socket or a channel of tokio \
         would be lost in a crash. Await it inside of `ctx.step(..)`, or use `ctx.wait(..)` to let time pass"
    )
}
