//! What an entity is made of: pure decisions over a state, and the effects that follow from it.

use duramen_storage::{ExecutionId, Kind, RecordKind, Status};

use crate::{Address, Error, Turn};

/// What one kind of entity does. The engine owns the log, the order and the restarts; a behaviour owns the meaning.
///
/// [`decide`](Self::decide), [`apply`](Self::apply), [`due`](Self::due), [`pending`](Self::pending) and
/// [`effect`](Self::effect) are pure: no clock, no randomness, no I/O. Time and entropy come in with the command, as a
/// [`Moment`]. Replaying the same events therefore always gives the same state.
///
/// One turn of an entity takes all commands that wait, decides and applies them one after another, lets the behaviour
/// [`advance`](Self::advance), and hands the events to the log as one batch. Only when that batch is durable are
/// replies sent and effects performed.
pub trait Behavior: Send + Sync + Sized + 'static {
    /// What the events add up to.
    type State: Send + 'static;
    /// What an entity has in memory beside its state and loses when it leaves: a future, handles of running tasks.
    type Live: Send + 'static;
    /// What an entity is asked to do.
    type Command: Send + 'static;
    /// What has happened.
    type Event: bincode::Encode + bincode::Decode<()> + Send + Sync + 'static;
    /// What a command is answered with.
    type Reply: Send + 'static;
    /// Something to be done outside, once the events that say so are durable. It may be done twice.
    type Effect: Send + 'static;

    /// The number under which executions with this behaviour are listed.
    const KIND: Kind;

    /// The number of the schema in which turns are written: give a new one when the encoding of an event changes, and
    /// read the old one in [`upcast`](Self::upcast).
    const RECORD: RecordKind;

    /// The state before any event.
    fn initial(&self, execution: ExecutionId) -> Self::State;

    /// What the entity has in memory when it comes in.
    fn animate(&self, me: &Address<Self>) -> Self::Live;

    /// Which events follow from a command, and what it is answered with.
    fn decide(&self, state: &Self::State, command: Self::Command, at: Moment) -> Decision<Self>;

    /// What an event makes of the state. `at_ms` is when it happened, in ms since the Unix epoch.
    fn apply(&self, state: &mut Self::State, event: &Self::Event, at_ms: u64);

    /// Where the entity stands.
    fn standing(&self, state: &Self::State) -> Standing;

    /// What the entity is listed as. Asked for after the first turn, and must not change later.
    fn label(&self, state: &Self::State) -> Label;

    /// The events of everything that is due at `now_ms`, in ms since the Unix epoch.
    fn due(&self, state: &Self::State, now_ms: u64) -> Vec<Self::Event> {
        let _ = (state, now_ms);
        Vec::new()
    }

    /// Which further events follow in this turn: `state` has the events in `given` applied already.
    ///
    /// Called exactly once for each turn that is recorded as polled, live. In replay, [`replay`](Self::replay) is called
    /// in its stead.
    ///
    /// # Errors
    /// A fault pauses the entity: what was given is recorded, nothing is retried until it is resumed.
    fn advance(
        &self,
        state: &Self::State,
        live: &mut Self::Live,
        given: &[Self::Event],
        at: Moment,
    ) -> Result<Vec<Self::Event>, Fault> {
        let _ = (state, live, given, at);
        Ok(Vec::new())
    }

    /// Brings `live` to where it stood after a recorded turn. `state` is the state after all turns.
    ///
    /// # Errors
    /// A fault pauses the entity: what was recorded cannot be brought about again.
    fn replay(&self, state: &Self::State, live: &mut Self::Live, turn: &Turn<Self::Event>) -> Result<(), Fault> {
        let _ = (state, live, turn);
        Ok(())
    }

    /// The effect that an event of this turn calls for; `state` is the state at the end of the turn.
    fn effect(&self, state: &Self::State, event: &Self::Event) -> Option<Self::Effect> {
        let _ = (state, event);
        None
    }

    /// All effects that are owed in this state: what recovery performs.
    fn pending(&self, state: &Self::State) -> Vec<Self::Effect> {
        let _ = state;
        Vec::new()
    }

    /// Performs an effect. Called on the entity's task: whatever takes time belongs into a task of its own, which
    /// answers with [`Address::tell`].
    ///
    /// Take the [mark](Address::work) here, before the task begins, and drop it after the answer was told: a drain waits
    /// for that. Not called while the system drains or after the log has failed; what is owed is performed after the
    /// next opening.
    fn perform(&self, effect: Self::Effect, state: &Self::State, live: &mut Self::Live, me: &Address<Self>) {
        let _ = (effect, state, live, me);
    }

    /// Whether a paused entity takes this command; all others are answered with [`Error::Paused`](crate::Error::Paused).
    fn accepts_while_paused(&self, command: &Self::Command) -> bool {
        let _ = command;
        false
    }

    /// About how many bytes the events of this command will have. A turn takes commands until they reach a few MiB, so
    /// that no record grows without bound.
    fn weight(&self, command: &Self::Command) -> usize {
        let _ = command;
        0
    }

    /// No entity goes on any more: the log has failed, or the system ends. Called once.
    fn ended(&self, reason: &Error) {
        let _ = reason;
    }

    /// The entity has left memory with this state, which is durable: asleep, closed or paused. Not called for one that
    /// was quarantined after failures, of whose state nothing is known, nor when the system ends.
    fn departed(&self, execution: ExecutionId, state: &Self::State) {
        let _ = (execution, state);
    }

    /// Reads a turn that was written in an older schema.
    ///
    /// # Errors
    /// A text that says why the schema is not known here.
    fn upcast(&self, kind: RecordKind, body: &[u8]) -> Result<Turn<Self::Event>, String> {
        let _ = body;
        Err(format!("its schema {} is not known to this program, which writes schema {}", kind.0, Self::RECORD.0))
    }

    /// The state as bytes, when recovery may begin from it; asked for after every [`SNAPSHOT_EVERY`](Self::SNAPSHOT_EVERY)
    /// turns. [`replay`](Self::replay) then sees only the turns behind the snapshot, so that this is for behaviours whose
    /// live part needs no earlier ones. It must stay within the log's limit for a record, else the turn is refused.
    fn snapshot(&self, state: &Self::State) -> Option<Vec<u8>> {
        let _ = state;
        None
    }

    /// The state of a snapshot.
    ///
    /// # Errors
    /// A text that says why it cannot be read; the entity then recovers from its events.
    fn restore(&self, execution: ExecutionId, body: &[u8]) -> Result<Self::State, String> {
        let _ = (execution, body);
        Err("this behaviour keeps no snapshots".to_owned())
    }

    /// After how many turns a snapshot is taken; 0 for never.
    const SNAPSHOT_EVERY: u64 = 0;
}

