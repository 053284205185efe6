//! State machines on a log: executions that outlive the process.

mod activities;
mod arns;
mod awaited;
mod behavior;
mod builder;
mod calling;
mod children;
mod command;
mod describe;
mod entity;
mod error;
mod event;
mod express;
mod functions;
#[cfg(test)]
mod golden;
mod history;
mod in_memory;
mod items;
mod link;
mod list;
mod map_runs;
mod offers;
mod own_api;
mod reading;
mod redrive;
mod registry;
mod snapshot;
mod start;
mod starting;
mod tokens;
mod waiters;
mod workflows;

use std::sync::Arc;
use std::time::Duration;

use duramen_actors::{Error as ActorError, System};
use duramen_storage::{ExecutionId, Log};

use crate::history::Fault;
use crate::machine::End;
use behavior::StateMachine;
use command::{Command, Reply};

pub use activities::{Activity, ActivityTask};
pub use builder::Builder;
pub use describe::Description;
pub use error::Error;
pub use express::Finished;
pub use list::{Listed, Listing};
pub use registry::{Alias, Registered, Registration, Registry};

/// Runs state machines on a log. Clones are the same.
///
/// What was started goes on when the log is opened again, with the definition it was started with. Tasks are begun at
/// least once; an answer counts once.
///
/// ```
/// use std::sync::Arc;
///
/// use duramen_states::definition::Definition;
/// use duramen_states::{End, StateMachines, Tasks};
/// use duramen_storage::MemoryLog;
/// use serde_json::json;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let text = r#"{"StartAt": "Double", "States": {"Double": {"Type": "Task", "Resource": "double", "End": true}}}"#;
/// let definition = Definition::parse(text).unwrap();
/// let tasks = Tasks::new().handler("double", |call| async move { Ok(json!(call.input.as_i64().unwrap_or(0) * 2)) });
///
/// let machines = StateMachines::builder(Arc::new(MemoryLog::new())).machine("doubler", &definition)?.tasks(tasks).open().await?;
/// let execution = machines.start("doubler", "first", json!(21)).await?;
/// assert_eq!(machines.result(execution).await?, End::Succeeded(json!(42).into()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct StateMachines {
    system: Arc<System<StateMachine>>,
}

impl StateMachines {
    /// Sets up the state machines of a log.
    pub fn builder(log: Arc<dyn Log>) -> Builder {
        Builder::new(log)
    }

    /// The state machines that can be started.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.system.behavior().registry
    }

    /// Waits for the end of an execution, which may sleep meanwhile.
    ///
    /// # Errors
    /// [`Error::Execution`] when there is no such execution, when the system ends, and for errors of the log.
    pub async fn result(&self, execution: ExecutionId) -> Result<End, Error> {
        // Listened for before it is asked, so that nothing falls between.
        let told = self.system.behavior().waiters.wait(execution);
        if let Some(end) = self.look(execution).await? {
            return Ok(end);
        }
        match told.await {
            Ok(Ok(end)) => Ok(end),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(ActorError::ShuttingDown.into()),
        }
    }

    /// How an execution has ended, if it has.
    ///
    /// # Errors
    /// As [`result`](Self::result).
    pub async fn look(&self, execution: ExecutionId) -> Result<Option<End>, Error> {
        match self.system.address(execution).ask(Command::Look).await? {
            Reply::Looked(found) => Ok(found.ended.map(|(_, end)| end)),
            _ => Ok(None),
        }
    }

    /// Stops an execution: it ends as aborted, with that error. Nothing, if it has ended.
    ///
    /// # Errors
    /// [`Error::WrongType`] for an Express execution; as [`result`](Self::result).
    pub async fn stop(&self, execution: ExecutionId, fault: Fault) -> Result<(), Error> {
        match self.system.address(execution).ask(Command::Stop { fault }).await? {
            Reply::Express => Err(Error::WrongType {
                what: format!("the Express execution {execution}"),
                call: "an end from outside",
                instead: "let it run, or give its state machine a TimeoutSeconds",
            }),
            _ => Ok(()),
        }
    }

    /// Ends in order: no more calls are taken and no more tasks begin; those under way may end until the deadline. Gives
    /// how many were broken off; they begin again after the next opening.
    pub async fn shutdown(&self, deadline: Duration) -> usize {
        self.system.drain(deadline).await
    }
}

impl std::fmt::Debug for StateMachines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StateMachines").field("live", &self.system.live()).finish_non_exhaustive()
    }
}
