//! Which executions under way a program would not go on with, found out before it is put in place.

mod scratch;

use std::fmt;
use std::sync::Arc;

use duramen_storage::{Error as LogError, ExecutionId, Log, Page, Query, Record, Status as Filed, Summary, Version};

use crate::builder::Place;
use crate::execution::dry::{self, Depth};
use crate::execution::{KIND, read_note};
use crate::{Builder, Error};
use scratch::Scratch;

/// How many rows or records are read at once.
const PAGE: usize = 256;

/// What [`Builder::check`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// How many executions are under way, those that are broken among them.
    pub checked: usize,
    /// Those that the code would not go on with, the earliest started first.
    pub broken: Vec<Broken>,
}

/// An execution that the code would not go on with: it would be paused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Broken {
    /// The execution.
    pub execution: ExecutionId,
    /// The workflow it runs.
    pub workflow: String,
    /// Which version of it.
    pub version: u32,
    /// The name it was started under.
    pub name: String,
    /// Why it is paused now, if it is.
    pub paused: Option<String>,
    /// What does not match: the operation, what is recorded, what the code asks for, and where.
    pub reason: String,
}

impl Builder {
    /// Replays every execution that is running or paused against the workflows registered here, and tells which would
    /// not go on: what a deployment asks before it replaces a program.
    ///
    /// Nothing is performed and nothing is written. A folder, which nobody may have open, is copied into the folder for
    /// temporary files of the system, looked at there, and the copy is removed; a log is read as it is. Each history is
    /// read whole, one execution after another. What the code would ask for behind the end of a history is not known
    /// beforehand, so an execution that is not broken may still be paused later.
    ///
    /// ```
    /// use duramen::{Context, Failure, Runtime};
    /// use std::time::Duration;
    ///
    /// async fn yesterday(ctx: Context, (): ()) -> Result<(), Failure> {
    ///     ctx.step("charge", || async { Ok::<_, Failure>(()) }).await?;
    ///     ctx.wait("cooling off", Duration::from_secs(3600)).await
    /// }
    /// async fn today(ctx: Context, (): ()) -> Result<(), Failure> {
    ///     ctx.step("bill", || async { Ok::<_, Failure>(()) }).await?;
    ///     ctx.wait("cooling off", Duration::from_secs(3600)).await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let runtime = Runtime::builder(folder.path()).workflow("order", yesterday).open().await?;
    /// # let handle = runtime.start::<()>("order", "order-7", ()).await?;
    /// # while handle.history().await?.len() < 4 { tokio::time::sleep(Duration::from_millis(1)).await }
    /// # runtime.shutdown(Duration::from_secs(5)).await?;
    /// let check = Runtime::builder(folder.path()).workflow("order", today).check().await?;
    /// assert_eq!((check.checked, check.broken.len()), (1, 1));
    /// assert!(check.broken[0].reason.contains("step `charge`") && check.broken[0].reason.contains("step `bill`"));
    /// println!("{check}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`duramen_storage::Error::Locked`] when the folder is open; other errors of the log, and of making the copy. A
    /// damaged record breaks its own execution only.
    pub async fn check(&self) -> Result<Check, Error> {
        let folder = match &self.place {
            Place::Log(log) => return self.check_log(log).await,
            Place::Folder(folder) => folder,
        };
        let scratch = Scratch::copy_of(folder.clone()).await?;
        let log: Arc<dyn Log> = Arc::new(self.open_folder(scratch.path()).await?);
        let check = self.check_log(&log).await;
        // Nobody needs what the copy holds.
        let _ = read(&log, |log| log.close()).await;
        check
    }

    async fn check_log(&self, log: &Arc<dyn Log>) -> Result<Check, Error> {
        let mut check = Check::default();
        let mut query = Query::new().kind(KIND).status(Filed::Running).status(Filed::Paused).page_size(PAGE);
        loop {
            let asked = query.clone();
            let page = match read(log, move |log| log.list(&asked)).await {
                Err(error @ (LogError::Corrupt { execution, .. } | LogError::NewerFormat { execution, .. }))
                    if query.after.is_none_or(|after| execution > after) =>
                {
                    check.checked += 1;
                    check.broken.push(Broken::unreadable(execution, &error));
                    Page { rows: Vec::new(), next: Some(execution) }
                }
                page => page?,
            };
            for row in page.rows {
                check.checked += 1;
                if let Err(reason) = self.check_one(log, row.execution).await {
                    check.broken.push(Broken::of(row, reason));
                }
                tokio::task::yield_now().await;
            }
            match page.next {
                Some(next) => query = query.after(next),
                None => return Ok(check),
            }
        }
    }

    async fn check_one(&self, log: &Arc<dyn Log>, execution: ExecutionId) -> Result<(), String> {
        let records = read(log, move |log| read_all(log, execution)).await.map_err(|error| error.to_string())?;
        let turns = dry::turns(&records)?;
        dry::replay(&self.registry, self.limits(), execution, &turns, Depth::AsRecovery)
    }
}

impl Broken {
    fn of(row: Summary, reason: String) -> Self {
        let paused = (row.status == Filed::Paused).then(|| read_note(row.note.as_deref().unwrap_or_default()).0);
        let Summary { execution, definition: workflow, revision: version, name, .. } = row;
        Self { execution, workflow, version, name, paused, reason }
    }

    fn unreadable(execution: ExecutionId, error: &LogError) -> Self {
        let unknown = || "?".to_owned();
        Self { execution, workflow: unknown(), version: 0, name: unknown(), paused: None, reason: error.to_string() }
    }
}

/// All records of an execution. Blocks.
pub(crate) fn read_all(log: &dyn Log, execution: ExecutionId) -> Result<Vec<Record>, LogError> {
    let mut records: Vec<Record> = Vec::new();
    loop {
        let after = records.last().map_or(Version::NONE, |record| record.version);
        let page = log.read(execution, after, PAGE)?;
        let complete = page.len() < PAGE;
        records.extend(page);
        if complete {
            return Ok(records);
        }
    }
}

async fn read<R: Send + 'static>(
    log: &Arc<dyn Log>,
    read: impl FnOnce(&dyn Log) -> Result<R, LogError> + Send + 'static,
) -> Result<R, LogError> {
    let log = Arc::clone(log);
    tokio::task::spawn_blocking(move || read(log.as_ref())).await.unwrap_or(Err(LogError::Closed))
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} executions under way would not go on", self.broken.len(), self.checked)?;
        self.broken.iter().try_for_each(|broken| write!(f, "\n{broken}"))
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { execution, workflow, version, name, paused, reason } = self;
        write!(f, "execution `{name}` of workflow `{workflow}`, version {version} ({execution}): {reason}")?;
        paused.as_ref().map_or(Ok(()), |paused| write!(f, "; it is paused now: {paused}"))
    }
}
