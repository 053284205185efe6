//! The ractor actor of one entity: it takes turns, and stands between them while the log writes.

use std::sync::Arc;

use duramen_storage::{Error as LogError, Version};
use ractor::{Actor, ActorProcessingErr, ActorRef};

use crate::Behavior;
use crate::resident::Resident;
use crate::shared::Shared;
use crate::slot::Slot;

/// What wakes the actor. What it is to do lies in its slot, or in the log.
pub(crate) enum Signal {
    /// Something was put into the inbox.
    Nudge,
    /// The batch under way is durable or was refused.
    Committed(Result<Version, LogError>),
}

/// How an entity comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coming {
    /// It has never been: there is nothing to read.
    New,
    /// From the log.
    Back,
    /// From the log, and it goes on even if it was paused.
    Resumed,
}

pub(crate) struct Arrival<B: Behavior> {
    pub(crate) slot: Arc<Slot<B>>,
    pub(crate) how: Coming,
}

pub(crate) struct Entity<B: Behavior> {
    pub(crate) shared: Arc<Shared<B>>,
}

impl<B: Behavior> Actor for Entity<B> {
    type Msg = Signal;
    type State = Resident<B>;
    type Arguments = Arrival<B>;

    async fn pre_start(
        &self,
        myself: ActorRef<Signal>,
        arrival: Arrival<B>,
    ) -> Result<Resident<B>, ActorProcessingErr> {
        self.shared.register(myself.get_id(), Arc::clone(&arrival.slot));
        Ok(Resident::new(Arc::clone(&self.shared), arrival))
    }

    // Recovery begins here and not in `pre_start`, whose failures the supervisor is not told.
    async fn post_start(&self, myself: ActorRef<Signal>, resident: &mut Resident<B>) -> Result<(), ActorProcessingErr> {
        resident.recover().await?;
        resident.go_on(&myself).await
    }

    async fn handle(
        &self,
        myself: ActorRef<Signal>,
        signal: Signal,
        resident: &mut Resident<B>,
    ) -> Result<(), ActorProcessingErr> {
        if let Signal::Committed(outcome) = signal {
            resident.committed(outcome, &myself)?;
        }
        resident.go_on(&myself).await
    }
}
