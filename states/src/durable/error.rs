//! Why something was not done.

use duramen_storage::ExecutionId;

/// Why something was not done.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No state machine is registered under the name.
    #[error("no state machine is registered as `{machine}`")]
    UnknownMachine {
        /// The name.
        machine: String,
    },
    /// The name was used for an execution with another input.
    #[error("the execution {execution} has that name, and another input")]
    AlreadyStarted {
        /// The execution that has it.
        execution: ExecutionId,
    },
    /// A definition cannot be run.
    #[error("the definition of `{machine}` cannot be run: {why}")]
    Definition {
        /// The name under which it was registered.
        machine: String,
        /// All that is wrong.
        why: String,
    },
    /// There is no map run with that ARN, or it has ended where one was asked for that is under way.
    #[error("there is no such map run")]
    UnknownMapRun,
    /// It is no token of a task, or nobody waits for that task any more.
    #[error("no task waits for that token")]
    UnknownToken,
    /// The execution, the system or the log says no.
    #[error(transparent)]
    Execution(#[from] duramen_actors::Error),
}
