//! Executions that tasks start: they are begun, tell how they ended, and are stopped when nobody waits for them any more.
//!
//! The name of what a task starts belongs to the task, so starting it twice starts one execution. That execution owes its
//! parent the telling of its end, and is closed only when the parent has it in its log. In turn a parent owes the stopping
//! of what it does not wait for any more. Told twice, it changes nothing.

use duramen_actors::{Address, Error as ActorError};
use duramen_storage::{Error as LogError, ExecutionId, Name};

use super::Error;
use super::awaited::Awaited;
use super::behavior::{KIND, StateMachine};
use super::command::{Begin, BeginItem, Command, Reply};
use super::functions;
use super::items;
use super::link::{Debt, Parent, Report, StartedBy};
use super::starting::{Asked, started};
use super::workflows;
use crate::definition::ServiceResource;
use crate::history::Fault;
use crate::machine::{End, RunNumber};
use crate::payload::Payload;
use crate::query::Moment;
use crate::task::ServiceError;

/// How an execution came to be there.
enum Start {
    Is { arn: String, started_ms: u64 },
    Refused(ServiceError),
}

/// Starts what a task asks for, and answers the task.
pub(super) async fn start(me: Address<StateMachine>, service: ServiceResource, call: u64, parameters: Payload) {
    let waits = service.pattern.waits_for_end();
    let parent = waits.then(|| Parent { execution: me.execution(), by: StartedBy::Call(call) });
    // What is owed is done after the next opening.
    let Some(answer) = ask(&me, &service, call, parent, &parameters).await else { return };
    me.tell(match answer {
        Ok(output) if waits => Command::ChildBegan { call, output },
        answer => Command::Answer { call, answer },
    });
}

/// Starts what a task asks for. Nothing, if nothing goes on any more.
pub(super) async fn ask(
    me: &Address<StateMachine>,
    service: &ServiceResource,
    call: u64,
    parent: Option<Parent>,
    parameters: &Payload,
) -> Option<Result<Payload, Fault>> {
    let start = match Asked::of(service, parameters, me.execution(), call) {
        Ok(asked) => begin(me, &asked, parent, None).await,
        Err(error) => Ok(Start::Refused(error)),
    };
    match start {
        Ok(Start::Is { arn, started_ms }) => Some(Ok(started(service, &arn, started_ms).into())),
        Ok(Start::Refused(error)) => Some(Err(error.fault(service, &mut Moment::new(me.now_ms(), me.now_ms() ^ call)))),
        Err(error) => {
            tracing::debug!(execution = %me.execution(), call, %error, "what a task asks for is not started");
            None
        }
    }
}

async fn begin(
    me: &Address<StateMachine>,
    asked: &Asked,
    parent: Option<Parent>,
    stopped: Option<Fault>,
) -> Result<Start, ActorError> {
    let Asked { which, name, input, .. } = asked;
    loop {
        let begin = match me.behavior().begin(which, name, input.clone()) {
            Ok(begin) if begin.routes.is_express() && parent.is_some() => {
                let message = "This operation is not supported by this type of state machine".to_owned();
                return Ok(Start::Refused(ServiceError::new("StateMachineTypeNotSupported", message)));
            }
            Ok(begin) => begin,
            Err(error @ Error::InputTooLarge { .. }) => {
                return Ok(Start::Refused(ServiceError::new("InvalidExecutionInput", error.to_string())));
            }
            Err(_) => {
                let message = format!("State Machine Does Not Exist: '{which}'");
                return Ok(Start::Refused(ServiceError::new("StateMachineDoesNotExist", message)));
            }
        };
        let arn = begin.about.execution_arn.clone();
        let begin = Box::new(Begin { parent, stopped: stopped.clone(), ..begin });
        let child = me.of(me.new_execution());
        match child.start_from_inside(Command::Start(begin)).await {
            Ok(Reply::Began { at_ms, arn }) => return Ok(Start::Is { arn, started_ms: at_ms }),
            Ok(_) => {}
            Err(ActorError::Log(LogError::NameTaken { holder, .. })) => match look(me, holder).await? {
                Some(found) if found.parent == parent && found.input == *input => {
                    return Ok(Start::Is { arn, started_ms: found.started_ms });
                }
                Some(_) => {
                    let message = format!("Execution Already Exists: '{arn}'");
                    return Ok(Start::Refused(ServiceError::new("ExecutionAlreadyExists", message)));
                }
                None => {}
            },
            Err(ActorError::Log(error @ LogError::TooLarge { .. })) => {
                return Ok(Start::Refused(ServiceError::new("InvalidExecutionInput", error.to_string())));
            }
            Err(error) => error.pass().await?,
        }
    }
}

