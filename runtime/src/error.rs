//! Why a call to the runtime could not be answered.

use std::fmt;

use duramen_actors::Error as ActorError;
use duramen_storage::{Error as LogError, ExecutionId};

use crate::Failure;
use crate::token::NotAToken;

/// Why a call to the runtime could not be answered, or how an execution ended otherwise than with a result.
///
/// Its `Debug` is its text, as that is what a `main` prints that returns it.
#[derive(Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No workflow is registered under this name.
    #[error(
        "no workflow `{workflow}` is registered; known are: {known}. Register it with `Runtime::builder(..).workflow(..)`"
    )]
    UnknownWorkflow {
        /// The name asked for.
        workflow: String,
        /// The names registered.
        known: String,
    },
    /// This version of the workflow is not registered.
    #[error("version {version} of workflow `{workflow}` is not registered; known versions are: {known:?}")]
    UnknownVersion {
        /// The workflow.
        workflow: String,
        /// The version asked for.
        version: u32,
        /// The versions registered.
        known: Vec<u32>,
    },
    /// There is no execution of this name.
    #[error(
        "no execution `{name}` of workflow `{workflow}` was found: it was never started, or it ended longer ago than executions are kept"
    )]
    NotFound {
        /// The workflow.
        workflow: String,
        /// The name asked for.
        name: String,
    },
    /// An execution of this name runs, or ran, with another input.
    #[error("{which} was started with another input: an execution is started once; take another name")]
    AlreadyStarted {
        /// Which execution has the name.
        which: Box<Which>,
    },
    /// The workflow returned a failure.
    #[error("{which} failed: {failure}")]
    Failed {
        /// Which execution.
        which: Box<Which>,
        /// What the workflow returned.
        failure: Box<Failure>,
    },
    /// The time of the execution was up.
    #[error("{which} timed out: {failure}")]
    TimedOut {
        /// Which execution.
        which: Box<Which>,
        /// What the workflow returned once its time was up.
        failure: Box<Failure>,
    },
    /// The execution was stopped, or was cancelled.
    #[error("{which} was stopped: {failure}")]
    Stopped {
        /// Which execution.
        which: Box<Which>,
        /// Why, as the one who stopped it said.
        failure: Box<Failure>,
    },
    /// The workflow refused an update.
    #[error("{which} refused the update `{update}`: {failure}")]
    Refused {
        /// Which execution.
        which: Box<Which>,
        /// The name of the update.
        update: String,
        /// Why.
        failure: Box<Failure>,
    },
    /// A callback cannot be answered by this token.
    #[error("callback of execution {execution}: {why}")]
    Callback {
        /// The execution in the token.
        execution: ExecutionId,
        /// Why.
        why: CallbackRefused,
    },
    /// A text is not the token of a callback.
    #[error(transparent)]
    Token(#[from] NotAToken),
    /// The execution has ended, so what was asked for cannot be done any more.
    #[error("{which} has ended already")]
    Closed {
        /// Which execution.
        which: Box<Which>,
    },
    /// A value has no JSON form, or a JSON is not that of the value asked for.
    #[error("{what} cannot be read or written as {rust_type}: {cause}")]
    Payload {
        /// What it is: `the input`, or the result of an execution.
        what: String,
        /// The Rust type.
        rust_type: &'static str,
        /// Why.
        cause: String,
    },
    /// A payload is larger than the runtime was built for.
    #[error(
        "{what} has {bytes} bytes and the limit is {limit}: pass a reference to data kept elsewhere, or raise `max_payload`"
    )]
    TooLarge {
        /// What it is: `the input`, `the signal`.
        what: &'static str,
        /// The size of its JSON, in bytes.
        bytes: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// A setting of the builder cannot be.
    #[error("{0}")]
    Setting(String),
    /// The execution could not be asked: overloaded, shutting down, paused, or failed.
    #[error(transparent)]
    Execution(ActorError),
    /// The log refused or failed.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<ActorError> for Error {
    fn from(error: ActorError) -> Self {
        match error {
            ActorError::Log(error) => Self::Log(error),
            error => Self::Execution(error),
        }
    }
}

impl Error {
    /// The failure that the workflow returned, that it was stopped with, or why it refused an update.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed { failure, .. }
            | Self::TimedOut { failure, .. }
            | Self::Stopped { failure, .. }
            | Self::Refused { failure, .. } => Some(failure),
            _ => None,
        }
    }

    /// Whether there is no such workflow, execution or callback here: 404 over HTTP.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(
            self,
            Self::UnknownWorkflow { .. }
                | Self::UnknownVersion { .. }
                | Self::NotFound { .. }
                | Self::Callback { why: CallbackRefused::Unknown, .. }
        )
    }

    /// Whether what was asked for does not go with where the execution stands: it was started with another input, it has
    /// ended, it is paused, it refused, its callback is not waited for any more. Asking again does not help: 409 over HTTP.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        match self {
            Self::AlreadyStarted { .. } | Self::Closed { .. } | Self::Refused { .. } => true,
            Self::Callback { why, .. } => *why != CallbackRefused::Unknown,
            Self::Execution(error) => matches!(error, ActorError::Paused { .. }),
            _ => false,
        }
    }

    /// Whether what was handed over is too large, for the runtime or for its log: 413 over HTTP.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::TooLarge { .. } | Self::Log(LogError::TooLarge { .. }))
    }

    /// Whether the runtime has more under way than it was built for. Nothing was done, and the same call later may
    /// succeed: 503 over HTTP, or 429.
    #[must_use]
    pub fn is_overloaded(&self) -> bool {
        matches!(self, Self::Execution(ActorError::Overloaded { .. }))
    }

    /// Whether the runtime drains or has ended. The same call succeeds once the folder is opened again: 503 over HTTP.
    #[must_use]
    pub fn is_shutting_down(&self) -> bool {
        matches!(self, Self::Execution(ActorError::ShuttingDown) | Self::Log(LogError::Closed))
    }

    /// Whether it is for the history to say what became of the call, as the execution failed while it took it. A start, and
    /// everything else that may be done twice, is to be asked for again: 503 over HTTP.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        matches!(self, Self::Execution(ActorError::Interrupted { .. }))
    }
}

/// Why a callback cannot be answered by a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackRefused {
    /// It was answered before.
    #[error("it was answered already, and the first answer counts")]
    Answered,
    /// Its time was up.
    #[error("its time is up: the answer comes too late")]
    TimedOut,
    /// Nobody waits for it any more.
    #[error("it was cancelled: nobody waits for the answer any more")]
    Cancelled,
    /// The execution has ended without it.
    #[error("its execution has ended: nobody waits for the answer any more")]
    Closed,
    /// There is no such callback: the token was not given out here.
    #[error("there is no such callback: the token was forged, or its execution was deleted")]
    Unknown,
}

/// Which execution an error is about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Which {
    /// The execution.
    pub execution: ExecutionId,
    /// The workflow it runs.
    pub workflow: String,
    /// The name it was started under.
    pub name: String,
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "execution `{}` of workflow `{}` ({})", self.name, self.workflow, self.execution)
    }
}