/// When a command is decided, and the randomness it may use: the only ways for either to reach pure code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// ms since the Unix epoch.
    pub now_ms: u64,
    /// 64 random bits.
    pub entropy: u64,
}

/// What follows from a command.
#[derive(Debug)]
pub struct Decision<B: Behavior> {
    /// What has happened; may be empty.
    pub events: Vec<B::Event>,
    /// What the command is answered with, once the events are durable.
    pub reply: B::Reply,
    /// Why the entity cannot go on, if it cannot: it is paused.
    pub fault: Option<Fault>,
}

impl<B: Behavior> Decision<B> {
    /// Nothing happens; only an answer is given.
    pub fn reply(reply: B::Reply) -> Self {
        Self { events: Vec::new(), reply, fault: None }
    }

    /// One event happens.
    pub fn event(event: B::Event, reply: B::Reply) -> Self {
        Self { events: vec![event], reply, fault: None }
    }

    /// The entity cannot go on.
    pub fn fault(fault: Fault, reply: B::Reply) -> Self {
        Self { events: Vec::new(), reply, fault: Some(fault) }
    }
}

/// Where an entity stands, so that the engine knows whether it may leave memory and when it must be back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The status; [`Status::Paused`] is the engine's to give.
    pub status: Status,
    /// Whether effects are owed: such an entity stays in memory.
    pub busy: bool,
    /// When the next thing is [`due`](Behavior::due), in ms since the Unix epoch. From then on `due` must give at least
    /// one event, and what that leads to must be due later or not at all.
    pub wake_ms: Option<u64>,
}

impl Standing {
    /// It goes on, and owes nothing: it waits for a command.
    #[must_use]
    pub fn waiting() -> Self {
        Self { status: Status::Running, busy: false, wake_ms: None }
    }

    /// It has ended.
    #[must_use]
    pub fn closed(status: Status) -> Self {
        Self { status, busy: false, wake_ms: None }
    }
}

/// What an entity is listed as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The workflow, the state machine, the kind of entity.
    pub definition: String,
    /// Its name, unique among entities of that definition.
    pub name: String,
}

/// Why an entity cannot go on until somebody does something about it; a text for that person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Fault {
    reason: String,
}

impl Fault {
    /// A fault with this reason: what happened, where, and what to do.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }

    /// The reason.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}
