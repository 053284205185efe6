//! An entity in memory: its state, and when it takes a turn.
//!
//! A turn applies events to the state before they are durable, so the state is tentative while a batch is under way.
//! Nothing of it is shown until the batch is acknowledged; if it is refused, the state is thrown away with the actor.

mod decide;
mod filing;
mod outcome;
mod write;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use duramen_storage::{Status, Version};
use ractor::{ActorProcessingErr, ActorRef};

use crate::entity::{Arrival, Coming, Signal};
use crate::shared::Shared;
use crate::slot::{ReplyTo, Slot};
use crate::{Address, Behavior, Error};
pub(crate) use filing::{BEACON_MS, Filed, lit, sleeping_timer};
use outcome::UnderWay;

pub(crate) struct Resident<B: Behavior> {
    pub(crate) shared: Arc<Shared<B>>,
    pub(crate) slot: Arc<Slot<B>>,
    pub(crate) me: Address<B>,
    pub(crate) how: Coming,
    pub(crate) state: B::State,
    /// Absent while the engine has paused the entity, and when it came in closed.
    pub(crate) live: Option<B::Live>,
    pub(crate) version: Version,
    /// What its row of the listing says.
    pub(crate) filed: Option<Filed>,
    /// The row, as it was found, says something else than what has become of the entity.
    pub(crate) misfiled: bool,
    /// The timer it has in the log.
    pub(crate) logged_timer_ms: Option<u64>,
    /// Its beacon is lit in the log.
    pub(crate) logged_beacon: bool,
    /// A timer that a quarantine may have left in the log; cleared when the entity is paused no more.
    pub(crate) stale_timer_ms: Option<u64>,
    /// The timer it has in memory.
    pub(crate) armed_ms: Option<u64>,
    /// Why the engine has paused it.
    pub(crate) paused: Option<String>,
    /// A turn was recorded after which the behaviour has not advanced yet.
    pub(crate) unpolled: bool,
    pub(crate) since_snapshot: u64,
    under_way: Option<UnderWay<B>>,
    /// Who told it to go on although it is paused.
    resume: Vec<ReplyTo<()>>,
    left: bool,
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
            misfiled: false,
            logged_timer_ms: None,
            logged_beacon: false,
            stale_timer_ms: None,
            armed_ms: None,
            paused: None,
            unpolled: false,
            since_snapshot: 0,
            under_way: None,
            resume: Vec::new(),
            left: false,
        }
    }

    /// Takes turns until there is nothing to do or a batch is under way.
    pub(crate) async fn go_on(&mut self, myself: &ActorRef<Signal>) -> Result<(), ActorProcessingErr> {
        while self.under_way.is_none() && !self.left {
            if self.paused.is_some() && !self.resume.is_empty() {
                self.try_again().await?;
            }
            let owes_turn = self.owes_turn();
            let inputs = self.slot.take(myself, &self.shared.behavior, owes_turn);
            if inputs.is_empty() && !owes_turn {
                if self.may_leave() && self.shared.directory.leave(&self.slot) {
                    self.leave(myself);
                }
                return Ok(());
            }
            self.shared.meters.inputs.record(inputs.len() as f64);
            self.take_turn(inputs, myself)?;
            // Turns that write nothing follow one another as long as somebody asks: others must get their turn too.
            tokio::task::consume_budget().await;
        }
        Ok(())
    }

    /// Reads itself from the log again, to see whether it can go on now.
    async fn try_again(&mut self) -> Result<(), ActorProcessingErr> {
        self.how = Coming::Resumed;
        self.recover().await?;
        if let Some(reason) = &self.paused {
            let error = Error::Paused { execution: self.slot.execution, reason: reason.clone() };
            for reply_to in self.resume.drain(..) {
                reply_to.send(Err(error.clone()));
            }
        }
        Ok(())
    }

    /// Whether something must be recorded without anybody asking for it: a pause, that it goes on again, an advance that
    /// was missed.
    fn owes_turn(&self) -> bool {
        let goes_on = || !self.resume.is_empty() || (self.unpolled && self.live.is_some());
        self.misfiled || (self.paused.is_none() && goes_on())
    }

    fn may_leave(&self) -> bool {
        self.filed.as_ref().is_none_or(|filed| !filed.place.awake)
    }

    fn leave(&mut self, myself: &ActorRef<Signal>) {
        self.left = true;
        self.live = None;
        if let Some(due_ms) = self.logged_timer_ms {
            self.shared.timers.remember(due_ms, self.slot.execution);
        }
        if self.filed.as_ref().is_some_and(|filed| filed.place.status == Status::Running) {
            self.shared.meters.passivations.increment(1);
            self.shared.meters.asleep.add(1);
        }
        myself.stop(None);
        self.shared.behavior.departed(self.slot.execution, &self.state);
    }

    /// Lets passivation know whether the entity may be told to sleep.
    pub(crate) fn show_busy(&self) {
        let busy = self.unpolled || self.shared.behavior.standing(&self.state).busy;
        self.slot.busy.store(busy, Ordering::Relaxed);
    }
}
