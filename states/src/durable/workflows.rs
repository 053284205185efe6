//! State machines that durable functions invoke, which are workflows of a runtime on the same log.

use std::sync::{Arc, Weak};

use duramen::others::{Begun, Functions, Others, Outcome};
use duramen::{Caller, Failure, Invoked, Parent};
use duramen_actors::{Address, Error as ActorError, System};
use duramen_storage::ExecutionId;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::watch;

use super::Error;
use super::behavior::StateMachine;
use super::command::{Begin, Command, Reply};
use crate::history::Fault;
use crate::machine::End;

/// State machines as a runtime reaches them. They are opened behind it: until then, whoever wants something of them waits.
pub(super) struct Link {
    opened: watch::Receiver<Option<Weak<System<StateMachine>>>>,
}

/// Lets those go on who wait for the state machines.
pub(super) type Opening = watch::Sender<Option<Weak<System<StateMachine>>>>;

impl Link {
    pub(super) fn new() -> (Opening, Self) {
        let (opening, opened) = watch::channel(None);
        (opening, Self { opened })
    }
}

async fn address(
    mut opened: watch::Receiver<Option<Weak<System<StateMachine>>>>,
    execution: ExecutionId,
) -> Result<Address<StateMachine>, ActorError> {
    let system = opened.wait_for(Option::is_some).await.map_err(|_| ActorError::ShuttingDown)?.clone();
    let system: Option<Arc<_>> = system.and_then(|system| system.upgrade());
    Ok(system.ok_or(ActorError::ShuttingDown)?.address(execution))
}

impl Others for Link {
    fn names(&self) -> Vec<String> {
        let system = self.opened.borrow().as_ref().and_then(Weak::upgrade);
        system.map(|system| system.behavior().registry.names()).unwrap_or_default()
    }

    fn begin(&self, invoked: Invoked, parent: Parent) -> BoxFuture<'static, Result<Begun, ActorError>> {
        let opened = self.opened.clone();
        async move {
            let child = address(opened, invoked.execution).await?;
            let begin = match begin_of(&child, &invoked) {
                Ok(begin) => begin,
                Err(begun) => return Ok(begun),
            };
            let until_ms = invoked.timeout_ms.map(|timeout_ms| child.now_ms().saturating_add(timeout_ms));
            start(&child, &invoked, Begin { caller: Some(parent), until_ms, ..begin }).await
        }
        .boxed()
    }

    fn cancel(&self, invoked: Invoked, why: Failure) -> BoxFuture<'static, Result<(), ActorError>> {
        let opened = self.opened.clone();
        async move {
            let child = address(opened, invoked.execution).await?;
            let fault = Fault { error: Some(why.name().to_owned()), cause: Some(why.cause().to_owned()) };
            loop {
                let Reply::Unknown = child.insist(|| Command::Look).await? else {
                    return child.insist(|| Command::Stop { fault: fault.clone() }).await.map(|_| ());
                };
                // It has not begun: it must not begin later.
                let Ok(begin) = begin_of(&child, &invoked) else { return Ok(()) };
                let begun = start(&child, &invoked, Begin { stopped: Some(fault.clone()), ..begin }).await?;
                if begun != Begun::Runs {
                    return Ok(());
                }
            }
        }
        .boxed()
    }

    fn tell(
        &self,
        caller: Caller,
        execution: ExecutionId,
        outcome: Outcome,
    ) -> BoxFuture<'static, Result<(), ActorError>> {
        let opened = self.opened.clone();
        async move {
            let address = address(opened, caller.execution).await?;
            let ended = || Command::FunctionEnded { call: caller.call, execution, outcome: outcome.clone() };
            address.insist(ended).await.map(|_| ())
        }
        .boxed()
    }
}

/// What an invoked state machine begins with, or what came of it already.
fn begin_of(child: &Address<StateMachine>, invoked: &Invoked) -> Result<Begin, Begun> {
    let machine = match invoked.version {
        Some(version) => format!("{}:{version}", invoked.workflow),
        None => invoked.workflow.clone(),
    };
    let refused = |name: &str, cause: String| Begun::Refused(Failure::new(name, cause));
    let input: Value = match invoked.input.read() {
        Ok(input) => input,
        Err(error) => return Err(refused(Failure::PAYLOAD_NOT_READABLE, error.to_string())),
    };
    child.behavior().begin(&machine, &invoked.name, input.into()).map_err(|error| match error {
        Error::UnknownMachine { .. } => Begun::Unknown,
        error @ Error::UnknownVersion { .. } => refused("UnknownWorkflow", error.to_string()),
        error @ Error::InputTooLarge { .. } => refused(Failure::PAYLOAD_TOO_LARGE, error.to_string()),
        error => refused("NotStarted", error.to_string()),
    })
}

async fn start(child: &Address<StateMachine>, invoked: &Invoked, begin: Begin) -> Result<Begun, ActorError> {
    let started = child.insist_on_start(|| Command::Start(Box::new(begin.clone()))).await;
    let Invoked { workflow, name, .. } = invoked;
    Begun::of(started, child.execution(), &format!("execution `{name}` of state machine `{workflow}`"))
}

/// Tells the operation that invoked an execution how that ended.
pub(super) async fn tell(
    functions: Option<&Functions>,
    me: &Address<StateMachine>,
    caller: Parent,
    end: &End,
) -> Result<(), ActorError> {
    super::functions::open(functions, me)?.tell(caller, me.execution(), outcome(end)).await
}

/// How an execution ended, in the words of workflows.
fn outcome(end: &End) -> Outcome {
    let failure = |fault: &Fault, name: &str| {
        let error = fault.error.as_deref().filter(|error| !error.is_empty()).unwrap_or(name);
        Failure::new(error, fault.cause.clone().unwrap_or_default())
    };
    match end {
        End::Succeeded(output) => match duramen::Payload::of(&**output) {
            Ok(output) => Outcome::Succeeded(output),
            Err(error) => Outcome::Failed(Failure::new(Failure::PAYLOAD_NOT_READABLE, error.to_string())),
        },
        End::Failed(fault) => Outcome::Failed(failure(fault, "States.Failed")),
        End::TimedOut(fault) => Outcome::TimedOut(failure(fault, "States.Timeout")),
        End::Aborted(fault) => Outcome::Stopped(failure(fault, "States.Aborted")),
    }
}
