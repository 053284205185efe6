//! Restarts entities that failed, and quarantines those that keep failing.

use std::sync::{Arc, Weak};

use duramen_storage::{Batch, Error as LogError, Status};
use ractor::{Actor, ActorProcessingErr, ActorRef, SupervisionEvent};
use tokio::sync::oneshot;

use crate::entity::Coming;
use crate::restart::{Failures, Verdict};
use crate::shared::Shared;
use crate::slot::Slot;
use crate::{Behavior, Error};

/// The actor that all entities of a system are linked to.
pub(crate) struct Supervisor<B: Behavior> {
    pub(crate) shared: Weak<Shared<B>>,
}

/// What the supervisor is told beside what it sees.
pub(crate) enum Notice<B: Behavior> {
    /// An entity failed before it was linked.
    NotStarted { slot: Arc<Slot<B>>, reason: String },
}

impl<B: Behavior> Actor for Supervisor<B> {
    type Msg = Notice<B>;
    /// They outlast the slots: an entity that fails whenever it comes in may leave in between.
    type State = Failures;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Notice<B>>, (): ()) -> Result<Failures, ActorProcessingErr> {
        Ok(Failures::default())
    }

    async fn handle(
        &self,
        _: ActorRef<Notice<B>>,
        notice: Notice<B>,
        failures: &mut Failures,
    ) -> Result<(), ActorProcessingErr> {
        let Notice::NotStarted { slot, reason } = notice;
        if let Some(shared) = self.shared.upgrade() {
            failed(&shared, failures, slot, reason);
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<Notice<B>>,
        event: SupervisionEvent,
        failures: &mut Failures,
    ) -> Result<(), ActorProcessingErr> {
        let Some(shared) = self.shared.upgrade() else { return Ok(()) };
        match event {
            SupervisionEvent::ActorTerminated(actor, ..) => {
                shared.unregister(actor.get_id());
            }
            SupervisionEvent::ActorFailed(actor, error) => {
                if let Some(slot) = shared.unregister(actor.get_id()) {
                    failed(&shared, failures, slot, error.to_string());
                }
            }
            SupervisionEvent::ActorStarted(_) | SupervisionEvent::ProcessGroupChanged(_) => {}
        }
        Ok(())
    }
}

fn failed<B: Behavior>(shared: &Arc<Shared<B>>, failures: &mut Failures, slot: Arc<Slot<B>>, reason: String) {
    let execution = slot.execution;
    if !shared.directory.holds(&slot) {
        tracing::error!(%execution, reason, "an execution failed while it left memory");
        return;
    }
    if let Some(error) = shared.obstacle() {
        return shared.expel(&slot, &error);
    }
    slot.await_reader();
    match failures.count(execution, &shared.options.restart, shared.clock.now_ms()) {
        Verdict::RestartAfter(delay) => {
            shared.meters.restarts.increment(1);
            tracing::warn!(%execution, reason, delay_ms = delay.as_millis(), "an execution failed and restarts from the log");
            let system = Arc::downgrade(shared);
            shared.runtime.spawn(async move {
                tokio::time::sleep(delay).await;
                let Some(shared) = system.upgrade() else { return };
                match shared.obstacle() {
                    Some(error) => shared.expel(&slot, &error),
                    None => shared.bring_in(slot, Coming::Back),
                }
            });
        }
        Verdict::Quarantine => {
            shared.meters.quarantines.increment(1);
            tracing::error!(%execution, reason, "an execution keeps failing and is paused: mend the cause, then resume it");
            let shared = Arc::clone(shared);
            shared.runtime.clone().spawn(async move {
                if let Err(error) = file_paused(&shared, &slot, &reason).await {
                    tracing::error!(%execution, %error, "that the execution is paused could not be recorded");
                }
                let told = shared.poisoned().unwrap_or(Error::Paused { execution, reason });
                shared.expel(&slot, &told);
            });
        }
    }
}

/// Records that an execution is paused, without reading its history, which may be what makes it fail.
async fn file_paused<B: Behavior>(shared: &Arc<Shared<B>>, slot: &Slot<B>, reason: &str) -> Result<(), LogError> {
    let execution = slot.execution;
    let log = Arc::clone(&shared.log);
    let read = move || Ok::<_, LogError>((log.version(execution)?, log.summary(execution)?));
    let (version, row) = match tokio::task::spawn_blocking(read).await {
        Ok(read) => read?,
        Err(_) => return Ok(()),
    };
    let Some(mut row) = row.filter(|row| row.kind == B::KIND && !row.status.is_closed()) else { return Ok(()) };
    let previous = row.place();
    row.status = Status::Paused;
    row.awake = false;
    row.note = Some(reason.to_owned());
    let (sender, durable) = oneshot::channel();
    shared.log.submit(
        Batch::new(execution, version).summary(Some(previous), row),
        Box::new(move |outcome| {
            let _ = sender.send(outcome);
        }),
    );
    let outcome = durable.await.unwrap_or(Err(LogError::Closed));
    if let Err(error @ (LogError::Poisoned { .. } | LogError::Io { .. } | LogError::Closed)) = &outcome {
        shared.poison(error.clone());
    }
    outcome.map(|_| shared.meters.refiled(Some(previous.status), Status::Paused))
}
