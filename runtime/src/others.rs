//! The seam for executions of another kind on the same log, such as state machines: workflows invoke them, and they start
//! workflows. A program needs none of this; `duramen-states` stands behind it.
//!
//! Both sides keep the same rules. What is to begin has its id before it begins, so beginning it twice changes nothing. Who
//! has ended owes its caller the telling until that has it in its log, and stays listed as running so long. Who does not
//! wait any more owes the cancelling in the same manner. So either may leave memory, and a crash at any point changes
//! nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Weak};

use duramen_actors::{Address, Error, System};
use duramen_storage::{Error as LogError, ExecutionId};
use futures::future::BoxFuture;

pub use crate::execution::Outcome;

use crate::event::{Caller, Invoked, Parent};
use crate::execution::{Command, Execution, begin_of, cancel, start_with, tell};
use crate::{Failure, Payload, Runtime};

/// Executions of another kind on the same log. [`Builder::others`](crate::Builder::others) makes them known to a runtime.
pub trait Others: Send + Sync + 'static {
    /// The names under which they are invoked, for people.
    fn names(&self) -> Vec<String>;

    /// Begins what a workflow has invoked, under the id that it names; once this returns that is durable. When it ends,
    /// [`Functions::tell`] is owed to the parent.
    ///
    /// # Errors
    /// When it cannot be begun now; it is asked for again after the next opening.
    fn begin(&self, invoked: Invoked, parent: Parent) -> BoxFuture<'static, Result<Begun, Error>>;

    /// Brings to an end what a workflow had invoked, or sees to it that it never begins; once this returns that is durable.
    ///
    /// # Errors
    /// When that cannot be done now; it is asked for again after the next opening.
    fn cancel(&self, invoked: Invoked, why: Failure) -> BoxFuture<'static, Result<(), Error>>;

    /// Tells one of them how a workflow ended that it had started; once this returns it has it in its log, or does not
    /// want to know any more.
    ///
    /// # Errors
    /// When it cannot be told now; it is told again after the next opening.
    fn tell(&self, caller: Caller, execution: ExecutionId, outcome: Outcome) -> BoxFuture<'static, Result<(), Error>>;
}

/// What came of beginning an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Begun {
    /// It runs, or has run.
    Runs,
    /// It cannot begin, for this reason.
    Refused(Failure),
    /// There is nothing of that name.
    Unknown,
}

impl Begun {
    /// What came of starting an execution under the id that it was to have; `what` is what people call it.
    ///
    /// # Errors
    /// The error of the start, if that says nothing of the execution.
    pub fn of<R>(started: Result<R, Error>, execution: ExecutionId, what: &str) -> Result<Self, Error> {
        match started {
            Ok(_) | Err(Error::Log(LogError::Conflict { .. })) => Ok(Self::Runs),
            Err(Error::Log(LogError::NameTaken { holder, .. })) if holder == execution => Ok(Self::Runs),
            Err(Error::Log(LogError::NameTaken { holder, .. })) => {
                let cause = format!("{what} ({holder}) exists already");
                Ok(Self::Refused(Failure::new("ExecutionAlreadyStarted", cause)))
            }
            Err(Error::Log(error @ LogError::TooLarge { .. })) => {
                Ok(Self::Refused(Failure::new(Failure::PAYLOAD_TOO_LARGE, error.to_string())))
            }
            Err(error) => Err(error),
        }
    }
}

/// The workflows of a runtime, for executions of another kind. It does not keep the runtime open: once that is dropped,
/// nothing can be begun or told any more.
#[derive(Clone)]
pub struct Functions {
    system: Weak<System<Execution>>,
    versions: Arc<BTreeMap<String, Vec<u32>>>,
}

impl Functions {
    pub(crate) fn new(system: &Arc<System<Execution>>) -> Self {
        let registry = &system.behavior().registry;
        let versions = registry.names().into_iter().map(|name| (name.to_owned(), registry.versions(name)));
        Self { system: Arc::downgrade(system), versions: Arc::new(versions.collect()) }
    }

    /// The versions of each workflow, by its name.
    #[must_use]
    pub fn versions(&self) -> &BTreeMap<String, Vec<u32>> {
        &self.versions
    }

