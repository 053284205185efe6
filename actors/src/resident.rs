//! An entity in memory: its state, and the turn it takes.
//!
//! A turn applies events to the state before they are durable, so the state is tentative while a batch is under way.
//! Nothing of it is shown until the batch is acknowledged; if it is refused, the state is thrown away with the actor.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use duramen_storage::{Batch, Error as LogError, Name, Place, Snapshot, Status, Summary, Version};
use ractor::{ActorProcessingErr, ActorRef};

use crate::entity::{Arrival, Coming, Signal};
use crate::passivation::sleeps;
use crate::shared::Shared;
use crate::slot::{Input, ReplyTo, Slot};
use crate::{Address, Behavior, Error, Fault, Moment, Turn, turn};

pub(crate) struct Resident<B: Behavior> {
    pub(crate) shared: Arc<Shared<B>>,
    pub(crate) slot: Arc<Slot<B>>,
    pub(crate) me: Address<B>,
    pub(crate) how: Coming,
    pub(crate) state: B::State,
    /// Absent while the entity is paused or closed.
    pub(crate) live: Option<B::Live>,
    pub(crate) version: Version,
    /// Where its summary is filed.
    pub(crate) filed: Option<Place>,
    /// The timer it has in the log.
    pub(crate) logged_timer_ms: Option<u64>,
    /// The timer it has in memory.
    pub(crate) armed_ms: Option<u64>,
    /// Why it is paused.
    pub(crate) paused: Option<String>,
    /// A turn was recorded after which the behaviour has not advanced yet.
    pub(crate) unpolled: bool,
    pub(crate) since_snapshot: u64,
    under_way: Option<UnderWay<B>>,
    /// It was told to go on although it is paused.
    resume: Option<ReplyTo<()>>,
    left: bool,
}

/// What waits for the batch under way.
struct UnderWay<B: Behavior> {
    replies: Vec<(ReplyTo<B::Reply>, B::Reply)>,
    effects: Vec<B::Effect>,
    filed: Option<Place>,
    logged_timer_ms: Option<u64>,
    then: Then,
}

/// What becomes of the entity after its batch.
enum Then {
    GoOn,
    Pause(String),
    Fail(String),
}

impl<B: Behavior> Resident<B> {
    pub(crate) fn new(shared: Arc<Shared<B>>, arrival: Arrival<B>) -> Self {
        let Arrival { slot, how } = arrival;
        let me = Address { shared: Arc::clone(&shared), execution: slot.execution };
        let state = shared.behavior.initial(slot.execution);
        Self {
            shared,
            slot,
            me,
            how,
            state,
            live: None,
            version: Version::NONE,
            filed: None,
            logged_timer_ms: None,
            armed_ms: None,
            paused: None,
            unpolled: false,
            since_snapshot: 0,
            under_way: None,
            resume: None,
            left: false,
        }
    }

    /// Takes turns until there is nothing to do or a batch is under way.
    pub(crate) async fn go_on(&mut self, myself: &ActorRef<Signal>) -> Result<(), ActorProcessingErr> {
        while self.under_way.is_none() && !self.left {
            let inputs = self.slot.take(myself, &self.shared.behavior);
            if inputs.is_empty() && !self.owes_turn() {
                if self.may_leave() && self.shared.directory.leave(&self.slot) {
                    self.leave(myself);
                }
                return Ok(());
            }
            self.take_turn(inputs, myself)?;
            if let Some(reply_to) = self.resume.take() {
                self.how = Coming::Resumed;
                self.recover().await?;
                reply_to.send(Ok(()));
            }
        }
        Ok(())
    }

    /// Whether something must be recorded without anybody asking for it: an advance that was missed, a pause.
    fn owes_turn(&self) -> bool {
        match &self.paused {
            Some(_) => self.filed.is_some_and(|place| place.status == Status::Running),
            None => self.unpolled && self.live.is_some(),
        }
    }

    fn may_leave(&self) -> bool {
        self.filed.is_none_or(|place| place.status != Status::Running || !place.awake)
    }

    fn leave(&mut self, myself: &ActorRef<Signal>) {
        self.left = true;
        self.live = None;
        if let Some(due_ms) = self.logged_timer_ms {
            self.shared.timers.remember(due_ms, self.slot.execution);
        }
        self.shared.behavior.departed(self.slot.execution, &self.state);
        myself.stop(None);
    }

