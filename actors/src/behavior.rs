//! What an entity is made of: pure decisions over a state, and the effects that follow from it.

use std::ops::RangeInclusive;

use duramen_storage::{ExecutionId, Kind, RecordKind};

use crate::{Address, Decision, Error, Fault, Label, Moment, Standing, Turn};

/// What one kind of entity does. The engine owns the log, the order and the restarts; a behaviour owns the meaning.
///
/// [`decide`](Self::decide), [`apply`](Self::apply), [`due`](Self::due), [`pending`](Self::pending) and
/// [`effect`](Self::effect) are pure: no clock, no randomness, no I/O. Time and entropy come in with the command, as a
/// [`Moment`]. Replaying the same events therefore always gives the same state.
///
/// One turn of an entity takes all commands that wait, decides and applies them one after another, lets the behaviour
/// [`advance`](Self::advance), and hands the events to the log as one batch. Only when that batch is durable are
/// replies sent and effects performed.
///
/// # Two kinds of pauses
/// The engine pauses an entity by a [`Fault`], or when it keeps failing: it then does nothing but take the commands that
/// [`accepts_while_paused`](Self::accepts_while_paused) admits, until it is resumed. A behaviour pauses itself when its
/// [`standing`](Self::standing) says [`Status::Paused`](duramen_storage::Status::Paused): the engine lists it so and else
/// treats it as one that runs. If a fault hits such an entity, the reason takes the place of the note, and the entity is
/// tried again whenever it comes in.
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

    /// What entities with this behaviour are called in the label `behavior` of [what is counted](crate::meters).
    const NAME: &'static str = "entity";

    /// The state before any event.
    fn initial(&self, execution: ExecutionId) -> Self::State;

    /// What the entity has in memory when it comes in.
    fn animate(&self, me: &Address<Self>) -> Self::Live;

    /// Which events follow from a command, and what it is answered with.
    fn decide(&self, state: &Self::State, command: Self::Command, at: Moment) -> Decision<Self>;

    /// What an event makes of the state. `at_ms` is when it happened, in ms since the Unix epoch.
    fn apply(&self, state: &mut Self::State, event: &Self::Event, at_ms: u64);

    /// Called once for each recorded turn when all of its events have been applied, live as in recovery, so that a state
    /// may count its records. Turns that write no record do not count. As pure as [`apply`](Self::apply).
    fn turned(&self, state: &mut Self::State, turn: &Turn<Self::Event>) {
        let _ = (state, turn);
    }

    /// Where the entity stands.
    fn standing(&self, state: &Self::State) -> Standing;

    /// Whether the entity lights its beacon when it goes to sleep: it waits for somebody who does not know of it, and is found by
    /// [`System::beacons`](crate::System::beacons) without being awake. It costs one key while it sleeps.
    fn beacon(&self, state: &Self::State) -> bool {
        let _ = state;
        false
    }

    /// What the entity is listed as. Asked for after the first turn, and must not change later.
    fn label(&self, state: &Self::State) -> Label;

    /// What a person is told about an entity whose [`standing`](Self::standing) says that it is paused; asked for only
    /// then. The row of the listing follows every change of it. The log keeps the first 2 KiB.
    fn note(&self, state: &Self::State) -> Option<String> {
        let _ = state;
        None
    }

    /// Under which name the record of the turn that has this event is [marked](duramen_storage::Batch::mark): at most
    /// 1 KiB, else the turn is refused. Events of one turn with the same name mark it once.
    fn marks(&self, event: &Self::Event) -> Option<String> {
        let _ = event;
        None
    }

    /// The events of everything that is due at `now_ms`, in ms since the Unix epoch.
    fn due(&self, state: &Self::State, now_ms: u64) -> Vec<Self::Event> {
        let _ = (state, now_ms);
        Vec::new()
    }

    /// Which further events follow in this turn: `state` has the events in `given` applied already.
    ///
    /// Called exactly once for each turn that is recorded as polled, live. Also while the entity has paused itself, and
    /// after it has ended as long as it owes effects: what is then to be done is for the state to say. In replay, [`replay`](Self::replay) is called
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

    /// [Advances](Self::advance), and applies to `state` what follows: for a behaviour that applies its events as it decides
    /// them, and so needs no copy of the state. Called in place of `advance` by the word of [`PROCEEDS`](Self::PROCEEDS). The
    /// state must be what applying the events to it makes.
    ///
    /// # Errors
    /// As [`advance`](Self::advance), with `state` as it was.
    fn proceed(
        &self,
        state: &mut Self::State,
        live: &mut Self::Live,
        given: &[Self::Event],
        at: Moment,
    ) -> Result<Vec<Self::Event>, Fault> {
        let asked = self.advance(state, live, given, at)?;
        for event in &asked {
            self.apply(state, event, at.now_ms);
        }
        Ok(asked)
    }

    /// Whether [`proceed`](Self::proceed) is called. Of the state nothing is known when that panics, so that
    /// nothing of the turn is recorded, not even what was given: effects that were answered in it are performed again.
    const PROCEEDS: bool = false;

    /// Whether the live part of an entity in this state is brought to where it stood when it comes in from the log. If
    /// not, it is [animated](Self::animate) and nothing is replayed; what is [`pending`](Self::pending) is performed all
    /// the same. For a state that has ended and still owes effects, in which [`advance`](Self::advance) must add nothing.
    ///
    /// A turn that brings a paused entity into such a state ends the pause: there is nothing left that could not go on.
    fn revives(&self, state: &Self::State) -> bool {
        let _ = state;
        true
    }

    /// Shows all turns that are about to be replayed, in order, before the first call of [`replay`](Self::replay).
    /// `state` is the state after all turns.
    fn foresee(&self, state: &Self::State, live: &mut Self::Live, turns: &[Turn<Self::Event>]) {
        let _ = (state, live, turns);
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

    /// All effects that are owed in this state: what recovery performs, and a turn that makes up for an advance that was
    /// missed, behind which some may be under way already.
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

    /// Whether an entity that the engine has paused takes this command; all others are answered with
    /// [`Error::Paused`](crate::Error::Paused). What follows from it is recorded and answered, and the entity advances
    /// from it when it is resumed.
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

    /// What the entity last wrote is durable; `state` is what it has come to. Called each time, before replies are sent.
    fn recorded(&self, execution: ExecutionId, state: &Self::State) {
        let _ = (execution, state);
    }

    /// A turn is durable, and `state` is what it has come to: for those who count what happens. Called once for each turn
    /// that was recorded, before replies are sent, and not for those that are read from the log.
    fn happened(&self, execution: ExecutionId, state: &Self::State, turn: &Turn<Self::Event>) {
        let _ = (execution, state, turn);
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

    /// After how many turns a snapshot is taken, by the default of [`snapshot_due`](Self::snapshot_due); 0 for never.
    const SNAPSHOT_EVERY: u64 = 0;

    /// Whether snapshots are taken at all. If not, recovery does not look for one.
    const SNAPSHOTS: bool = Self::SNAPSHOT_EVERY > 0;

    /// Whether it is time for a snapshot, when `turns` turns have been recorded since the last one, this one included.
    /// Not asked after a turn that was not polled: recovery finds that out from the last record, which it would not read.
    fn snapshot_due(&self, state: &Self::State, turns: u64) -> bool {
        let _ = state;
        Self::SNAPSHOT_EVERY > 0 && turns >= Self::SNAPSHOT_EVERY
    }

    /// The state as bytes, from which recovery may begin; asked for when one is [due](Self::snapshot_due). With `None`
    /// nothing is written, and the turns are counted anew. It must stay within the log's limit for a record, else the
    /// turn is refused.
    ///
    /// [`replay`](Self::replay) then sees the turns behind the snapshot, and of the others those that
    /// [`replayed`](Self::replayed) asks for.
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

    /// Which records up to the snapshot [`replay`](Self::replay) must still be given, though they are in its state: their
    /// versions, in ascending ranges that do not overlap. `state` is the one of the snapshot. The records in between are
    /// not read.
    fn replayed(&self, state: &Self::State) -> Vec<RangeInclusive<u64>> {
        let _ = state;
        Vec::new()
    }
}
