//! Restarts entities that failed, and quarantines those that keep failing.

use std::sync::Arc;

use duramen_storage::{Batch, Error as LogError, Status};
use ractor::{Actor, ActorProcessingErr, ActorRef, SupervisionEvent};
use tokio::sync::oneshot;

use crate::entity::Coming;
use crate::restart::Verdict;
use crate::shared::Shared;
use crate::slot::Slot;
use crate::{Behavior, Error};

/// The actor that all entities of a system are linked to.
pub(crate) struct Supervisor<B: Behavior> {
    pub(crate) shared: std::sync::Weak<Shared<B>>,
}

/// The supervisor is told nothing; it only watches.
pub(crate) enum Never {}

impl<B: Behavior> Actor for Supervisor<B> {
    type Msg = Never;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Never>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(&self, _: ActorRef<Never>, message: Never, (): &mut ()) -> Result<(), ActorProcessingErr> {
        match message {}
    }

    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<Never>,
        event: SupervisionEvent,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        let Some(shared) = self.shared.upgrade() else { return Ok(()) };
        match event {
            SupervisionEvent::ActorTerminated(actor, ..) => {
                shared.unregister(actor.get_id());
            }
            SupervisionEvent::ActorFailed(actor, error) => {
                if let Some(slot) = shared.unregister(actor.get_id()) {
                    failed(&shared, slot, error.to_string());
                }
            }
            SupervisionEvent::ActorStarted(_) | SupervisionEvent::ProcessGroupChanged(_) => {}
        }
        Ok(())
    }
}

fn failed<B: Behavior>(shared: &Arc<Shared<B>>, slot: Arc<Slot<B>>, reason: String) {
    let execution = slot.execution;
    if let Some(error) = shared.poisoned().or_else(|| shared.is_closed().then_some(Error::ShuttingDown)) {
        return shared.expel(&slot, &error);
    }
    slot.await_reader();
    let now_ms = shared.clock.now_ms();
    match slot.failures(|failures| failures.count(&shared.options.restart, now_ms)) {
        Verdict::RestartAfter(delay) => {
            tracing::warn!(%execution, reason, delay_ms = delay.as_millis(), "an execution failed and restarts from the log");
            let shared = Arc::clone(shared);
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                shared.bring_in(slot, Coming::Back);
            });
        }
        Verdict::Quarantine => {
            tracing::error!(%execution, reason, "an execution keeps failing and is paused: mend the cause, then resume it");
            let shared = Arc::clone(shared);
            tokio::spawn(async move {
                if let Err(error) = file_paused(&shared, &slot, &reason).await {
                    tracing::error!(%execution, %error, "that the execution is paused could not be recorded");
                }
                shared.expel(&slot, &Error::Paused { execution, reason });
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
    let Some(mut row) = row.filter(|row| !row.status.is_closed()) else { return Ok(()) };
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
    durable.await.unwrap_or(Err(LogError::Closed)).map(|_| ())
}
