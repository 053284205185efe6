//! The runtime: where executions are started and found.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use duramen_actors::System;
use duramen_storage::{Error as LogError, ExecutionId, Log};
use serde::Serialize;

use crate::builder::Builder;
use crate::execution::{Execution, KIND};
use crate::retention::Retention;
use crate::{Error, Filter, Handle, List, Listed, Payload, Start};

/// Runs durable functions on one folder of data. Clones are the same runtime.
///
/// When the last clone and the last handle are dropped without [`shutdown`](Self::shutdown), everything stops where it
/// stands, as in a crash, and goes on when the folder is opened again. The folder is free at once; a log that was handed
/// over to [`on_log`](Self::on_log) is left open.
///
/// ```
/// use duramen::{Context, Failure, Runtime};
///
/// async fn greet(ctx: Context, name: String) -> Result<String, Failure> {
///     ctx.step("greet", || { let name = name.clone(); async move { Ok::<_, Failure>(format!("Hello, {name}!")) } }).await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let runtime = Runtime::builder(folder.path()).workflow("greet", greet).open().await?;
/// let greeting: String = runtime.start("greet", "greet-ada", "Ada").await?.result().await?;
/// assert_eq!(greeting, "Hello, Ada!");
/// runtime.shutdown(std::time::Duration::from_secs(5)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Runtime {
    inner: Arc<Inner>,
}

struct Inner {
    system: Arc<System<Execution>>,
    /// Whether the log was opened for this runtime alone.
    owns_log: bool,
    _retention: Option<Retention>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.system.stop();
        if self.owns_log {
            // What still runs holds the log a moment longer, and the folder must be free for the next opening. Why it
            // could not be closed well, the log has logged.
            let _ = self.system.log().close();
        }
    }
}

/// How a [`Runtime::shutdown`] went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shutdown {
    /// Steps that still ran at the deadline and were broken off: they run again after the next opening.
    pub unfinished_steps: usize,
}

impl Runtime {
    /// Sets up a runtime on a folder, which is made when there is none.
    pub fn builder(folder: impl AsRef<Path>) -> Builder {
        Builder::in_folder(folder.as_ref().to_path_buf())
    }

    /// Sets up a runtime on a log: one in memory for tests, say.
    pub fn on_log(log: Arc<dyn Log>) -> Builder {
        Builder::on_log(log)
    }

    pub(crate) fn new(system: Arc<System<Execution>>, owns_log: bool, retention: Option<Retention>) -> Self {
        Self { inner: Arc::new(Inner { system, owns_log, _retention: retention }) }
    }

    pub(crate) fn system(&self) -> &System<Execution> {
        &self.inner.system
    }

    pub(crate) fn shared_system(&self) -> &Arc<System<Execution>> {
        &self.inner.system
    }

    /// Starts an execution of a workflow under a name, and gives its handle once that is durable.
    ///
    /// A name is used once for each workflow: starting it again with the same input gives the same execution, running
    /// or ended, so that a caller who is not sure may simply start again.
    ///
    /// # Errors
    /// When awaited: [`Error::UnknownWorkflow`] and [`Error::UnknownVersion`]; [`Error::AlreadyStarted`] when the name was
    /// used with another input; [`Error::TooLarge`] and [`Error::Payload`] for the input; [`Error::Execution`] when
    /// overloaded or shutting down.
    pub fn start<T>(
        &self,
        workflow: impl Into<String>,
        name: impl Into<String>,
        input: impl Serialize,
    ) -> Start<'_, T> {
        Start::new(self, workflow.into(), name.into(), payload_of("the input", &input))
    }

    /// The handle of an execution that was started before, running or ended.
    ///
    /// # Errors
    /// [`Error::NotFound`]; errors of the log.
    pub async fn get<T>(&self, workflow: impl Into<String>, name: impl Into<String>) -> Result<Handle<T>, Error> {
        let (workflow, name) = (workflow.into(), name.into());
        match self.holder(&workflow, &name)? {
            Some(execution) => Ok(Handle::new(self, execution, workflow, name)),
            None => Err(Error::NotFound { workflow, name }),
        }
    }

    /// The handle of the execution with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`]; errors of the log.
    pub async fn get_by_id<T>(&self, execution: ExecutionId) -> Result<Handle<T>, Error> {
        let row = self.read(move |log| log.summary(execution)).await?.filter(|row| row.kind == KIND);
        let row = row.ok_or_else(|| Error::NotFound { workflow: "?".to_owned(), name: execution.to_string() })?;
        Ok(Handle::new(self, execution, row.definition, row.name))
    }

    /// Lists executions, a page at a time.
    ///
    /// # Errors
    /// Errors of the log.
    pub async fn list(&self, filter: &Filter) -> Result<List, Error> {
        let query = filter.query.clone();
        let page = self.read(move |log| log.list(&query)).await?;
        Ok(List { executions: page.rows.into_iter().map(Listed::from).collect(), next: page.next })
    }

    /// How many executions are in memory.
    #[must_use]
    pub fn live(&self) -> usize {
        self.system().live()
    }

    /// The log under the runtime: its counts of batches and syncs, say.
    #[must_use]
    pub fn log(&self) -> &Arc<dyn Log> {
        self.system().log()
    }

    /// Ends in order: no more calls are taken, no more steps begin, those that run may end until the deadline, what they
    /// returned is recorded, and the folder is closed. Executions go on when it is opened again.
    ///
    /// # Errors
    /// When the last writes failed.
    pub async fn shutdown(&self, deadline: Duration) -> Result<Shutdown, Error> {
        let unfinished_steps = self.system().drain(deadline).await;
        self.read(|log| log.close()).await?;
        Ok(Shutdown { unfinished_steps })
    }

    /// Whether a payload may be taken in.
    pub(crate) fn check_size(&self, what: &'static str, payload: &Payload) -> Result<(), Error> {
        let (bytes, limit) = (payload.as_bytes().len(), self.system().behavior().limits.payload);
        if bytes <= limit { Ok(()) } else { Err(Error::TooLarge { what, bytes, limit }) }
    }

    /// Reads the log, which may wait for the disk, on a thread where that is allowed.
    pub(crate) async fn read<R: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Log) -> Result<R, LogError> + Send + 'static,
    ) -> Result<R, Error> {
        let log = Arc::clone(self.system().log());
        let read = tokio::task::spawn_blocking(move || read(log.as_ref())).await;
        Ok(read.unwrap_or(Err(LogError::Closed))?)
    }
}

/// The JSON of what a caller hands over.
pub(crate) fn payload_of<I: Serialize + ?Sized>(what: &str, value: &I) -> Result<Payload, Error> {
    Payload::of(value).map_err(|error| Error::Payload {
        what: what.to_owned(),
        rust_type: std::any::type_name::<I>(),
        cause: error.to_string(),
    })
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime")
            .field("workflows", &self.system().behavior().registry.names())
            .field("live", &self.live())
            .finish()
    }
}
