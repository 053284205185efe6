//! Where executions stand, and how they are listed.

use std::fmt;

use duramen_storage::{ExecutionId, Query, Status as Filed, Summary};

use crate::execution::{KIND, read_note};

/// Where an execution stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// It goes on by itself: a step runs, or it waits.
    Running,
    /// It was taken out of its course, and goes on when it is resumed by [`Handle::resume`](crate::Handle::resume). One
    /// that was paused by a fault is also tried again by the next opening of the folder.
    Paused {
        /// What happened, where, and what to do.
        reason: String,
        /// The steps of sagas that are still to be undone, the next one first; when an undo has given up.
        compensation: Vec<String>,
    },
    /// Its workflow returned a result.
    Succeeded,
    /// Its workflow returned a failure.
    Failed,
    /// Its time was up.
    TimedOut,
    /// It was stopped, or was cancelled and then failed.
    Stopped,
}

impl Status {
    pub(crate) fn of(row: &Summary) -> Self {
        match row.status {
            Filed::Paused => {
                let (reason, compensation) = read_note(row.note.as_deref().unwrap_or_default());
                Self::Paused { reason, compensation }
            }
            Filed::Succeeded => Self::Succeeded,
            Filed::Failed => Self::Failed,
            Filed::TimedOut => Self::TimedOut,
            Filed::Stopped => Self::Stopped,
            _ => Self::Running,
        }
    }

    /// Whether nothing more will happen.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        !matches!(self, Self::Running | Self::Paused { .. })
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running => f.write_str("running"),
            Self::Paused { reason, compensation } if compensation.is_empty() => write!(f, "paused: {reason}"),
            Self::Paused { reason, compensation } => {
                write!(f, "paused: {reason}; still to undo: {}", compensation.join(", "))
            }
            Self::Succeeded => f.write_str("succeeded"),
            Self::Failed => f.write_str("failed"),
            Self::TimedOut => f.write_str("timed out"),
            Self::Stopped => f.write_str("stopped"),
        }
    }
}

/// Which executions to list: all, restricted by every method that is called.
///
/// ```
/// use duramen::{Filter, StatusKind};
///
/// let stuck = Filter::new().workflow("order").status(StatusKind::Paused).newest_first().page_size(20);
/// # let _ = stuck;
/// ```
#[derive(Debug, Clone)]
pub struct Filter {
    pub(crate) query: Query,
}

/// A status without what belongs to it, to filter by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatusKind {
    /// As [`Status::Running`].
    Running,
    /// As [`Status::Paused`].
    Paused,
    /// As [`Status::Succeeded`].
    Succeeded,
    /// As [`Status::Failed`].
    Failed,
    /// As [`Status::TimedOut`].
    TimedOut,
    /// As [`Status::Stopped`].
    Stopped,
}

impl From<&Status> for StatusKind {
    fn from(status: &Status) -> Self {
        match status {
            Status::Running => Self::Running,
            Status::Paused { .. } => Self::Paused,
            Status::Succeeded => Self::Succeeded,
            Status::Failed => Self::Failed,
            Status::TimedOut => Self::TimedOut,
            Status::Stopped => Self::Stopped,
        }
    }
}

impl Default for Filter {
    fn default() -> Self {
        Self { query: Query::new().kind(KIND) }
    }
}

impl Filter {
    /// All executions, the earliest started first, 100 a page.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn map(self, change: impl FnOnce(Query) -> Query) -> Self {
        Self { query: change(self.query) }
    }

    /// Only executions with this status; called again, also with that one.
    #[must_use]
    pub fn status(self, status: StatusKind) -> Self {
        let filed = match status {
            StatusKind::Running => Filed::Running,
            StatusKind::Paused => Filed::Paused,
            StatusKind::Succeeded => Filed::Succeeded,
            StatusKind::Failed => Filed::Failed,
            StatusKind::TimedOut => Filed::TimedOut,
            StatusKind::Stopped => Filed::Stopped,
        };
        self.map(|query| query.status(filed))
    }

    /// Only executions of this workflow.
    #[must_use]
    pub fn workflow(self, workflow: impl Into<String>) -> Self {
        self.map(|query| query.definition(workflow))
    }

    /// Only executions whose name begins so.
    #[must_use]
    pub fn name_prefix(self, prefix: impl Into<String>) -> Self {
        self.map(|query| query.name_prefix(prefix))
    }

    /// Only executions started at or after `ms` since the Unix epoch.
    #[must_use]
    pub fn started_from_ms(self, ms: u64) -> Self {
        self.map(|query| query.started_from_ms(ms))
    }

    /// Only executions started before `ms` since the Unix epoch.
    #[must_use]
    pub fn started_before_ms(self, ms: u64) -> Self {
        self.map(|query| query.started_before_ms(ms))
    }

    /// The latest started first.
    #[must_use]
    pub fn newest_first(self) -> Self {
        self.map(Query::newest_first)
    }

    /// At most so many executions a page; 0 counts as 1.
    #[must_use]
    pub fn page_size(self, executions: usize) -> Self {
        self.map(|query| query.page_size(executions))
    }

    /// Goes on behind this execution: the `next` of the page before.
    #[must_use]
    pub fn after(self, execution: ExecutionId) -> Self {
        self.map(|query| query.after(execution))
    }
}

/// One execution in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listed {
    /// The execution.
    pub execution: ExecutionId,
    /// The workflow it runs.
    pub workflow: String,
    /// Which version of it.
    pub version: u32,
    /// The name it was started under.
    pub name: String,
    /// Where it stands.
    pub status: Status,
    /// When it was started, in ms since the Unix epoch.
    pub started_ms: u64,
    /// When it ended, in ms since the Unix epoch.
    pub closed_ms: Option<u64>,
}

impl From<Summary> for Listed {
    fn from(row: Summary) -> Self {
        let status = Status::of(&row);
        Self {
            execution: row.execution,
            workflow: row.definition,
            version: row.revision,
            name: row.name,
            status,
            started_ms: row.started_ms,
            closed_ms: row.closed_ms,
        }
    }
}

/// How many executions run one version of a workflow; [`Runtime::versions`](crate::Runtime::versions) counts them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InUse {
    /// The workflow.
    pub workflow: String,
    /// The version.
    pub version: u32,
    /// How many executions are running.
    pub running: usize,
    /// How many are paused.
    pub paused: usize,
}

impl fmt::Display for InUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workflow, version, running, paused } = self;
        write!(f, "version {version} of `{workflow}`: {running} running, {paused} paused")
    }
}

/// Some executions of a list, and where it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct List {
    /// The executions, in the order asked for.
    pub executions: Vec<Listed>,
    /// Give this to [`Filter::after`] for the next page; `None` when there is no more.
    pub next: Option<ExecutionId>,
}
