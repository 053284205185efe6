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
    /// It is no token of a task.
    #[error("Invalid Token: 'Invalid token'")]
    InvalidToken,
    /// It is the token of a task of which nothing is known here (any more).
    #[error("Task Does Not Exist: 'Provided task does not exist'")]
    TaskDoesNotExist,
    /// The task of the token has ended: by an answer, or because its time was up, or with what is around it.
    #[error("Task Timed Out: 'Provided task does not exist anymore'")]
    TaskTimedOut,
    /// There is no such activity.
    #[error("Activity Does Not Exist: '{activity}'")]
    ActivityDoesNotExist {
        /// The name or ARN.
        activity: String,
    },
    /// It is no name for an activity: 1 to 80 characters, none of them a space, a control character, or one of
    /// ``<>{}[]?*"#%\^|~`$&,;:/``.
    #[error("Invalid Name: '{name}'")]
    InvalidName {
        /// The name.
        name: String,
    },
    /// It is no ARN of an activity.
    #[error("Invalid Arn: 'Invalid ARN prefix: {arn}'")]
    InvalidArn {
        /// The ARN.
        arn: String,
    },
    /// The execution, the system or the log says no.
    #[error(transparent)]
    Execution(#[from] duramen_actors::Error),
}
