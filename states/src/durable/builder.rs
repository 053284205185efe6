//! Setting up state machines.

use std::sync::Arc;
use std::time::Duration;

use duramen::others::Functions;
use duramen_actors::{Clock, System, SystemClock};
use duramen_storage::Log;

use super::activities::{Activities, spawn_gather};
use super::behavior::StateMachine;
use super::registry::{Registration, Registry};
use super::workflows::Link;
use super::{Error, StateMachines};
use crate::definition::Definition;
use crate::machine::Limits;
use crate::task::Tasks;

/// Sets up [`StateMachines`].
pub struct Builder {
    log: Arc<dyn Log>,
    clock: Arc<dyn Clock>,
    registry: Registry,
    activities: Vec<String>,
    tasks: Tasks,
    limits: Limits,
    idle: Duration,
    snapshot_every: Option<u64>,
}

impl Builder {
    pub(super) fn new(log: Arc<dyn Log>) -> Self {
        Self {
            log,
            clock: Arc::new(SystemClock),
            registry: Registry::default(),
            activities: Vec::new(),
            tasks: Tasks::new(),
            limits: Limits::default(),
            idle: Duration::from_secs(10),
            snapshot_every: None,
        }
    }

    /// Registers a definition under a name as a Standard state machine, in place of the one that had it. Executions under way
    /// keep theirs.
    ///
    /// # Errors
    /// [`Error::Definition`] when an expression in it is none; [`Error::InvalidName`].
    pub fn machine(self, name: impl Into<String>, definition: &Definition) -> Result<Self, Error> {
        self.register(name, Registration::standard(definition))
    }

    /// Registers a definition under a name as an Express state machine, in place of the one that had it.
    ///
    /// # Errors
    /// [`Error::Definition`] when an expression in it is none, and when it waits for a job, a token or an activity.
    pub fn express(self, name: impl Into<String>, definition: &Definition) -> Result<Self, Error> {
        self.register(name, Registration::express(definition))
    }

    /// Registers a state machine under a name, in place of the one that had it.
    ///
    /// # Errors
    /// [`Error::Definition`] when it cannot be run.
    pub fn register(self, name: impl Into<String>, registration: Registration) -> Result<Self, Error> {
        self.registry.replace(&name.into(), registration)?;
        Ok(self)
    }

    /// What is registered so far, to publish versions and make aliases.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The region in ARNs; `local` if not set.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.registry.arns.region = region.into();
        self
    }

    /// The account in ARNs; `000000000000` if not set.
    #[must_use]
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.registry.arns.account = account.into();
        self
    }

    /// Creates an activity, as [`StateMachines::create_activity`].
    ///
    /// # Errors
    /// As `create_activity`.
    pub fn activity(mut self, activity: impl Into<String>) -> Result<Self, Error> {
        let activity = activity.into();
        Activities::default().create(&activity, &self.registry.arns, 0)?;
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

    /// After how many turns of an execution its state is written down beside its events, so that it comes back from there; 256
    /// if not set, and 0 for never. One with many branches waits for as many turns as it has branches.
    #[must_use]
    pub fn snapshot_every(mut self, turns: u64) -> Self {
        self.snapshot_every = Some(turns);
        self
    }

    /// Opens them: what is under way in the log goes on. Must be called on a tokio runtime.
    ///
    /// A log is for one of them at a time. Others on the same log would begin the same tasks once more each; what is in the log
    /// stays right all the same.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn open(self) -> Result<StateMachines, Error> {
        self.open_beside(None).await
    }

    /// Opens them and durable functions on the same log, so that the two call each other: a task that names a workflow (by
    /// its name, the ARN of a function, or the `FunctionName` of `lambda:invoke`) starts it and waits for its result, if no
    /// handler has the name; `invoke` in a workflow starts the state machine of that name, if no workflow has it. Both wait
    /// without being in memory, and who does not wait any more stops what it started. (An Express execution only waits in
    /// memory, and what it called goes on by itself when it is no more.)
    ///
    /// End the state machines first, then the functions, which close the log.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::Duration;
    ///
    /// use duramen::{Context, Failure, Runtime};
    /// use duramen_states::StateMachines;
    /// use duramen_states::definition::Definition;
    /// use duramen_storage::{Log, MemoryLog};
    ///
    /// async fn order(ctx: Context, item: String) -> Result<String, Failure> {
    ///     ctx.invoke("pack", item).await
    /// }
    ///
    /// async fn label(ctx: Context, item: String) -> Result<String, Failure> {
    ///     ctx.step("print", || { let item = item.clone(); async move { Ok::<_, Failure>(format!("label of {item}")) } }).await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let text = r#"{"StartAt": "Label", "States": {"Label": {"Type": "Task", "Resource": "label", "End": true}}}"#;
    /// let pack = Definition::parse(text).unwrap();
    ///
    /// let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
    /// let functions = Runtime::on_log(log.clone()).workflow("order", order).workflow("label", label);
    /// let (machines, runtime) = StateMachines::builder(log).machine("pack", &pack)?.open_with(functions).await?;
    /// let handle = runtime.start::<String>("order", "order-7", "a chair").await?;
    /// assert_eq!(handle.result().await?, "label of a chair");
    /// machines.shutdown(Duration::from_secs(5)).await;
    /// runtime.shutdown(Duration::from_secs(5)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::OtherLog`] when the functions are not on the same log; [`Error::Functions`]; as [`open`](Self::open).
    pub async fn open_with(self, functions: duramen::Builder) -> Result<(StateMachines, duramen::Runtime), Error> {
        let log = functions.log().map(Arc::as_ptr);
        if !log.is_some_and(|log| std::ptr::addr_eq(log, Arc::as_ptr(&self.log))) {
            return Err(Error::OtherLog);
        }
        let (opening, link) = Link::new();
        let runtime = functions.others(Arc::new(link)).open().await?;
        let machines = self.open_beside(Some(runtime.functions())).await?;
        // Those who wait for it are gone if this fails.
        let _ = opening.send(Some(Arc::downgrade(&machines.system)));
        Ok((machines, runtime))
    }

    async fn open_beside(mut self, functions: Option<Functions>) -> Result<StateMachines, Error> {
        self.tasks.functions.clone_from(&functions);
        let mut behavior = StateMachine::new(self.registry, self.tasks, self.limits);
        behavior.functions = functions;
        behavior.snapshot_every = self.snapshot_every.unwrap_or(behavior.snapshot_every);
        for activity in &self.activities {
            behavior.activities.create(activity, &behavior.registry.arns, self.clock.now_ms())?;
        }
        let system = System::builder(self.log, behavior).clock(self.clock).idle(self.idle).open().await?;
        let system = Arc::new(system);
        spawn_gather(&system);
        Ok(StateMachines { system })
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("machines", &self.registry.names()).finish_non_exhaustive()
    }
}
