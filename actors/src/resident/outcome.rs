//! What becomes of a turn once the log has answered: it is told and performed, or thrown away.

use duramen_storage::{Error as LogError, Version};
use ractor::{ActorProcessingErr, ActorRef};

use super::Resident;
use super::filing::Filed;
use crate::entity::Signal;
use crate::slot::ReplyTo;
use crate::{Behavior, Error, Turn};

/// What waits for the batch under way.
pub(super) struct UnderWay<B: Behavior> {
    /// What happened, if anything did.
    pub(super) turn: Option<Turn<B::Event>>,
    pub(super) replies: Vec<(ReplyTo<B::Reply>, B::Reply)>,
    pub(super) resumed: Vec<ReplyTo<()>>,
    pub(super) effects: Vec<B::Effect>,
    pub(super) filed: Option<Filed>,
    pub(super) logged_timer_ms: Option<u64>,
    pub(super) logged_beacon: bool,
    pub(super) then: Then,
}

/// What becomes of the entity after its batch.
pub(super) enum Then {
    GoOn,
    Pause(String),
    Fail(String),
}

impl<B: Behavior> Resident<B> {
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
                self.shared.behavior.recorded(self.slot.execution, &self.state);
                if let Some(turn) = &under_way.turn {
                    self.shared.behavior.happened(self.slot.execution, &self.state, turn);
                }
                self.conclude(under_way)
            }
            Err(error) => self.refused(under_way, error, myself),
        }
    }

    /// What happened is durable: it is told, and what follows from it is done.
    pub(super) fn conclude(&mut self, under_way: UnderWay<B>) -> Result<(), ActorProcessingErr> {
        if let Some(filed) = under_way.filed {
            let before = self.filed.as_ref().map(|filed| filed.place.status);
            self.shared.meters.refiled(before, filed.place.status);
            self.filed = Some(filed);
        }
        self.logged_timer_ms = under_way.logged_timer_ms;
        self.logged_beacon = under_way.logged_beacon;
        for (reply_to, reply) in under_way.replies {
            reply_to.send(Ok(reply));
        }
        let execution = self.slot.execution;
        match under_way.then {
            Then::Fail(reason) => return Err(reason.into()),
            Then::Pause(reason) => {
                for reply_to in under_way.resumed {
                    reply_to.send(Err(Error::Paused { execution, reason: reason.clone() }));
                }
                return Ok(());
            }
            Then::GoOn => {}
        }
        for reply_to in under_way.resumed {
            reply_to.send(Ok(()));
        }
        self.perform(under_way.effects);
        Ok(())
    }

    /// Performs effects, and has the entity woken when something is due.
    pub(crate) fn perform(&mut self, effects: Vec<B::Effect>) {
        if let Some(live) = &mut self.live
            && self.shared.begins_effects()
        {
            for effect in effects {
                self.shared.behavior.perform(effect, &self.state, live, &self.me);
            }
        }
        if self.version == Version::NONE || self.filed.as_ref().is_some_and(|filed| !filed.place.awake) {
            return;
        }
        // One that is armed for an earlier time arms the next one when that has fired, so that a time which keeps moving
        // away does not leave a trail of timers.
        if let Some(due_ms) = self.shared.behavior.standing(&self.state).wake_ms
            && self.armed_ms.is_none_or(|armed_ms| due_ms < armed_ms)
        {
            self.shared.timers.arm(due_ms, self.slot.execution);
            self.armed_ms = Some(due_ms);
        }
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
        for reply_to in under_way.resumed {
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
