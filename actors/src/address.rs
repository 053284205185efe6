//! How an entity is reached, wherever it is: in memory, restarting, or asleep in the log.

use std::fmt;
use std::sync::Arc;

use duramen_storage::{ExecutionId, Log};

use crate::entity::Coming;
use crate::shared::Shared;
use crate::slot::Input;
use crate::{Behavior, Error};

/// The address of one entity; clones are cheap. It stays good when the entity restarts, and when it leaves memory:
/// whatever is sent brings it in again.
pub struct Address<B: Behavior> {
    pub(crate) shared: Arc<Shared<B>>,
    pub(crate) execution: ExecutionId,
}

impl<B: Behavior> Address<B> {
    /// The entity.
    #[must_use]
    pub fn execution(&self) -> ExecutionId {
        self.execution
    }

    /// Sends a command and waits until what follows from it is durable.
    ///
    /// # Errors
    /// [`Error`] says why there is no answer.
    pub async fn ask(&self, command: B::Command) -> Result<B::Reply, Error> {
        self.shared.ask(self.execution, command, Coming::Back).await
    }

    /// Sends a command from inside: the completion of an effect. It is admitted whatever the limits, and nobody waits for
    /// an answer. Once the system has ended or the log has failed it is dropped: the effect is still owed then.
    pub fn tell(&self, command: B::Command) {
        self.shared.deliver(self.execution, Input::Command(command, None), Coming::Back, usize::MAX);
    }

    /// Asks from inside: for an effect that must know that what it says is durable. It is admitted whatever the limits.
    ///
    /// # Errors
    /// [`Error::ShuttingDown`] when the system drains or has ended, the log's when that has failed, and the others that
    /// are no matter of limits, as [`ask`](Self::ask).
    pub async fn ask_from_inside(&self, command: B::Command) -> Result<B::Reply, Error> {
        self.shared.ask_from_inside(self.execution, command, Coming::Back).await
    }

    /// As [`ask_from_inside`](Self::ask_from_inside), for an entity that has never been: the log is not read.
    ///
    /// # Errors
    /// As `ask_from_inside`; [`duramen_storage::Error::NameTaken`] when another entity has the name, and
    /// [`duramen_storage::Error::Conflict`] when this one has been, and has left memory: `ask_from_inside` asks one of
    /// which that is not known.
    pub async fn start_from_inside(&self, command: B::Command) -> Result<B::Reply, Error> {
        self.shared.ask_from_inside(self.execution, command, Coming::New).await
    }

    /// The address of another entity of the same system.
    #[must_use]
    pub fn of(&self, execution: ExecutionId) -> Self {
        Self { shared: Arc::clone(&self.shared), execution }
    }

    /// A new id for an entity that starts now, as [`System::new_execution`](crate::System::new_execution).
    #[must_use]
    pub fn new_execution(&self) -> ExecutionId {
        self.shared.new_execution()
    }

    /// What the clock shows, in ms since the Unix epoch.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.shared.clock.now_ms()
    }

    /// The log.
    #[must_use]
    pub fn log(&self) -> &Arc<dyn Log> {
        &self.shared.log
    }

    /// Marks the beginning of work outside the entity; a [drain](crate::System::drain) waits until the mark is dropped.
    #[must_use]
    pub fn work(&self) -> WorkMark<B> {
        self.shared.work.begin();
        WorkMark { shared: Arc::clone(&self.shared) }
    }

    /// The behaviour this entity has.
    #[must_use]
    pub fn behavior(&self) -> &B {
        &self.shared.behavior
    }
}

impl<B: Behavior> Clone for Address<B> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), execution: self.execution }
    }
}

impl<B: Behavior> fmt::Debug for Address<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Address").field(&self.execution).finish()
    }
}

/// Work under way outside an entity.
pub struct WorkMark<B: Behavior> {
    shared: Arc<Shared<B>>,
}

impl<B: Behavior> Drop for WorkMark<B> {
    fn drop(&mut self) {
        self.shared.work.end();
    }
}

impl<B: Behavior> fmt::Debug for WorkMark<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WorkMark")
    }
}
