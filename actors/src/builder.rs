//! The settings of a system.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use duramen_storage::Log;

use crate::shared::Shared;
use crate::{Behavior, Clock, Error, Restart, System, SystemClock};

#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) idle: Duration,
    pub(crate) max_live: usize,
    pub(crate) max_commands: usize,
    pub(crate) max_inbox: usize,
    pub(crate) max_recovering: usize,
    pub(crate) restart: Restart,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(10),
            max_live: 20_000,
            max_commands: 100_000,
            max_inbox: 20_000,
            max_recovering: 64,
            restart: Restart::default(),
        }
    }
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
    pub(crate) fn new(log: Arc<dyn Log>, behavior: B) -> Self {
        Self { log, behavior, clock: Arc::new(SystemClock), options: Options::default() }
    }

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

    /// Opens the system: entities that were awake come back and go on, those that the engine has paused are tried once
    /// more, sleeping ones are left asleep until they are due or asked. Those that have paused themselves stay paused.
    ///
    /// Must be called on a tokio runtime, which the entities then run on.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn open(self) -> Result<System<B>, Error> {
        System::open(Arc::new(Shared::new(self.behavior, self.log, self.clock, self.options))).await
    }
}

impl<B: Behavior> fmt::Debug for Builder<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("options", &self.options).finish_non_exhaustive()
    }
}
