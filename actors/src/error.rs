//! Why an entity could not be asked.

use duramen_storage::ExecutionId;

/// Why a command was not answered.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// More is under way than was allowed. Nothing was done; ask again later, or open with a higher limit.
    #[error("overloaded: {what} has reached its limit of {limit}; nothing was done, try again later")]
    Overloaded {
        /// What is full.
        what: &'static str,
        /// Its limit.
        limit: usize,
    },
    /// The system drains or has ended. Nothing was done.
    #[error("shutting down: no more commands are taken; nothing was done")]
    ShuttingDown,
    /// The entity is paused, and this command is not for a paused one.
    #[error("execution {execution} is paused: {reason}")]
    Paused {
        /// The entity.
        execution: ExecutionId,
        /// Why it is.
        reason: String,
    },
    /// The entity failed, or the system ended, while it handled the command. The command took effect as a whole or not at
    /// all, and its events are in the log if it did.
    #[error(
        "execution {execution} failed or was stopped while it handled the command: whether the command took effect is for the log to say; ask again"
    )]
    Interrupted {
        /// The entity.
        execution: ExecutionId,
    },
    /// The log refused or failed.
    #[error(transparent)]
    Log(#[from] duramen_storage::Error),
}
