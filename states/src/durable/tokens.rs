//! Answering tasks by their tokens.

use std::sync::Arc;

use duramen_actors::Error as ActorError;
use duramen_storage::{ExecutionId, Log, Name};
use serde_json::Value;

use super::behavior::KIND;
use super::command::{Command, Reply};
use super::{Error, StateMachines};
use crate::history::Fault;
use crate::machine::owner_of;
use crate::payload::Payload;

impl StateMachines {
    /// Answers a task that waits for its token, with what it has come to. The token is what a handler finds in
    /// [`Call::token`](crate::Call::token), a definition in `$$.Task.Token`, and a worker in its
    /// [task](crate::ActivityTask::token).
    ///
    /// # Errors
    /// [`Error::InvalidToken`], [`Error::TaskDoesNotExist`], [`Error::TaskTimedOut`]; as [`result`](Self::result).
    pub async fn answer_task(&self, token: &str, answer: Result<Value, Fault>) -> Result<(), Error> {
        self.by_token(token, Command::Told { token: token.to_owned(), answer: answer.map(Payload::from) }).await
    }

    /// Says that a task that waits for its token is being worked on: its `HeartbeatSeconds` count anew.
    ///
    /// # Errors
    /// As [`answer_task`](Self::answer_task).
    pub async fn heartbeat(&self, token: &str) -> Result<(), Error> {
        self.by_token(token, Command::Alive { token: token.to_owned() }).await
    }

    async fn by_token(&self, token: &str, command: Command) -> Result<(), Error> {
        let execution = owner(self.system.log(), token)?;
        taken_up(self.system.address(execution).ask(command).await)
    }
}

/// The execution whose token it is.
pub(super) fn owner(log: &Arc<dyn Log>, token: &str) -> Result<ExecutionId, Error> {
    let (definition, name) = owner_of(token).ok_or(Error::InvalidToken)?;
    let holder = log.holder(&Name { kind: KIND, definition, name }).map_err(ActorError::Log)?;
    holder.ok_or(Error::TaskDoesNotExist)
}

/// What the answer of that execution says.
pub(super) fn taken_up(reply: Result<Reply, ActorError>) -> Result<(), Error> {
    match reply? {
        Reply::Unknown => Err(Error::TaskTimedOut),
        _ => Ok(()),
    }
}
