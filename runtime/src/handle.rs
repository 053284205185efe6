//! One execution, seen from outside.

use std::marker::PhantomData;

use duramen_storage::{ExecutionId, Version};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::answers::Answered;
use crate::error::Which;
use crate::execution::{Command, Outcome, Reply};
use crate::runtime::payload_of;
use crate::{Error, Event, Failure, Listed, Payload, Runtime, Status};

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

    /// Waits until it does not go on by itself any more, and gives where it then stands: it has ended, or is paused.
    ///
    /// # Errors
    /// As [`describe`](Self::describe); [`Error::Execution`] when the runtime ends first.
    pub async fn settled(&self) -> Result<Status, Error> {
        let told = self.runtime.system().behavior().watchers.watch(self.execution);
        loop {
            // Listened for before the status is looked at, so that nothing falls between.
            let mut news = std::pin::pin!(told.notified());
            news.as_mut().enable();
            if let Some(error) = self.runtime.system().failure() {
                return Err(error.into());
            }
            match self.status().await? {
                Status::Running => news.await,
                settled => return Ok(settled),
            }
        }
    }

    /// Ends the execution here: running steps are broken off, nothing is undone, and the failure is what
    /// [`result`](Self::result) then gives.
    ///
    /// # Errors
    /// [`Error::Closed`] when it has ended already; [`Error::Execution`] when it cannot be asked.
    pub async fn stop(&self, failure: Failure) -> Result<(), Error> {
        let limit = self.runtime.system().behavior().limits.payload;
        self.ask(Command::Stop { failure: failure.within(limit) }).await
    }

    /// Brings the execution to an end: every operation under way, and every one called later, fails with
    /// [`Failure::CANCELLED`]; steps that run are broken off, invoked executions are cancelled too, sagas are undone. When
    /// the workflow then fails, the execution is stopped. Cancelling it again changes nothing.
    ///
    /// # Errors
    /// [`Error::Closed`] when it has ended already; [`Error::Execution`] when it cannot be asked.
    pub async fn cancel(&self, reason: impl Into<String>) -> Result<(), Error> {
        let limit = self.runtime.system().behavior().limits.payload;
        self.ask(Command::Cancel { failure: Failure::new(Failure::CANCELLED, reason).within(limit) }).await
    }

    /// Lets nothing more begin until the execution is [resumed](Self::resume). What runs may end, and is recorded; what
    /// comes in waits. The time of the execution does not pass meanwhile.
    ///
    /// # Errors
    /// [`Error::Closed`] when it has ended already; [`Error::Execution`] when it cannot be asked.
    pub async fn pause(&self, reason: impl Into<String>) -> Result<(), Error> {
        self.ask(Command::Pause { reason: reason.into() }).await
    }

    /// Lets a paused execution go on, once the cause is mended. One that is not paused goes on anyway.
    ///
    /// # Errors
    /// [`Error::Closed`] when it has ended already; [`Error::Execution`] when it cannot be asked, and when it fails again.
    pub async fn resume(&self) -> Result<(), Error> {
        // A pause of its own first: once its fault is mended, it may end at once.
        self.ask(Command::Resume).await?;
        Ok(self.runtime.system().resume(self.execution).await?)
    }

    /// Sends a signal, which [`Context::signal`](crate::Context::signal) takes. Once this returns it is durable, and is
    /// not lost whatever happens.
    ///
    /// # Errors
    /// [`Error::Closed`] when the execution has ended; [`Error::Payload`] and [`Error::TooLarge`] for the value;
    /// [`Error::Execution`] when it cannot be asked.
    pub async fn signal(&self, name: impl Into<String>, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        let value = self.payload("the signal", value)?;
        self.ask(Command::Signal { name: name.into(), value }).await
    }

    /// Asks for an update, which [`Context::update`](crate::Context::update) takes, and waits for the answer.
    ///
    /// # Errors
    /// [`Error::Refused`] when the workflow refused it; [`Error::Closed`] when the execution has ended, or ends without
    /// answering; [`Error::Payload`] and [`Error::TooLarge`] for the value, and when the answer is not an `A`;
    /// [`Error::Execution`] when it cannot be asked. When the process ends before the answer, whether the update was made
    /// is for the history to say.
    pub async fn update<A: DeserializeOwned>(
        &self,
        name: impl Into<String>,
        value: &(impl Serialize + ?Sized),
    ) -> Result<A, Error> {
        let value = self.payload("the update", value)?;
        let waiting = self.runtime.system().behavior().answers.wait(self.execution);
        let name = name.into();
        self.ask(Command::Update { name: name.clone(), value, request: waiting.request }).await?;
        match waiting.answered().await {
            Answered::Answer(Ok(answer)) => self.read_as(&answer, "the answer to the update"),
            Answered::Answer(Err(failure)) => {
                Err(Error::Refused { which: self.which(), update: name, failure: Box::new(failure) })
            }
            Answered::Closed => Err(Error::Closed { which: self.which() }),
            Answered::Ended(error) => Err(error.into()),
        }
    }

    /// What the workflow [published](crate::Context::publish) last under a name; `None` when it has published nothing so
    /// far. It is read from the log: the workflow is not woken, and may have ended.
    ///
    /// # Errors
    /// [`Error::Payload`] when it is not a `V`; errors of the log.
    pub async fn query<V: DeserializeOwned>(&self, name: &str) -> Result<Option<V>, Error> {
        let (execution, mark) = (self.execution, name.to_owned());
        let Some(record) = self.runtime.read(move |log| log.marked(execution, &mark)).await? else { return Ok(None) };
        let (_, events) = self.decode(&record)?;
        let published = events.into_iter().rev().find_map(|event| match event {
            Event::Published { name: of, value, .. } if of == name => Some(value),
            _ => None,
        });
        published.map(|value| self.read_as(&value, &format!("published value `{name}`"))).transpose()
    }

    async fn ask(&self, command: Command) -> Result<(), Error> {
        match self.runtime.system().address(self.execution).ask(command).await? {
            Reply::Done | Reply::NotAwaited => Ok(()),
            Reply::Unknown => Err(self.not_found()),
            Reply::Closed => Err(Error::Closed { which: self.which() }),
        }
    }

    fn payload(&self, what: &'static str, value: &(impl Serialize + ?Sized)) -> Result<Payload, Error> {
        let payload = payload_of(what, value)?;
        self.runtime.check_size(what, &payload)?;
        Ok(payload)
    }

    fn read_as<V: DeserializeOwned>(&self, payload: &Payload, what: &str) -> Result<V, Error> {
        payload.read().map_err(|error| Error::Payload {
            what: format!("{what} of {}", self.which()),
            rust_type: std::any::type_name::<V>(),
            cause: error.to_string(),
        })
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    pub(crate) fn which(&self) -> Box<Which> {
        Box::new(Which { execution: self.execution, workflow: self.workflow.clone(), name: self.name.clone() })
    }

    pub(crate) fn not_found(&self) -> Error {
        Error::NotFound { workflow: self.workflow.clone(), name: self.name.clone() }
    }

    /// How it ended, from the log: behind the end there may be records of what it owed others.
    async fn recorded_outcome(&self) -> Result<Outcome, Error> {
        let execution = self.execution;
        let last = self.runtime.read(move |log| log.last(execution)).await?.ok_or_else(|| self.not_found())?;
        let mut version = last.version;
        let mut records = vec![last];
        loop {
            for record in records {
                let (_, events) = self.decode(&record)?;
                if let Some(outcome) = events.iter().rev().find_map(Outcome::of) {
                    return Ok(outcome);
                }
            }
            let Some(before) = version.get().checked_sub(2) else { return Err(self.not_found()) };
            records = self.runtime.read(move |log| log.read(execution, Version::new(before), 1)).await?;
            version = Version::new(before + 1);
        }
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
                return self.recorded_outcome().await;
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
    /// [`Error::Failed`], [`Error::TimedOut`] and [`Error::Stopped`] when it ended so; [`Error::Payload`] when the result is not a `T`;
    /// [`Error::Execution`] when the runtime ends first.
    pub async fn result(&self) -> Result<T, Error> {
        let outcome = self.outcome().await?;
        match outcome {
            Outcome::Succeeded(result) => self.read_as(&result, "the result"),
            Outcome::TimedOut(failure) => Err(Error::TimedOut { which: self.which(), failure: Box::new(failure) }),
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
