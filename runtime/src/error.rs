//! Why a call to the runtime could not be answered.

use std::fmt;

use duramen_actors::Error as ActorError;
use duramen_storage::{Error as LogError, ExecutionId};

use crate::Failure;

/// Why a call to the runtime could not be answered, or how an execution ended otherwise than with a result.
#[derive(Debug, Clone, thiserror::Error)]
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
    /// The execution was stopped.
    #[error("{which} was stopped: {failure}")]
    Stopped {
        /// Which execution.
        which: Box<Which>,
        /// Why, as the one who stopped it said.
        failure: Box<Failure>,
    },
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
    /// An input is larger than the runtime was built for.
    #[error(
        "the input has {bytes} bytes and the limit is {limit}: pass a reference to data kept elsewhere, or raise `max_payload`"
    )]
    TooLarge {
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

impl From<ActorError> for Error {
    fn from(error: ActorError) -> Self {
        match error {
            ActorError::Log(error) => Self::Log(error),
            error => Self::Execution(error),
        }
    }
}

impl Error {
    /// The failure that the workflow returned, or that it was stopped with.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed { failure, .. } | Self::Stopped { failure, .. } => Some(failure),
            _ => None,
        }
    }
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
