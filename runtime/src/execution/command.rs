//! What an execution is asked to do, and what it decides.

use duramen_actors::{Decision, Fault, Moment};
use duramen_storage::ExecutionId;

use super::state::Outcome;
use super::{Execution, State};
use crate::event::{Begin, Caller, CancelReason, Mail, Owed};
use crate::{Event, Failure, OperationId, Payload};

/// What an execution is asked to do.
pub(crate) enum Command {
    /// Begin.
    Start { begin: Box<Begin>, caller: Option<Caller> },
    /// Count as begun and cancelled before anything ran, so that it cannot begin any more.
    Forestall { begin: Box<Begin>, failure: Failure },
    /// Begin the run behind the one that has ended.
    BeginRun { run: u32 },
    /// An attempt of a step has ended. Another follows in so many ms, if at all: after a failure, or when the condition
    /// it looked for is not met.
    StepEnded { operation: OperationId, attempt: u32, outcome: Result<Payload, Failure>, again_in_ms: Option<u64> },
    /// End here.
    Stop { failure: Failure },
    /// Come to an end: undo what was done.
    Cancel { failure: Failure },
    /// Begin nothing more.
    Pause { reason: String },
    /// Go on.
    Resume,
    /// Take this.
    Signal { name: String, value: Payload },
    /// Take this and answer it.
    Update { name: String, value: Payload, request: u64 },
    /// Somebody outside has something to say to a callback.
    Callback { operation: OperationId, nonce: u128, what: CallbackNews },
    /// An invoked execution runs by itself.
    Confirm { operation: OperationId },
    /// An invoked execution has ended.
    InvokeEnded { operation: OperationId, execution: ExecutionId, outcome: Outcome },
    /// Another execution was told what it was owed.
    Settle { owed: Owed },
    /// The workflow was woken by something that is not an operation.
    ForeignWake { after: String },
}

/// What is said to a callback from outside.
pub(crate) enum CallbackNews {
    Succeeded(Payload),
    Failed(Failure),
    Heartbeat,
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
    /// It does not wait for that.
    NotAwaited,
}

impl Command {
    /// Which events follow. Answers to what is not under way any more, of an attempt that is over or an execution that
    /// has ended, change nothing.
    pub(crate) fn decide(self, state: &State, at: Moment) -> Decision<Execution> {
        if !state.is_started() {
            return match self {
                Self::Start { begin, caller } => {
                    let caller = caller.map(|caller| Event::CallerRecorded { caller });
                    let events = [Event::ExecutionStarted { begin }].into_iter().chain(caller).collect();
                    Decision { events, reply: Reply::Done, fault: None }
                }
                Self::Forestall { begin, failure } => Decision {
                    events: vec![Event::ExecutionStarted { begin }, Event::ExecutionStopped { failure }],
                    reply: Reply::Done,
                    fault: None,
                },
                _ => Decision::reply(Reply::Unknown),
            };
        }
        match self {
            Self::Settle { owed } if state.owes(&owed) => Decision::event(Event::Settled { owed }, Reply::Done),
            Self::Start { .. } | Self::Forestall { .. } | Self::Settle { .. } => Decision::reply(Reply::Done),
            _ if state.outcome().is_some() => Decision::reply(Reply::Closed),
            command => command.decide_under_way(state, at),
        }
    }

