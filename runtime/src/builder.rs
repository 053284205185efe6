//! How a runtime is set up and opened.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use duramen_actors::{Clock, Restart, System, SystemClock};
use duramen_storage::{Log, SledLog};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::execution::Execution;
use crate::limits::Limits;
use crate::others::Others;
use crate::registry::Registry;
use crate::rehearsal::Rehearsal;
use crate::retention::Retention;
use crate::{Context, Error, IntoFailure, Runtime};

/// How often a payload may stand in the record of one turn: a result that passes through nested child contexts is recorded
/// for each of them.
const SAME_PAYLOAD: usize = 64;
/// Room in a record for what belongs to a turn beside its largest payloads, in bytes.
const BESIDE_PAYLOADS: usize = 16 << 20;

/// Sets up a [`Runtime`]; [`Runtime::builder`] begins it.
pub struct Builder {
    pub(crate) place: Place,
    pub(crate) registry: Registry,
    pub(crate) rehearsal: Rehearsal,
    twice: Option<(String, u32)>,
    clock: Arc<dyn Clock>,
    idle: Duration,
    max_live: Option<usize>,
    max_commands: Option<usize>,
    max_payload: usize,
    max_operations: u64,
    cache_bytes: Option<u64>,
    restart: Restart,
    retention: Option<Duration>,
    others: Option<Arc<dyn Others>>,
}

/// Where the executions are kept.
#[derive(Clone)]
pub(crate) enum Place {
    Folder(PathBuf),
    Log(Arc<dyn Log>),
}

impl Builder {
    pub(crate) fn in_folder(folder: PathBuf) -> Self {
        Self::at(Place::Folder(folder))
    }

    pub(crate) fn on_log(log: Arc<dyn Log>) -> Self {
        Self::at(Place::Log(log))
    }

    fn at(place: Place) -> Self {
        Self {
            place,
            registry: Registry::default(),
            rehearsal: Rehearsal::default(),
            twice: None,
            clock: Arc::new(SystemClock),
            idle: Duration::from_secs(10),
            max_live: None,
            max_commands: None,
            max_payload: 16 << 20,
            max_operations: u64::MAX,
            cache_bytes: None,
            restart: Restart::default(),
            retention: None,
            others: None,
        }
    }

    /// Registers a workflow: an async function of a [`Context`] and an input. It is version 1 of that name.
    ///
    /// Executions find their code by this name again after a restart, so a workflow that is still in use must be
    /// registered under the name it had.
    #[must_use]
    pub fn workflow<F, Fut, I, O, E>(self, name: impl Into<String>, workflow: F) -> Self
    where
        F: Fn(Context, I) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, E>> + Send + 'static,
        I: DeserializeOwned,
        O: Serialize,
        E: IntoFailure,
    {
        self.version(name, 1, workflow)
    }

    /// Registers one version of a workflow beside others. New executions run the newest; those under way go on with the
    /// one they began with. [`Runtime::versions`] tells which are still in use.
    #[must_use]
    pub fn version<F, Fut, I, O, E>(mut self, name: impl Into<String>, version: u32, workflow: F) -> Self
    where
        F: Fn(Context, I) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, E>> + Send + 'static,
        I: DeserializeOwned,
        O: Serialize,
        E: IntoFailure,
    {
        let name = name.into();
        if !self.registry.add(name.clone(), version, workflow) {
            self.twice = Some((name, version));
        }
        self
    }

