//! The behaviour of an execution of a durable function.
//!
//! Its state is what is under way: the steps that run or will be tried again, the waits. Its live part is the future of
//! the workflow, polled once for each turn that brought something, in replay as when it happened.

mod command;
#[cfg(test)]
mod golden;
mod live;
mod perform;
mod replay;
mod state;

use std::sync::Arc;

use duramen_actors::{Address, Behavior, Decision, Error as ActorError, Fault, Label, Moment, Standing, Turn};
use duramen_storage::{ExecutionId, Kind, RecordKind};

pub(crate) use command::{Command, Reply};
pub(crate) use live::Live;
pub(crate) use state::{Outcome, State};

use crate::Event;
use crate::registry::Registry;
use crate::waiters::Waiters;
use perform::RunStep;

/// What all executions of a runtime have in common.
pub(crate) struct Execution {
    pub(crate) registry: Registry,
    pub(crate) waiters: Arc<Waiters>,
    /// The largest payload, in bytes.
    pub(crate) max_payload: usize,
}

/// The number under which durable functions are listed.
pub(crate) const KIND: Kind = Kind(1);

impl Behavior for Execution {
    type State = State;
    type Live = Live;
    type Command = Command;
    type Event = Event;
    type Reply = Reply;
    type Effect = RunStep;

    const KIND: Kind = KIND;
    const RECORD: RecordKind = RecordKind(1);

    fn initial(&self, _: ExecutionId) -> State {
        State::default()
    }

    fn animate(&self, me: &Address<Self>) -> Live {
        Live::new(me)
    }

    fn decide(&self, state: &State, command: Command, at: Moment) -> Decision<Self> {
        command.decide(state, at)
    }

    fn apply(&self, state: &mut State, event: &Event, _at_ms: u64) {
        state.apply(event);
    }

    fn standing(&self, state: &State) -> Standing {
        state.standing()
    }

    fn label(&self, state: &State) -> Label {
        state.label()
    }

    fn due(&self, state: &State, now_ms: u64) -> Vec<Event> {
        state.due(now_ms)
    }

    fn advance(&self, state: &State, live: &mut Live, given: &[Event], at: Moment) -> Result<Vec<Event>, Fault> {
        if state.outcome().is_some() {
            return Ok(Vec::new());
        }
        live.advance(&self.registry, given, at.now_ms)
    }

    fn replay(&self, state: &State, live: &mut Live, turn: &Turn<Event>) -> Result<(), Fault> {
        live.replay(&self.registry, state, turn)
    }

    fn effect(&self, state: &State, event: &Event) -> Option<RunStep> {
        match event {
            Event::StepStarted { operation, attempt, .. } if state.runs(operation, *attempt) => {
                Some(RunStep { operation: operation.clone(), attempt: *attempt })
            }
            _ => None,
        }
    }

    fn pending(&self, state: &State) -> Vec<RunStep> {
        state.running().map(|(operation, attempt)| RunStep { operation: operation.clone(), attempt }).collect()
    }

    fn perform(&self, effect: RunStep, state: &State, live: &mut Live, me: &Address<Self>) {
        perform::run_step(effect, state, live, me);
    }

    fn accepts_while_paused(&self, command: &Command) -> bool {
        matches!(command, Command::Stop { .. })
    }

    fn weight(&self, command: &Command) -> usize {
        command.weight()
    }

    fn departed(&self, execution: ExecutionId, state: &State) {
        if let Some(outcome) = state.outcome() {
            self.waiters.tell(execution, outcome);
        }
    }

    fn ended(&self, reason: &ActorError) {
        self.waiters.dismiss(reason);
    }
}
