//! How an execution is started.

use std::marker::PhantomData;
use std::time::Duration;

use duramen_actors::decode_turn;
use duramen_storage::{Error as LogError, ExecutionId, Name, Version};
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::error::Which;
use crate::event::Begin;
use crate::execution::{Command, KIND};
use crate::{Error, Event, Handle, Payload, Runtime};

/// A start of an execution: await it for the [`Handle`], an execution whose workflow returns a `T`. Made by
/// [`Runtime::start`].
///
/// ```
/// # use duramen::{Context, Failure, Runtime};
/// # use std::time::Duration;
/// # async fn pay(_: Context, cents: u64) -> Result<u64, Failure> { Ok(cents) }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let runtime = Runtime::builder(folder.path()).workflow("pay", pay).open().await?;
/// let week = Duration::from_secs(7 * 24 * 3600);
/// let payment = runtime.start::<u64>("pay", "invoice-12", 9_900).timeout(week).await?;
/// assert_eq!(payment.result().await?, 9_900);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is started unless it is awaited"]
pub struct Start<'r, T> {
    runtime: &'r Runtime,
    workflow: String,
    name: String,
    input: Result<Payload, Error>,
    version: Option<u32>,
    timeout: Option<Duration>,
    result: PhantomData<fn() -> T>,
}

impl<'r, T> Start<'r, T> {
    pub(crate) fn new(runtime: &'r Runtime, workflow: String, name: String, input: Result<Payload, Error>) -> Self {
        Self { runtime, workflow, name, input, version: None, timeout: None, result: PhantomData }
    }

    /// Which version of the workflow; the newest that is registered if not set.
    pub fn version(mut self, version: u32) -> Self {
        self.version = Some(version);
        self
    }

    /// How long the execution may take, to the ms; no limit if not set. When its time is up, it is cancelled: operations
    /// under way fail with [`Failure::EXECUTION_TIMEOUT`](crate::Failure::EXECUTION_TIMEOUT), sagas are undone, and when
    /// the workflow then fails, the execution has timed out. While it is paused, its time does not pass.
    pub fn timeout(mut self, duration: Duration) -> Self {
        self.timeout = Some(duration);
        self
    }

    async fn begin(self) -> Result<Handle<T>, Error> {
        let Self { runtime, workflow, name, input, version, timeout, .. } = self;
        let behavior = runtime.system().behavior();
        let Some(version) = behavior.registry.version_to_start(&workflow, version) else {
            return Err(match version.filter(|_| behavior.registry.knows(&workflow)) {
                Some(version) => {
                    Error::UnknownVersion { version, known: behavior.registry.versions(&workflow), workflow }
                }
                None => Error::UnknownWorkflow { workflow, known: behavior.registry.names().join(", ") },
            });
        };
        let input = input?;
        runtime.check_size("the input", &input)?;
        if let Some(execution) = runtime.holder(&workflow, &name)? {
            return started_before(runtime, execution, workflow, name, &input).await;
        }
        let timeout_ms = timeout.map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
        let begin = Box::new(Begin {
            workflow: workflow.clone(),
            version,
            name: name.clone(),
            input: input.clone(),
            parent: None,
            deadline_ms: timeout_ms.map(|timeout_ms| runtime.system().now_ms().saturating_add(timeout_ms)),
            run: 0,
        });
        let execution = runtime.system().new_execution();
        match runtime.system().start(execution, Command::Start { begin, caller: None }).await {
            Ok(_) => Ok(Handle::new(runtime, execution, workflow, name)),
            Err(duramen_actors::Error::Log(LogError::NameTaken { holder, .. })) => {
                started_before(runtime, holder, workflow, name, &input).await
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl<'r, T: 'r> IntoFuture for Start<'r, T> {
    type Output = Result<Handle<T>, Error>;
    type IntoFuture = BoxFuture<'r, Result<Handle<T>, Error>>;

    fn into_future(self) -> Self::IntoFuture {
        self.begin().boxed()
    }
}

impl<T> std::fmt::Debug for Start<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Start").field("workflow", &self.workflow).field("name", &self.name).finish_non_exhaustive()
    }
}

impl Runtime {
    /// The execution that has this name.
    pub(crate) fn holder(&self, workflow: &str, name: &str) -> Result<Option<ExecutionId>, Error> {
        let name = Name { kind: KIND, definition: workflow.to_owned(), name: name.to_owned() };
        Ok(self.system().log().holder(&name)?)
    }
}

/// The handle of an execution that has the name, if it also has the input.
async fn started_before<T>(
    runtime: &Runtime,
    execution: ExecutionId,
    workflow: String,
    name: String,
    input: &Payload,
) -> Result<Handle<T>, Error> {
    let first = runtime.read(move |log| log.read(execution, Version::NONE, 1)).await?;
    for record in first {
        let turn = decode_turn(runtime.system().behavior(), record.kind, &record.body)
            .map_err(|how| LogError::Corrupt { execution, version: record.version, what: "record", how: how.into() })?;
        let same =
            turn.events().any(|event| matches!(event, Event::ExecutionStarted { begin } if begin.input == *input));
        if same {
            return Ok(Handle::new(runtime, execution, workflow, name));
        }
    }
    Err(Error::AlreadyStarted { which: Box::new(Which { execution, workflow, name }) })
}
