//! The behaviour of an execution of a durable function.
//!
//! Its state is what is under way: the steps that run or will be tried again, the waits, callbacks and invocations, what
//! was sent to it. Its live part is the future of the workflow, polled once for each turn that brought something, in
//! replay as when it happened.

mod command;
pub(crate) mod dry;
mod effect;
#[cfg(test)]
mod golden;
mod invocation;
pub(crate) mod layout;
mod live;
mod mismatch;
mod perform;
mod replay;
mod state;
mod telling;

use std::ops::RangeInclusive;
use std::sync::Arc;

use duramen_actors::{Address, Behavior, Decision, Error as ActorError, Fault, Label, Moment, Standing, Turn};
use duramen_storage::{ExecutionId, Kind, RecordKind};

pub(crate) use command::{CallbackNews, Command, Reply};
pub(crate) use effect::Effect;
pub(crate) use invocation::{begin_of, cancel, start_with, tell};
pub(crate) use live::Live;
pub use state::Outcome;
pub(crate) use state::{State, read_note};

use crate::Event;
use crate::answers::Answers;
use crate::event::schema_1;
use crate::limits::Limits;
use crate::meters::Meters;
use crate::others::Others;
use crate::registry::Registry;
use crate::rehearsal::Rehearsal;
use crate::waiters::Waiters;
use crate::watchers::Watchers;

/// What all executions of a runtime have in common.
pub(crate) struct Execution {
    pub(crate) registry: Registry,
    pub(crate) waiters: Waiters,
    pub(crate) answers: Answers,
    pub(crate) watchers: Watchers,
    pub(crate) limits: Limits,
    pub(crate) meters: Meters,
    pub(crate) rehearsal: Rehearsal,
    /// Executions of another kind on the same log.
    pub(crate) others: Option<Arc<dyn Others>>,
}

/// The number under which durable functions are listed.
pub(crate) const KIND: Kind = Kind(1);

/// Bytes that a state may have in a snapshot: far below what the log takes as one record.
const LARGEST_SNAPSHOT: usize = 4 << 20;

const SCHEMA_1: RecordKind = RecordKind(1);

impl Execution {
    pub(crate) fn new(registry: Registry, limits: Limits) -> Self {
        let (waiters, answers, watchers) = (Waiters::default(), Answers::default(), Watchers::default());
        let meters = Meters::register(&registry.names());
        let rehearsal = Rehearsal::default();
        Self { registry, waiters, answers, watchers, limits, meters, rehearsal, others: None }
    }
}

impl Behavior for Execution {
    type State = State;
    type Live = Live;
    type Command = Command;
    type Event = Event;
    type Reply = Reply;
    type Effect = Effect;

    const KIND: Kind = KIND;
    const RECORD: RecordKind = RecordKind(2);
    const SNAPSHOTS: bool = true;
    const NAME: &'static str = "durable_function";

    fn initial(&self, _: ExecutionId) -> State {
        State::default()
    }

    fn animate(&self, me: &Address<Self>) -> Live {
        let alarmed = me.clone();
        Live::new(me.execution(), self.limits, self.rehearsal.clone(), move |after| {
            alarmed.tell(Command::ForeignWake { after });
        })
    }

    fn decide(&self, state: &State, command: Command, at: Moment) -> Decision<Self> {
        command.decide(state, at)
    }

    fn apply(&self, state: &mut State, event: &Event, at_ms: u64) {
        state.apply(event, at_ms);
    }

    fn turned(&self, state: &mut State, turn: &Turn<Event>) {
        state.turned(turn);
    }

    fn standing(&self, state: &State) -> Standing {
        state.standing()
    }

    fn note(&self, state: &State) -> Option<String> {
        state.note()
    }

    fn label(&self, state: &State) -> Label {
        state.label()
    }

    fn marks(&self, event: &Event) -> Option<String> {
        match event {
            Event::Published { name, .. } => Some(name.clone()),
            _ => None,
        }
    }

    fn due(&self, state: &State, now_ms: u64) -> Vec<Event> {
        state.due(now_ms)
    }

    fn advance(&self, state: &State, live: &mut Live, given: &[Event], at: Moment) -> Result<Vec<Event>, Fault> {
        if state.outcome().is_some() {
            return Ok(Vec::new());
        }
        live.advance(&self.registry, state, given, at.now_ms)
    }

    fn revives(&self, state: &State) -> bool {
        state.outcome().is_none()
    }

    fn foresee(&self, state: &State, live: &mut Live, turns: &[Turn<Event>]) {
        live.foresee(state, turns);
    }

    fn replay(&self, state: &State, live: &mut Live, turn: &Turn<Event>) -> Result<(), Fault> {
        live.replay(&self.registry, turn).inspect_err(|_| self.meters.of(state.workflow()).mismatches.increment(1))
    }

    fn effect(&self, state: &State, event: &Event) -> Option<Effect> {
        Effect::of(event, state)
    }

    fn pending(&self, state: &State) -> Vec<Effect> {
        Effect::pending(state)
    }

    fn perform(&self, effect: Effect, state: &State, live: &mut Live, me: &Address<Self>) {
        effect.perform(state, live, me);
    }

    fn accepts_while_paused(&self, command: &Command) -> bool {
        !matches!(command, Command::ForeignWake { .. } | Command::Update { .. } | Command::Pause { .. })
    }

    fn weight(&self, command: &Command) -> usize {
        command.weight()
    }

    fn recorded(&self, execution: ExecutionId, _: &State) {
        self.watchers.tell(execution);
    }

    fn happened(&self, execution: ExecutionId, state: &State, turn: &Turn<Event>) {
        self.meters.of(state.workflow()).count(turn.events());
        telling::tell(execution, state.workflow(), turn);
    }

    fn departed(&self, execution: ExecutionId, state: &State) {
        if let Some(outcome) = state.outcome() {
            self.waiters.tell(execution, outcome);
            self.answers.closed(execution);
        }
    }

    fn ended(&self, reason: &ActorError) {
        self.waiters.dismiss(reason);
        self.answers.dismiss(reason);
        self.watchers.dismiss();
    }

    fn upcast(&self, kind: RecordKind, body: &[u8]) -> Result<Turn<Event>, String> {
        if kind != SCHEMA_1 {
            let newest = Self::RECORD.0;
            return Err(format!("its schema {} is not known to this program, which writes schema {newest}", kind.0));
        }
        let turn: Turn<schema_1::Event> = layout::decode(body)?;
        let now = |events: Vec<schema_1::Event>| events.into_iter().map(Event::from).collect();
        Ok(Turn { at_ms: turn.at_ms, given: now(turn.given), asked: now(turn.asked), polled: turn.polled })
    }

    fn snapshot_due(&self, state: &State, turns: u64) -> bool {
        state.is_worth_a_snapshot(turns)
    }

    fn snapshot(&self, state: &State) -> Option<Vec<u8>> {
        state.to_snapshot(LARGEST_SNAPSHOT)
    }

    fn restore(&self, _: ExecutionId, body: &[u8]) -> Result<State, String> {
        State::of_snapshot(body)
    }

    fn replayed(&self, state: &State) -> Vec<RangeInclusive<u64>> {
        state.turns_needed()
    }
}