    /// Begins a workflow for an execution of another kind; once this returns that is durable.
    ///
    /// # Errors
    /// [`Error::ShuttingDown`] once the runtime has ended, and errors of the log.
    pub async fn begin(&self, invoked: &Invoked, caller: Caller) -> Result<Begun, Error> {
        let child = self.address(invoked.execution)?;
        let limit = child.behavior().limits.payload;
        if let Err(failure) = invoked.input.clone().within(limit, "the input of the workflow") {
            return Ok(Begun::Refused(failure));
        }
        match begin_of(&child.behavior().registry, invoked, None, child.now_ms()) {
            Some(begin) => start_with(&child, begin, Some(caller)).await,
            None => Ok(Begun::Unknown),
        }
    }

    /// Runs a workflow for somebody who does not outlast the process, and gives how it ended. It is admitted like a start from
    /// outside, and goes on also when nobody waits any more.
    ///
    /// # Errors
    /// [`Error::Overloaded`]; [`Error::ShuttingDown`] once the runtime has ended; errors of the log.
    pub async fn call(&self, workflow: &str, version: Option<u32>, input: Payload) -> Result<Outcome, Error> {
        let system = self.system.upgrade().ok_or(Error::ShuttingDown)?;
        let execution = system.new_execution();
        let name = format!("call/{execution}");
        let invoked = Invoked::new(execution, workflow.to_owned(), version, name, input);
        let Execution { registry, limits, waiters, .. } = system.behavior();
        if let Err(failure) = invoked.input.clone().within(limits.payload, "the input of the workflow") {
            return Ok(Outcome::Failed(failure));
        }
        let Some(begin) = begin_of(registry, &invoked, None, system.now_ms()) else {
            let cause = format!("no workflow `{workflow}` of that version is registered");
            return Ok(Outcome::Failed(Failure::new("UnknownWorkflow", cause)));
        };
        let told = waiters.wait(execution);
        let started = system.start(execution, Command::Start { begin: Box::new(begin), caller: None }).await;
        if let Err(error) = started {
            drop(told);
            waiters.forget(execution);
            return Err(error);
        }
        drop(system);
        told.await.unwrap_or(Err(Error::ShuttingDown))
    }

    /// Cancels a workflow that an execution of another kind had started, or sees to it that it never begins.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub async fn cancel(&self, invoked: &Invoked, why: Failure) -> Result<(), Error> {
        let child = self.address(invoked.execution)?;
        let begin = begin_of(&child.behavior().registry, invoked, None, child.now_ms());
        cancel(&child, begin, why).await
    }

    /// Tells the operation that invoked an execution of another kind how that ended; once this returns it is in the log of
    /// its execution, or nobody waits for it any more.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub async fn tell(&self, parent: Parent, execution: ExecutionId, outcome: Outcome) -> Result<(), Error> {
        let address = self.address(parent.execution)?;
        let limit = address.behavior().limits.payload;
        tell(&address, parent.operation, execution, outcome.within(limit)).await
    }

    fn address(&self, execution: ExecutionId) -> Result<Address<Execution>, Error> {
        let system = self.system.upgrade().ok_or(Error::ShuttingDown)?;
        Ok(system.address(execution))
    }
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Functions").field(&self.versions).finish()
    }
}

impl Runtime {
    /// The workflows of this runtime, for executions of another kind on its log.
    #[must_use]
    pub fn functions(&self) -> Functions {
        Functions::new(self.shared_system())
    }
}

impl Invoked {
    /// What an execution of another kind starts: a workflow, under a name and an id that belong to who starts it.
    #[must_use]
    pub fn new(execution: ExecutionId, workflow: String, version: Option<u32>, name: String, input: Payload) -> Self {
        Self { execution, workflow, version, name, input, timeout_ms: None }
    }
}

impl Outcome {
    /// The same, unless it is larger than it may be.
    fn within(self, limit: usize) -> Self {
        match self {
            Self::Succeeded(result) => match result.within(limit, "the result of the invoked execution") {
                Ok(result) => Self::Succeeded(result),
                Err(failure) => Self::Failed(failure),
            },
            Self::Failed(failure) => Self::Failed(failure.within(limit)),
            Self::TimedOut(failure) => Self::TimedOut(failure.within(limit)),
            Self::Stopped(failure) => Self::Stopped(failure.within(limit)),
        }
    }
}