pub(super) async fn look(me: &Address<StateMachine>, execution: ExecutionId) -> Result<Option<Report>, ActorError> {
    Ok(match me.of(execution).insist(|| Command::Look).await? {
        Reply::Looked(report) => Some(*report),
        _ => None,
    })
}

/// What is owed, with all that it takes to pay it.
pub(super) enum Owing {
    Tell(Parent, Box<Report>),
    Stop(StartedBy, Awaited, Fault),
    StopChildren(RunNumber, Vec<BeginItem>, Fault),
    TellCaller(duramen::Parent, End),
}

impl Owing {
    pub(super) fn debt(&self) -> Debt {
        match self {
            Self::Tell(..) | Self::TellCaller(..) => Debt::TellParent,
            Self::Stop(by, ..) => Debt::Stop(*by),
            Self::StopChildren(run, ..) => Debt::StopChildren(*run),
        }
    }

    /// Pays it, and takes note of that.
    pub(super) async fn settle(self, me: Address<StateMachine>) {
        let debt = self.debt();
        let paid = match self {
            Self::Tell(parent, report) => tell(&me, parent, report).await,
            Self::Stop(by, Awaited::Machine(asked), reason) => stop(&me, by, &asked, &reason).await,
            Self::Stop(_, Awaited::Function { called, .. }, reason) => {
                functions::cancel(me.behavior().functions.as_ref(), &me, &called, &reason).await
            }
            Self::StopChildren(_, begins, reason) => items::stop(&me, begins, &reason).await,
            Self::TellCaller(caller, end) => workflows::tell(me.behavior().functions.as_ref(), &me, caller, &end).await,
        };
        match paid {
            Ok(()) => me.tell(Command::Settled(debt)),
            Err(error) => tracing::debug!(execution = %me.execution(), ?debt, %error, "a debt is not settled"),
        }
    }
}

async fn tell(me: &Address<StateMachine>, parent: Parent, report: Box<Report>) -> Result<(), ActorError> {
    let ended = || Command::ChildEnded { by: parent.by, report: report.clone() };
    me.of(parent.execution).insist(ended).await.map(|_| ())
}

async fn stop(me: &Address<StateMachine>, by: StartedBy, asked: &Asked, reason: &Fault) -> Result<(), ActorError> {
    if me.behavior().tasks.has(&asked.resource) {
        // Something else was registered for what starts executions, and none was started.
        return Ok(());
    }
    let parent = Parent { execution: me.execution(), by };
    let name = Name { kind: KIND, definition: asked.machine.clone(), name: asked.name.clone() };
    loop {
        let Some(holder) = me.log().holder(&name)? else {
            // It has not begun: it must not begin later.
            match begin(me, asked, Some(parent), Some(reason.clone())).await? {
                Start::Is { .. } => continue,
                Start::Refused(_) => return Ok(()),
            }
        };
        if look(me, holder).await?.is_none_or(|found| found.parent != Some(parent)) {
            return Ok(());
        }
        return me.of(holder).insist(|| Command::Stop { fault: reason.clone() }).await.map(|_| ());
    }
}