    fn decide_under_way(self, state: &State, at: Moment) -> Decision<Execution> {
        match self {
            Self::Stop { failure } => Decision::event(Event::ExecutionStopped { failure }, Reply::Done),
            Self::Cancel { .. } if state.is_ending() => Decision::reply(Reply::Done),
            Self::Cancel { failure } => {
                Decision::event(Event::CancelRequested { reason: CancelReason::Asked, failure }, Reply::Done)
            }
            Self::Pause { .. } if state.is_paused() => Decision::reply(Reply::Done),
            Self::Pause { reason } => {
                let event = Event::ExecutionPaused { operation: None, reason, compensation: Vec::new() };
                Decision::event(event, Reply::Done)
            }
            Self::Resume if state.is_paused() => Decision::event(Event::ExecutionResumed, Reply::Done),
            Self::BeginRun { run } if state.is_between_runs() && state.run() == run => {
                Decision::event(Event::RunStarted { run }, Reply::Done)
            }
            Self::StepEnded { operation, attempt, outcome, again_in_ms } if state.runs(&operation, attempt) => {
                let again_at_ms = again_in_ms.map(|delay| at.now_ms.saturating_add(delay));
                let event = match outcome {
                    Ok(result) => Event::StepSucceeded { operation, attempt, result, again_at_ms },
                    Err(failure) => Event::StepFailed { operation, attempt, failure, retry_at_ms: again_at_ms },
                };
                Decision::event(event, Reply::Done)
            }
            Self::Signal { name, value } => {
                let mail = Mail { number: state.next_mail(), request: None, name, value };
                Decision::event(Event::SignalReceived { mail }, Reply::Done)
            }
            Self::Update { name, value, request } => {
                let mail = Mail { number: state.next_mail(), request: Some(request), name, value };
                Decision::event(Event::UpdateRequested { mail }, Reply::Done)
            }
            Self::Callback { operation, nonce, what } => decide_callback(state, operation, nonce, what),
            Self::Confirm { operation } if state.is_unconfirmed(&operation) => {
                Decision::event(Event::ChainedInvokeConfirmed { operation }, Reply::Done)
            }
            Self::InvokeEnded { operation, execution, outcome }
                if state.invoked(&operation).is_some_and(|invoked| invoked.execution == execution) =>
            {
                Decision::event(invoke_ended(operation, outcome), Reply::Done)
            }
            Self::ForeignWake { after } => Decision::fault(Fault::new(foreign_await(&after)), Reply::Done),
            Self::Start { .. }
            | Self::Forestall { .. }
            | Self::BeginRun { .. }
            | Self::StepEnded { .. }
            | Self::Resume
            | Self::Confirm { .. }
            | Self::InvokeEnded { .. }
            | Self::Settle { .. } => Decision::reply(Reply::Done),
        }
    }

    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Start { begin, .. } | Self::Forestall { begin, .. } => begin.input.as_bytes().len(),
            Self::StepEnded { outcome: Ok(value), .. }
            | Self::Signal { value, .. }
            | Self::Update { value, .. }
            | Self::Callback { what: CallbackNews::Succeeded(value), .. }
            | Self::InvokeEnded { outcome: Outcome::Succeeded(value), .. } => value.as_bytes().len(),
            Self::StepEnded { outcome: Err(failure), .. }
            | Self::Stop { failure }
            | Self::Cancel { failure }
            | Self::Callback { what: CallbackNews::Failed(failure), .. }
            | Self::InvokeEnded {
                outcome: Outcome::Failed(failure) | Outcome::TimedOut(failure) | Outcome::Stopped(failure),
                ..
            } => failure.cause().len() + failure.payload().map_or(0, |data| data.as_bytes().len()),
            Self::Pause { reason } => reason.len(),
            Self::BeginRun { .. }
            | Self::Resume
            | Self::Callback { .. }
            | Self::Confirm { .. }
            | Self::Settle { .. }
            | Self::ForeignWake { .. } => 0,
        }
    }
}

fn decide_callback(state: &State, operation: OperationId, nonce: u128, what: CallbackNews) -> Decision<Execution> {
    if state.nonce(&operation) != Some(nonce) {
        return Decision::reply(Reply::NotAwaited);
    }
    match what {
        CallbackNews::Succeeded(result) => Decision::event(Event::CallbackSucceeded { operation, result }, Reply::Done),
        CallbackNews::Failed(failure) => Decision::event(Event::CallbackFailed { operation, failure }, Reply::Done),
        CallbackNews::Heartbeat if state.has_heartbeat(&operation) => {
            Decision::event(Event::CallbackHeartbeat { operation }, Reply::Done)
        }
        CallbackNews::Heartbeat => Decision::reply(Reply::Done),
    }
}

fn invoke_ended(operation: OperationId, outcome: Outcome) -> Event {
    match outcome {
        Outcome::Succeeded(result) => Event::ChainedInvokeSucceeded { operation, result },
        Outcome::Failed(failure) => Event::ChainedInvokeFailed { operation, failure },
        Outcome::TimedOut(failure) => Event::ChainedInvokeTimedOut { operation, failure },
        Outcome::Stopped(failure) => Event::ChainedInvokeStopped { operation, failure },
    }
}

/// The text of the fault when a workflow awaits what is not durable.
pub(crate) fn foreign_await(after: &str) -> String {
    format!(
        "the workflow awaits something that is not a durable operation, {after}: a sleep, a socket or a channel of tokio \
         would be lost in a crash. Await it inside of `ctx.step(..)`, or use `ctx.wait(..)` to let time pass"
    )
}
