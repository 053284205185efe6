//! What is to be done outside for an execution.

use duramen_actors::Address;

use super::{Execution, Live, State, invocation, perform};
use crate::event::Owed;
use crate::{Event, Failure, OperationId, Payload};

/// Something to be done outside, once the events that say so are durable.
pub(crate) enum Effect {
    /// Run an attempt of a step.
    RunStep { operation: OperationId, attempt: u32 },
    /// Run the attempts that became due while the execution was paused, and have not begun.
    RunPaused,
    /// Break off whatever runs for an operation.
    BreakOff { operation: OperationId },
    /// Start the execution that an operation invoked.
    StartInvoked { operation: OperationId },
    /// Tell another execution what it is owed.
    Settle { owed: Owed },
    /// Answer a request for an update.
    Answer { request: u64, answer: Result<Payload, Failure> },
    /// Begin the next run.
    BeginRun { run: u32 },
}

impl Effect {
    /// The effect that an event of this turn calls for; `state` is the state at the end of the turn.
    pub(super) fn of(event: &Event, state: &State) -> Option<Self> {
        match event {
            Event::StepStarted { operation, attempt, .. } if state.runs(operation, *attempt) => {
                Some(Self::RunStep { operation: operation.clone(), attempt: *attempt })
            }
            Event::ExecutionResumed => Some(Self::RunPaused),
            Event::StepCancelled { operation } => Some(Self::BreakOff { operation: operation.clone() }),
            Event::ChainedInvokeStarted { operation, .. } if state.is_unconfirmed(operation) => {
                Some(Self::StartInvoked { operation: operation.clone() })
            }
            Event::ChainedInvokeCancelled { execution, .. } => {
                Some(Owed::CancelInvoked(*execution)).filter(|owed| state.owes(owed)).map(|owed| Self::Settle { owed })
            }
            event if event.ends_execution() => {
                Some(Owed::TellParent).filter(|owed| state.owes(owed)).map(|owed| Self::Settle { owed })
            }
            Event::UpdateAnswered { request, answer, .. } => {
                Some(Self::Answer { request: *request, answer: answer.clone() })
            }
            Event::ExecutionContinued { begin, .. } => Some(Self::BeginRun { run: begin.run }),
            _ => None,
        }
    }

    /// All effects that are owed in this state.
    pub(super) fn pending(state: &State) -> Vec<Self> {
        let steps = state.running().map(|(operation, attempt)| Self::RunStep { operation: operation.clone(), attempt });
        let invocations = state.unconfirmed().map(|operation| Self::StartInvoked { operation: operation.clone() });
        let owed = state.owed().map(|owed| Self::Settle { owed: owed.clone() });
        let run = state.is_between_runs().then(|| Self::BeginRun { run: state.run() });
        steps.chain(invocations).chain(owed).chain(run).collect()
    }

    pub(super) fn perform(self, state: &State, live: &mut Live, me: &Address<Execution>) {
        match self {
            Self::RunStep { operation, attempt } => perform::run_step(operation, attempt, state, live, me),
            Self::RunPaused => perform::run_paused_steps(state, live, me),
            Self::BreakOff { operation } => live.break_off(&operation),
            Self::StartInvoked { operation } => invocation::start(&operation, state, live, me),
            Self::Settle { owed } => invocation::settle(owed, state, live, me),
            Self::Answer { request, answer } => me.behavior().answers.answer(request, answer),
            Self::BeginRun { run } => me.tell(super::Command::BeginRun { run }),
        }
    }
}
