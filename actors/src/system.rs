//! The entities of one behaviour on one log, from opening to the end.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use duramen_storage::{Error as LogError, ExecutionId, Log, Query, Status};
use ractor::Actor;

use crate::entity::Coming;
use crate::shared::{Shared, Stage};
use crate::slot::Input;
use crate::supervisor::Supervisor;
use crate::{Address, Behavior, Clock, Error, Restart, SystemClock, passivation, timers};

#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) idle: Duration,
    pub(crate) max_live: usize,
    pub(crate) max_commands: usize,
    pub(crate) max_inbox: usize,
    pub(crate) max_recovering: usize,
    pub(crate) restart: Restart,
}

impl Options {
    pub(crate) fn idle_ms(&self) -> u64 {
        u64::try_from(self.idle.as_millis()).unwrap_or(u64::MAX)
    }

    /// With so many live entities, no further one is brought in from outside: twice the cap, so that a burst above it
    /// is let in while idle ones leave.
    pub(crate) fn max_admitted(&self) -> usize {
        self.max_live.saturating_mul(2)
    }
}

/// Makes a [`System`]; [`System::builder`] begins one.
pub struct Builder<B: Behavior> {
    log: Arc<dyn Log>,
    behavior: B,
    clock: Arc<dyn Clock>,
    options: Options,
}

impl<B: Behavior> Builder<B> {
    /// The clock; the operating system's if not set.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// How long an entity that only waits is kept in memory; 10 s if not set. One that waits for a time further away
    /// than this leaves at once.
    #[must_use]
    pub fn idle(mut self, idle: Duration) -> Self {
        self.options.idle = idle;
        self
    }

    /// Above so many entities in memory, the idlest leave early; 20,000 if not set. At twice as many, commands for
    /// entities that are not in memory are answered with [`Error::Overloaded`].
    #[must_use]
    pub fn max_live(mut self, entities: usize) -> Self {
        self.options.max_live = entities.max(1);
        self
    }

    /// How many commands from outside may be unanswered at a time; 100,000 if not set. Further ones are answered with
    /// [`Error::Overloaded`].
    #[must_use]
    pub fn max_commands(mut self, commands: usize) -> Self {
        self.options.max_commands = commands;
        self
    }

    /// How many inputs may wait for one entity before further commands from outside are answered with
    /// [`Error::Overloaded`]; 20,000 if not set.
    #[must_use]
    pub fn max_inbox(mut self, inputs: usize) -> Self {
        self.options.max_inbox = inputs.max(1);
        self
    }

    /// How failed entities are restarted.
    #[must_use]
    pub fn restart(mut self, restart: Restart) -> Self {
        self.options.restart = restart;
        self
    }

    /// Opens the system: entities that were awake come back and go on, paused ones are tried once more, sleeping ones
    /// are left asleep until they are due or asked.
    ///
    /// Must be called on a tokio runtime, which the entities then run on.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn open(self) -> Result<System<B>, Error> {
        let shared = Arc::new(Shared::new(self.behavior, self.log, self.clock, self.options));
        let supervisor = Supervisor { shared: Arc::downgrade(&shared) };
        let (supervisor, _) = Actor::spawn(None, supervisor, ()).await.map_err(|error| LogError::Io {
            doing: "starting the supervisor".to_owned(),
            source: Arc::new(std::io::Error::other(error.to_string())),
        })?;
        let _ = shared.supervisor.set(supervisor);
        let system = System { shared };
        system.wake_all().await?;
        let shared = &system.shared;
        tokio::spawn(timers::run(Arc::downgrade(shared)));
        tokio::spawn(passivation::run(Arc::downgrade(shared), shared.options.idle));
        Ok(system)
    }
}

impl<B: Behavior> fmt::Debug for Builder<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("options", &self.options).finish_non_exhaustive()
    }
}

/// The entities of one behaviour on one log.
///
/// Dropping it without [`drain`](Self::drain) stops everything where it stands, like a crash: what was acknowledged is
/// in the log, and goes on when a system is opened on it again.
pub struct System<B: Behavior> {
    shared: Arc<Shared<B>>,
}

impl<B: Behavior> System<B> {
    /// Begins a system of entities with this behaviour, on this log.
    pub fn builder(log: Arc<dyn Log>, behavior: B) -> Builder<B> {
        let options = Options {
            idle: Duration::from_secs(10),
            max_live: 20_000,
            max_commands: 100_000,
            max_inbox: 20_000,
            max_recovering: 64,
            restart: Restart::default(),
        };
        Builder { log, behavior, clock: Arc::new(SystemClock), options }
    }

    /// Brings in what the log says is awake, and gives what is paused another try.
    async fn wake_all(&self) -> Result<(), Error> {
        let query = |status, awake| Query::new().kind(B::KIND).status(status).awake(awake).page_size(1_000);
        for (mut query, how) in
            [(query(Status::Running, true), Coming::Back), (query(Status::Paused, false), Coming::Resumed)]
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
        let mut entropy = [0; 10];
        for byte in &mut entropy {
            *byte = fastrand::u8(..);
        }
        ExecutionId::new(self.now_ms(), entropy)
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

    /// Lets a paused entity go on, and waits until that is durable; one that is not paused goes on anyway.
    ///
    /// # Errors
    /// [`Error::Paused`] when it cannot go on still; the others as [`Address::ask`].
    pub async fn resume(&self, execution: ExecutionId) -> Result<(), Error> {
        self.shared.resume(execution).await
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

    fn stop(&self) {
        self.shared.enter(Stage::Closed);
        if let Some(supervisor) = self.shared.supervisor.get() {
            supervisor.stop(None);
        }
        for slot in self.shared.directory.all() {
            self.shared.expel(&slot, &Error::ShuttingDown);
        }
        self.shared.end(&Error::ShuttingDown);
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
