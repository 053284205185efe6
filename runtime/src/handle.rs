//! One execution, seen from outside.

use std::marker::PhantomData;

use duramen_actors::decode_turn;
use duramen_storage::{Error as LogError, ExecutionId, Record, Version};
use serde::de::DeserializeOwned;

use crate::error::Which;
use crate::execution::{Command, Execution, Outcome, Reply};
use crate::{Error, Event, Failure, HistoryEvent, Listed, Runtime, Status};

/// How many records are read at once.
const PAGE: usize = 256;

/// One execution, seen from outside: `T` is what its workflow returns. Clones are of the same execution.
pub struct Handle<T> {
    runtime: Runtime,
    execution: ExecutionId,
    workflow: String,
    name: String,
    result: PhantomData<fn() -> T>,
}

impl<T> Handle<T> {
    pub(crate) fn new(runtime: &Runtime, execution: ExecutionId, workflow: String, name: String) -> Self {
        Self { runtime: runtime.clone(), execution, workflow, name, result: PhantomData }
    }

    /// The execution.
    #[must_use]
    pub fn execution(&self) -> ExecutionId {
        self.execution
    }

    /// The workflow it runs.
    #[must_use]
    pub fn workflow(&self) -> &str {
        &self.workflow
    }

    /// The name it was started under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it stands, with when it was started and when it ended.
    ///
    /// # Errors
    /// [`Error::NotFound`] once it was deleted; errors of the log.
    pub async fn describe(&self) -> Result<Listed, Error> {
        let execution = self.execution;
        let row = self.runtime.read(move |log| log.summary(execution)).await?;
        row.map(Listed::from).ok_or_else(|| self.not_found())
    }

    /// Where it stands.
    ///
    /// # Errors
    /// As [`describe`](Self::describe).
    pub async fn status(&self) -> Result<Status, Error> {
        Ok(self.describe().await?.status)
    }

    /// All that has happened to it, as far as it is durable.
    ///
    /// # Errors
    /// [`Error::NotFound`] once it was deleted; errors of the log, which name a record that is damaged.
    pub async fn history(&self) -> Result<Vec<HistoryEvent>, Error> {
        let (mut history, mut after) = (Vec::new(), Version::NONE);
        loop {
            let execution = self.execution;
            let page = self.runtime.read(move |log| log.read(execution, after, PAGE)).await?;
            let complete = page.len() < PAGE;
            for record in page {
                after = record.version;
                let (at_ms, events) = self.decode(&record)?;
                for event in events {
                    history.push(HistoryEvent { number: history.len() as u64 + 1, at_ms, event });
                }
            }
            if complete {
                return if history.is_empty() { Err(self.not_found()) } else { Ok(history) };
            }
        }
    }

    /// Ends the execution here: running steps are broken off, nothing is undone, and the failure is what
    /// [`result`](Self::result) then gives.
    ///
    /// # Errors
    /// [`Error::Closed`] when it has ended already; [`Error::Execution`] when it cannot be asked.
    pub async fn stop(&self, failure: Failure) -> Result<(), Error> {
        let address = self.runtime.system().address(self.execution);
        match address.ask(Command::Stop { failure }).await? {
            Reply::Done => Ok(()),
            Reply::Unknown => Err(self.not_found()),
            Reply::Closed => Err(Error::Closed { which: self.which() }),
        }
    }

    /// Lets a paused execution go on, once the cause is mended. One that is not paused goes on anyway.
    ///
    /// # Errors
    /// [`Error::Execution`] when it cannot be asked, and when it fails again.
    pub async fn resume(&self) -> Result<(), Error> {
        Ok(self.runtime.system().resume(self.execution).await?)
    }

    fn decode(&self, record: &Record) -> Result<(u64, Vec<Event>), Error> {
        let behavior: &Execution = self.runtime.system().behavior();
        let turn = decode_turn(behavior, record.kind, &record.body).map_err(|how| LogError::Corrupt {
            execution: self.execution,
            version: record.version,
            what: "record",
            how: how.into(),
        })?;
        let events = turn.given.into_iter().chain(turn.asked).collect();
        Ok((turn.at_ms, events))
    }

    fn which(&self) -> Box<Which> {
        Box::new(Which { execution: self.execution, workflow: self.workflow.clone(), name: self.name.clone() })
    }

    fn not_found(&self) -> Error {
        Error::NotFound { workflow: self.workflow.clone(), name: self.name.clone() }
    }

    /// Waits for the end.
    async fn outcome(&self) -> Result<Outcome, Error> {
        let waiters = &self.runtime.system().behavior().waiters;
        let ended = waiters.wait(self.execution);
        // An execution leaves memory before it tells those who wait. So one that is in memory now will tell us, and of
        // one that is not, the log knows whether it has ended.
        if !self.runtime.system().is_live(self.execution) {
            let status = self.status().await;
            if !matches!(&status, Ok(status) if !status.is_closed()) {
                drop(ended);
                waiters.forget(self.execution);
                status?;
                let execution = self.execution;
                let last = self.runtime.read(move |log| log.last(execution)).await?.ok_or_else(|| self.not_found())?;
                let (_, events) = self.decode(&last)?;
                return Outcome::among(events.iter()).ok_or_else(|| self.not_found());
            }
            if let Some(error) = self.runtime.system().failure() {
                return Err(error.into());
            }
        }
        match ended.await {
            Ok(outcome) => Ok(outcome?),
            Err(_) => Err(duramen_actors::Error::ShuttingDown.into()),
        }
    }
}

impl<T: DeserializeOwned> Handle<T> {
    /// Waits for the end and gives the result. An execution that is paused is waited for until it goes on and ends.
    ///
    /// # Errors
    /// [`Error::Failed`] and [`Error::Stopped`] when it ended so; [`Error::Payload`] when the result is not a `T`;
    /// [`Error::Execution`] when the runtime ends first.
    pub async fn result(&self) -> Result<T, Error> {
        let outcome = self.outcome().await?;
        match outcome {
            Outcome::Succeeded(result) => result.read().map_err(|error| Error::Payload {
                what: format!("the result of {}", self.which()),
                rust_type: std::any::type_name::<T>(),
                cause: error.to_string(),
            }),
            Outcome::Failed(failure) => Err(Error::Failed { which: self.which(), failure: Box::new(failure) }),
            Outcome::Stopped(failure) => Err(Error::Stopped { which: self.which(), failure: Box::new(failure) }),
        }
    }
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        Self::new(&self.runtime, self.execution, self.workflow.clone(), self.name.clone())
    }
}

impl<T> std::fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle")
            .field("execution", &self.execution)
            .field("workflow", &self.workflow)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