    /// The clock by which waits end; the operating system's if not set.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How long an execution that only waits stays in memory; 10 s if not set. One that waits for longer leaves at once.
    #[must_use]
    pub fn idle(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// Above so many executions in memory, those that only wait leave it early; 20,000 if not set. At twice as many,
    /// [`Runtime::start`] is answered with an overload.
    #[must_use]
    pub fn max_live(mut self, executions: usize) -> Self {
        self.max_live = Some(executions);
        self
    }

    /// How many calls may wait for an answer at a time before further ones are answered with an overload; 100,000 if not
    /// set.
    #[must_use]
    pub fn max_commands(mut self, commands: usize) -> Self {
        self.max_commands = Some(commands);
        self
    }

    /// The largest input, result, signal or other payload, as bytes of JSON; 16 MiB if not set. A step whose result is
    /// larger fails with [`Failure::PAYLOAD_TOO_LARGE`](crate::Failure::PAYLOAD_TOO_LARGE). Of a failure with a longer cause the end is cut, and larger data
    /// are left out.
    #[must_use]
    pub fn max_payload(mut self, bytes: usize) -> Self {
        self.max_payload = bytes;
        self
    }

    /// How many operations an execution may begin in one run; no limit if not set. One more fails with
    /// [`Failure::TOO_MANY_OPERATIONS`](crate::Failure::TOO_MANY_OPERATIONS); [`Context::continue_as_new`] begins to count anew.
    #[must_use]
    pub fn max_operations(mut self, operations: u64) -> Self {
        self.max_operations = operations;
        self
    }

    /// How much of the folder is kept in memory, in bytes; the log's own default if not set.
    #[must_use]
    pub fn cache_bytes(mut self, bytes: u64) -> Self {
        self.cache_bytes = Some(bytes);
        self
    }

    /// How often an execution whose code panics is tried again before it is paused.
    #[must_use]
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// Deletes executions so long after they ended, while the runtime goes on; they are kept for ever if not set. Their
    /// names are free again then. It is the log that deletes them: state machines that stand on the same one are included.
    ///
    /// One that runs, or that has not yet told another one of its end, is never deleted. One that could still be redriven is,
    /// like any other that has ended; an item of a distributed map whose execution is gone begins from its start in a redrive of the map.
    #[must_use]
    pub fn retention(mut self, period: Duration) -> Self {
        self.retention = Some(period);
        self
    }

    /// Makes executions of another kind on the same log known, such as state machines: [`Context::invoke`] starts one when
    /// no workflow has the name. To be called by who runs them; see [`others`](crate::others).
    #[must_use]
    pub fn others(mut self, others: Arc<dyn Others>) -> Self {
        self.others = Some(others);
        self
    }

    /// The log that this runtime will run on, if it is one that was opened before.
    #[must_use]
    pub fn log(&self) -> Option<&Arc<dyn Log>> {
        match &self.place {
            Place::Log(log) => Some(log),
            Place::Folder(_) => None,
        }
    }

    /// Opens the folder: executions that were under way go on from where they stood.
    ///
    /// Must be called on a tokio runtime with time enabled; everything then runs on that.
    ///
    /// # Errors
    /// [`duramen_storage::Error::Locked`] when another process has the folder open; other errors of the log;
    /// [`Error::Setting`] when two workflows have one name and version.
    pub async fn open(self) -> Result<Runtime, Error> {
        if let Some((name, version)) = self.twice {
            return Err(Error::Setting(format!(
                "two workflows are registered as version {version} of `{name}`: give each a name or a version of its own"
            )));
        }
        let owns_log = matches!(self.place, Place::Folder(_));
        let (log, limits) = (self.open_log().await?, self.limits());
        let mut behavior = Execution::new(self.registry, limits);
        behavior.rehearsal = self.rehearsal;
        behavior.others = self.others;
        let mut system = System::builder(log, behavior).clock(self.clock).idle(self.idle).restart(self.restart);
        if let Some(executions) = self.max_live {
            system = system.max_live(executions);
        }
        if let Some(commands) = self.max_commands {
            system = system.max_commands(commands);
        }
        let system = Arc::new(system.open().await?);
        let retention = self.retention.map(|period| Retention::begin(&system, period));
        Ok(Runtime::new(system, owns_log, retention))
    }

    pub(crate) async fn open_log(&self) -> Result<Arc<dyn Log>, Error> {
        match &self.place {
            Place::Log(log) => Ok(Arc::clone(log)),
            Place::Folder(folder) => Ok(Arc::new(self.open_folder(folder).await?)),
        }
    }

    /// Opens the log in a folder, as the one of this builder would be.
    pub(crate) async fn open_folder(&self, folder: &Path) -> Result<SledLog, Error> {
        let max_record = self.max_payload.saturating_mul(SAME_PAYLOAD).saturating_add(BESIDE_PAYLOADS);
        let mut builder = SledLog::builder(folder).max_record_bytes(max_record);
        if let Some(bytes) = self.cache_bytes {
            builder = builder.cache_bytes(bytes);
        }
        let opened = tokio::task::spawn_blocking(move || builder.open()).await;
        Ok(opened.unwrap_or(Err(duramen_storage::Error::Closed))?)
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits { payload: self.max_payload, operations: self.max_operations }
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("workflows", &self.registry.names()).finish_non_exhaustive()
    }
}