    fn take_turn(&mut self, inputs: VecDeque<Input<B>>, myself: &ActorRef<Signal>) -> Result<(), ActorProcessingErr> {
        let at = Moment { now_ms: self.shared.clock.now_ms(), entropy: fastrand::u64(..) };
        let (given, replies, told_to_sleep) = self.decide(inputs, at);
        let (asked, then) = self.advance(&given, at);
        let polled = matches!(then, Then::GoOn) && self.live.is_some();
        let turn = Turn { at_ms: at.now_ms, given, asked, polled };
        let happened = turn.events().next().is_some();
        self.unpolled = self.paused.is_none() && !polled && (self.unpolled || happened);

        let effects: Vec<_> =
            turn.events().filter_map(|event| self.shared.behavior.effect(&self.state, event)).collect();
        let (batch, filed, logged_timer_ms) = self.batch(&turn, happened, told_to_sleep, &then)?;
        self.slot.touched_ms.store(at.now_ms, Ordering::Relaxed);
        let under_way = UnderWay { replies, effects, filed, logged_timer_ms, then };
        if batch.is_empty() {
            return self.conclude(under_way);
        }
        self.under_way = Some(under_way);
        let actor = myself.clone();
        self.shared.log.submit(
            batch,
            Box::new(move |outcome| {
                // An actor that has ended meanwhile is followed by one that reads the log.
                let _ = actor.send_message(Signal::Committed(outcome));
            }),
        );
        Ok(())
    }

    /// Decides and applies what is due and what was asked.
    #[expect(clippy::type_complexity, reason = "three parts of one turn, taken apart at once by the only caller")]
    fn decide(
        &mut self,
        inputs: VecDeque<Input<B>>,
        at: Moment,
    ) -> (Vec<B::Event>, Vec<(ReplyTo<B::Reply>, B::Reply)>, bool) {
        let behavior = &self.shared.behavior;
        let mut given = Vec::new();
        let mut replies = Vec::new();
        let mut told_to_sleep = false;
        let mut fault = None;
        if self.paused.is_none() {
            given = behavior.due(&self.state, at.now_ms);
            for event in &given {
                behavior.apply(&mut self.state, event, at.now_ms);
            }
        }
        for input in inputs {
            match input {
                Input::Command(command, reply_to) => {
                    if let Some(reason) = &self.paused
                        && !behavior.accepts_while_paused(&command)
                    {
                        if let Some(reply_to) = reply_to {
                            let (execution, reason) = (self.slot.execution, reason.clone());
                            reply_to.send(Err(Error::Paused { execution, reason }));
                        }
                        continue;
                    }
                    let decision = behavior.decide(&self.state, command, at);
                    for event in decision.events {
                        behavior.apply(&mut self.state, &event, at.now_ms);
                        given.push(event);
                    }
                    fault = fault.or(decision.fault);
                    replies.extend(reply_to.map(|reply_to| (reply_to, decision.reply)));
                }
                Input::Wake => {}
                Input::Sleep => told_to_sleep = true,
                Input::Resume(reply_to) if self.paused.is_some() => self.resume = Some(reply_to),
                Input::Resume(reply_to) => reply_to.send(Ok(())),
            }
        }
        if let Some(fault) = fault {
            self.pause(&fault);
        }
        (given, replies, told_to_sleep)
    }

    /// Lets the behaviour go on from what was given. A panic or a fault must not lose it: it is recorded all the same.
    fn advance(&mut self, given: &[B::Event], at: Moment) -> (Vec<B::Event>, Then) {
        if let Some(reason) = &self.paused {
            return (Vec::new(), Then::Pause(reason.clone()));
        }
        let Some(live) = &mut self.live else { return (Vec::new(), Then::GoOn) };
        if given.is_empty() && !self.unpolled {
            return (Vec::new(), Then::GoOn);
        }
        let behavior = &self.shared.behavior;
        match catch_unwind(AssertUnwindSafe(|| behavior.advance(&self.state, live, given, at))) {
            Ok(Ok(asked)) => {
                for event in &asked {
                    behavior.apply(&mut self.state, event, at.now_ms);
                }
                (asked, Then::GoOn)
            }
            Ok(Err(fault)) => {
                self.pause(&fault);
                (Vec::new(), Then::Pause(fault.reason().to_owned()))
            }
            Err(panic) => {
                self.live = None;
                (Vec::new(), Then::Fail(panic_text(panic.as_ref())))
            }
        }
    }

    /// Takes the entity out of its course. Its next turn records that.
    pub(crate) fn pause(&mut self, fault: &Fault) {
        tracing::error!(execution = %self.slot.execution, reason = fault.reason(), "an execution is paused: mend the cause, then resume it");
        self.live = None;
        self.paused = Some(fault.reason().to_owned());
    }

