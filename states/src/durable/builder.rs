//! Setting up state machines.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use duramen_actors::{Clock, System, SystemClock};
use duramen_storage::Log;

use super::activities::{Activities, spawn_gather};
use super::behavior::StateMachine;
use super::{Error, StateMachines};
use crate::definition::Definition;
use crate::machine::{Limits, Machine};
use crate::task::Tasks;

/// Sets up [`StateMachines`].
pub struct Builder {
    log: Arc<dyn Log>,
    clock: Arc<dyn Clock>,
    machines: HashMap<String, Machine>,
    activities: Vec<String>,
    tasks: Tasks,
    limits: Limits,
    idle: Duration,
}

impl Builder {
    pub(super) fn new(log: Arc<dyn Log>) -> Self {
        Self {
            log,
            clock: Arc::new(SystemClock),
            machines: HashMap::new(),
            activities: Vec::new(),
            tasks: Tasks::new(),
            limits: Limits::default(),
            idle: Duration::from_secs(10),
        }
    }

    /// Registers a definition under a name, in place of the one that had it. Executions under way keep theirs.
    ///
    /// # Errors
    /// [`Error::Definition`] when an expression in it is none.
    pub fn machine(mut self, name: impl Into<String>, definition: &Definition) -> Result<Self, Error> {
        let name = name.into();
        match Machine::new(definition) {
            Ok(machine) => {
                self.machines.insert(name, machine);
                Ok(self)
            }
            Err(problems) => {
                let why = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                Err(Error::Definition { machine: name, why })
            }
        }
    }

    /// Creates an activity, as [`StateMachines::create_activity`].
    ///
    /// # Errors
    /// As `create_activity`.
    pub fn activity(mut self, activity: impl Into<String>) -> Result<Self, Error> {
        let activity = activity.into();
        Activities::default().create(&activity, 0)?;
        self.activities.push(activity);
        Ok(self)
    }

    /// The handlers of tasks.
    #[must_use]
    pub fn tasks(mut self, tasks: Tasks) -> Self {
        self.tasks = tasks;
        self
    }

    /// The limits of executions.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The clock; the operating system's if not set.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// How long an execution that only waits stays in memory; 10 s if not set.
    #[must_use]
    pub fn idle(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// Opens them: what is under way in the log goes on. Must be called on a tokio runtime.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn open(self) -> Result<StateMachines, Error> {
        let behavior = StateMachine::new(self.machines, self.tasks, self.limits);
        for activity in &self.activities {
            behavior.activities.create(activity, self.clock.now_ms())?;
        }
        let system = System::builder(self.log, behavior).clock(self.clock).idle(self.idle).open().await?;
        let system = Arc::new(system);
        spawn_gather(&system);
        Ok(StateMachines { system })
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("machines", &self.machines.keys()).finish_non_exhaustive()
    }
}
