//! The entities of one behaviour on one log, from opening to the end.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use duramen_storage::{Error as LogError, ExecutionId, Log, Query, Status, Timer};
use ractor::Actor;

use crate::entity::Coming;
use crate::resident::BEACON_MS;
use crate::shared::{Shared, Stage};
use crate::slot::Input;
use crate::supervisor::Supervisor;
use crate::{Address, Behavior, Builder, Error, passivation, timers};

/// The entities of one behaviour on one log.
///
/// Dropping it without [`drain`](Self::drain) stops everything where it stands, like a crash: what was acknowledged is
/// in the log, and goes on when a system is opened on it again. Whoever waits for an answer is told
/// [`Error::Interrupted`] if the command was under way, and [`Error::ShuttingDown`] if not.
///
/// The log is not closed, and is held until the last entity has ended, soon after, and the last [`Address`] is dropped:
/// [`Log::close`] frees a folder at once.
pub struct System<B: Behavior> {
    shared: Arc<Shared<B>>,
}

impl<B: Behavior> System<B> {
    /// Begins a system of entities with this behaviour, on this log.
    pub fn builder(log: Arc<dyn Log>, behavior: B) -> Builder<B> {
        Builder::new(log, behavior)
    }

    pub(crate) async fn open(shared: Arc<Shared<B>>) -> Result<Self, Error> {
        let supervisor = Supervisor { shared: Arc::downgrade(&shared) };
        let (supervisor, _) = Actor::spawn(None, supervisor, ()).await.map_err(|error| LogError::Io {
            doing: "starting the supervisor".to_owned(),
            source: Arc::new(std::io::Error::other(error.to_string())),
        })?;
        let _ = shared.supervisor.set(supervisor);
        let system = Self { shared };
        system.wake_all().await?;
        let shared = &system.shared;
        tokio::spawn(timers::run(Arc::downgrade(shared)));
        tokio::spawn(passivation::run(Arc::downgrade(shared), shared.options.idle));
        Ok(system)
    }

    /// Brings in what the log says is awake, and gives what is paused another try.
    async fn wake_all(&self) -> Result<(), Error> {
        let query = |status| Query::new().kind(B::KIND).status(status).page_size(1_000);
        // Who paused a paused one, its row does not say: one that has paused itself goes on being so. They come first, so
        // that one that is paused only now is neither counted nor tried twice.
        for (mut query, how) in
            [(query(Status::Paused), Coming::Resumed), (query(Status::Running).awake(true), Coming::Back)]
        {
            loop {
                let log = Arc::clone(&self.shared.log);
                let asked = query.clone();
                let page = tokio::task::spawn_blocking(move || log.list(&asked)).await.unwrap_or(Err(LogError::Closed));
                let page = match page {
                    // One damaged row keeps nobody else from going on.
                    Err(error @ (LogError::Corrupt { execution, .. } | LogError::NewerFormat { execution, .. }))
                        if query.after.is_none_or(|after| execution > after) =>
                    {
                        tracing::error!(%execution, %error, "an execution cannot be brought in");
                        query = query.after(execution);
                        continue;
                    }
                    page => page?,
                };
                for row in page.rows {
                    self.shared.meters.refiled(None, row.status);
                    self.shared.deliver(row.execution, Input::Wake, how, usize::MAX);
                }
                match page.next {
                    Some(next) => query = query.after(next),
                    None => break,
                }
            }
        }
        Ok(())
    }

    /// The behaviour.
    #[must_use]
    pub fn behavior(&self) -> &B {
        &self.shared.behavior
    }

    /// The log.
    #[must_use]
    pub fn log(&self) -> &Arc<dyn Log> {
        &self.shared.log
    }

    /// What the clock shows, in ms since the Unix epoch.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.shared.clock.now_ms()
    }

    /// A new id for an entity that starts now.
    #[must_use]
    pub fn new_execution(&self) -> ExecutionId {
        self.shared.new_execution()
    }

    /// The address of an entity.
    #[must_use]
    pub fn address(&self, execution: ExecutionId) -> Address<B> {
        Address { shared: Arc::clone(&self.shared), execution }
    }

    /// Gives its first command to an entity that has never been, under an id from [`new_execution`](Self::new_execution).
    ///
    /// # Errors
    /// As [`Address::ask`]; [`duramen_storage::Error::NameTaken`] when another entity has the name.
    pub async fn start(&self, execution: ExecutionId, command: B::Command) -> Result<B::Reply, Error> {
        self.shared.ask(execution, command, Coming::New).await
    }

    /// Lets an entity that the engine has paused go on, and waits until that is durable. Any other goes on anyway: of one
    /// that has paused itself, the end of the pause is a command like any other.
    ///
    /// # Errors
    /// [`Error::Paused`] when it cannot go on still; the others as [`Address::ask`].
    pub async fn resume(&self, execution: ExecutionId) -> Result<(), Error> {
        self.shared.resume(execution).await
    }

    /// Sleeping entities whose [beacon](Behavior::beacon) is lit, at most `max` behind `after`, by their ids; fewer only when
    /// there are no more. They are not woken: what they wait for, they say when they are asked.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn beacons(&self, after: Option<ExecutionId>, max: usize) -> Result<Vec<ExecutionId>, Error> {
        let log = Arc::clone(&self.shared.log);
        let after = match after {
            Some(execution) => Timer { due_ms: BEACON_MS, execution },
            None => Timer { due_ms: BEACON_MS - 1, execution: ExecutionId::from_bytes([0xff; 16]) },
        };
        let listed = tokio::task::spawn_blocking(move || log.timers(Some(after), u64::MAX, max)).await;
        let listed = listed.unwrap_or(Err(LogError::Closed))?;
        Ok(listed.into_iter().map(|timer| timer.execution).collect())
    }

    /// Whether an entity is in memory.
    #[must_use]
    pub fn is_live(&self, execution: ExecutionId) -> bool {
        self.shared.directory.is_live(execution)
    }

    /// How many entities are in memory.
    #[must_use]
    pub fn live(&self) -> usize {
        self.shared.directory.live()
    }

    /// Why nothing goes on, when the log has failed or the system has ended.
    #[must_use]
    pub fn failure(&self) -> Option<Error> {
        self.shared.obstacle()
    }

    /// Takes no more commands from outside, begins no more effects, waits at most `deadline` for those that run, and
    /// then stops. Says how many were still running at the deadline: they are owed, and begin again after the next
    /// opening. The log is left open.
    pub async fn drain(&self, deadline: Duration) -> usize {
        self.shared.enter(Stage::Draining);
        let _ = tokio::time::timeout(deadline, self.at_rest()).await;
        let left = self.shared.work.running();
        self.stop();
        left
    }

    /// Waits until no work runs, and what ended has been recorded.
    async fn at_rest(&self) {
        loop {
            self.shared.work.done().await;
            // In this order: an entity that was still taking its turn may have begun work.
            if self.shared.directory.is_at_rest() && self.shared.work.running() == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Stops everything where it stands, as dropping it does. The log is left open.
    pub fn stop(&self) {
        self.shared.enter(Stage::Closed);
        if let Some(supervisor) = self.shared.supervisor.get() {
            supervisor.stop(None);
        }
        for slot in self.shared.directory.all() {
            self.shared.expel(&slot, &Error::ShuttingDown);
        }
        self.shared.end(&Error::ShuttingDown);
        self.shared.meters.withdraw();
    }
}

impl<B: Behavior> Drop for System<B> {
    fn drop(&mut self) {
        self.stop();
    }
}

impl<B: Behavior> fmt::Debug for System<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("System").field("live", &self.live()).finish_non_exhaustive()
    }
}