    /// The batch of a turn, and where the summary and the timer of the entity are once it is durable.
    fn batch(
        &mut self,
        turn: &Turn<B::Event>,
        happened: bool,
        told_to_sleep: bool,
        then: &Then,
    ) -> Result<(Batch, Option<Place>, Option<u64>), ActorProcessingErr> {
        let behavior = &self.shared.behavior;
        let mut batch = Batch::new(self.slot.execution, self.version);
        if happened {
            batch = batch.record(B::RECORD, turn::encode(turn)?);
        }
        if self.version == Version::NONE && !happened {
            return Ok((batch, None, None));
        }
        let standing = behavior.standing(&self.state);
        self.slot.busy.store(standing.busy || self.unpolled, Ordering::Relaxed);
        let paused = match then {
            Then::Pause(reason) if !standing.status.is_closed() => Some(reason.clone()),
            _ => None,
        };
        let place = match self.filed {
            _ if standing.status.is_closed() => Place { status: standing.status, awake: false },
            _ if paused.is_some() => Place { status: Status::Paused, awake: false },
            Some(place) if !happened && !told_to_sleep && place.status == Status::Running => place,
            _ => {
                let idle_ms = self.shared.options.idle_ms();
                let asleep = !self.unpolled && sleeps(&standing, turn.at_ms, idle_ms, told_to_sleep);
                Place { status: Status::Running, awake: !asleep }
            }
        };
        if self.filed != Some(place) {
            let label = behavior.label(&self.state);
            if self.filed.is_none() {
                let (definition, name) = (label.definition.clone(), label.name.clone());
                batch = batch.claim(Name { kind: B::KIND, definition, name });
            }
            let closed_ms = place.status.is_closed().then_some(turn.at_ms);
            let summary = Summary {
                execution: self.slot.execution,
                kind: B::KIND,
                definition: label.definition,
                name: label.name,
                status: place.status,
                awake: place.awake,
                started_ms: self.slot.execution.started_ms(),
                closed_ms,
                note: paused,
            };
            batch = batch.summary(self.filed, summary);
        }
        let asleep = place.status == Status::Running && !place.awake;
        let timer_ms = if asleep { standing.wake_ms } else { None };
        if timer_ms != self.logged_timer_ms {
            if let Some(due_ms) = self.logged_timer_ms {
                batch = batch.clear_timer(due_ms);
            }
            if let Some(due_ms) = timer_ms {
                batch = batch.set_timer(due_ms);
            }
        }
        if happened && B::SNAPSHOT_EVERY > 0 {
            self.since_snapshot += 1;
            if self.since_snapshot >= B::SNAPSHOT_EVERY
                && let Some(body) = behavior.snapshot(&self.state)
            {
                self.since_snapshot = 0;
                batch = batch.snapshot(Snapshot { version: self.version.plus(1), kind: B::RECORD, body });
            }
        }
        Ok((batch, Some(place), timer_ms))
    }

    /// The batch under way is durable or was refused.
    pub(crate) fn committed(
        &mut self,
        outcome: Result<Version, LogError>,
        myself: &ActorRef<Signal>,
    ) -> Result<(), ActorProcessingErr> {
        let Some(under_way) = self.under_way.take() else { return Ok(()) };
        match outcome {
            Ok(version) => {
                self.version = version;
                self.conclude(under_way)
            }
            Err(error) => self.refused(under_way, error, myself),
        }
    }

    /// What happened is durable: it is told, and what follows from it is done.
    fn conclude(&mut self, under_way: UnderWay<B>) -> Result<(), ActorProcessingErr> {
        self.filed = under_way.filed.or(self.filed);
        self.logged_timer_ms = under_way.logged_timer_ms;
        for (reply_to, reply) in under_way.replies {
            reply_to.send(Ok(reply));
        }
        match under_way.then {
            Then::Fail(reason) => return Err(reason.into()),
            Then::Pause(_) => return Ok(()),
            Then::GoOn => {}
        }
        self.perform(under_way.effects);
        Ok(())
    }

    /// Performs effects, and has the entity woken when something is due.
    pub(crate) fn perform(&mut self, effects: Vec<B::Effect>) {
        if self.shared.is_open()
            && let Some(live) = &mut self.live
        {
            for effect in effects {
                self.shared.behavior.perform(effect, &self.state, live, &self.me);
            }
        }
        if self.version == Version::NONE || self.filed.is_some_and(|place| !place.awake) {
            return;
        }
        let wake_ms = self.shared.behavior.standing(&self.state).wake_ms;
        if wake_ms != self.armed_ms
            && let Some(due_ms) = wake_ms
        {
            self.shared.timers.arm(due_ms, self.slot.execution);
        }
        self.armed_ms = wake_ms;
    }

    /// Nothing of the turn was written, or it is not known: nobody is told otherwise.
    fn refused(
        &mut self,
        under_way: UnderWay<B>,
        error: LogError,
        myself: &ActorRef<Signal>,
    ) -> Result<(), ActorProcessingErr> {
        let told = Error::Log(error.clone());
        for (reply_to, _) in under_way.replies {
            reply_to.send(Err(told.clone()));
        }
        match error {
            // The version was wrong, or the turn too large: the state is read again, if there is one.
            LogError::Conflict { .. } | LogError::TooLarge { .. } if self.version > Version::NONE => {
                return Err(told.to_string().into());
            }
            LogError::Conflict { .. } | LogError::TooLarge { .. } | LogError::NameTaken { .. } => {}
            _ => self.shared.poison(error),
        }
        self.left = true;
        self.live = None;
        self.shared.expel(&self.slot, &told);
        myself.stop(None);
        Ok(())
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("with a value that is not a text"))
}
