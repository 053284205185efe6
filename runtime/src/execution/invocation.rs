//! What executions owe each other: to begin, to tell how it ended, to cancel.
//!
//! What is owed is told until the other side has it in its log; told twice it changes nothing.

use std::time::Duration;

use duramen_actors::{Address, Error as ActorError};
use duramen_storage::{Error as LogError, ExecutionId};
use tracing::Instrument;

use super::{Command, Execution, Live, Outcome, Reply, State};
use crate::event::{Begin, Invoked, Owed, Parent};
use crate::{Failure, OperationId};

/// An invoked execution that ends before this needs no record in its parent that it runs.
const LET_IT_END: Duration = Duration::from_secs(1);
/// The pause before something is told again.
const AGAIN: Duration = Duration::from_millis(100);

/// Starts the execution that an operation invoked.
pub(super) fn start(operation: &OperationId, state: &State, live: &mut Live, me: &Address<Execution>) {
    let Some(invoked) = state.invoked(operation).cloned() else { return };
    let span = tracing::debug_span!(
        "invocation",
        execution = %me.execution(),
        workflow = live.workflow(),
        %operation,
        invoked = %invoked.execution,
        invoked_workflow = invoked.workflow,
    );
    let (me, operation) = (me.clone(), operation.clone());
    let running = async move {
        match begin(&me, &operation, &invoked).await {
            Ok(Started::Runs) => {
                tracing::debug!("the invoked execution has begun");
                tokio::time::sleep(LET_IT_END).await;
                me.tell(Command::Confirm { operation });
            }
            Ok(Started::Refused(failure)) => {
                tracing::warn!(%failure, "the invoked execution cannot begin");
                let outcome = Outcome::Failed(failure);
                me.tell(Command::InvokeEnded { operation, execution: invoked.execution, outcome });
            }
            // What is owed is done after the next opening.
            Err(error) => tracing::debug!(%error, "the invoked execution is not started"),
        }
    };
    live.hold(tokio::spawn(running.instrument(span)).abort_handle());
}

enum Started {
    Runs,
    Refused(Failure),
}

async fn begin(me: &Address<Execution>, operation: &OperationId, invoked: &Invoked) -> Result<Started, ActorError> {
    let Some(begin) = begin_of(me, operation, invoked) else {
        let registry = &me.behavior().registry;
        let known = match invoked.version.filter(|_| registry.knows(&invoked.workflow)) {
            Some(version) => format!("version {version} of workflow `{}` is not registered", invoked.workflow),
            None => {
                format!("no workflow `{}` is registered; known are: {}", invoked.workflow, registry.names().join(", "))
            }
        };
        return Ok(Started::Refused(Failure::new("UnknownWorkflow", known)));
    };
    let child = me.of(invoked.execution);
    loop {
        let begin = Box::new(begin.clone());
        let asked = child.start_from_inside(Command::Start { begin }).await;
        match asked {
            Ok(_) => return Ok(Started::Runs),
            Err(ActorError::Log(LogError::Conflict { .. })) => return Ok(Started::Runs),
            Err(ActorError::Log(LogError::NameTaken { holder, .. })) if holder == invoked.execution => {
                return Ok(Started::Runs);
            }
            Err(ActorError::Log(LogError::NameTaken { holder, .. })) => {
                let Invoked { workflow, name, .. } = invoked;
                let cause = format!("execution `{name}` of workflow `{workflow}` ({holder}) exists already");
                return Ok(Started::Refused(Failure::new("ExecutionAlreadyStarted", cause)));
            }
            Err(ActorError::Log(error @ LogError::TooLarge { .. })) => {
                return Ok(Started::Refused(Failure::new(Failure::PAYLOAD_TOO_LARGE, error.to_string())));
            }
            Err(error) => again(error).await?,
        }
    }
}

/// What the invoked execution begins with; none when its code is not here.
fn begin_of(me: &Address<Execution>, operation: &OperationId, invoked: &Invoked) -> Option<Begin> {
    let Invoked { workflow, version, name, input, timeout_ms, .. } = invoked.clone();
    let version = me.behavior().registry.version_to_start(&workflow, version)?;
    Some(Begin {
        workflow,
        version,
        name,
        input,
        parent: Some(Parent { execution: me.execution(), operation: operation.clone() }),
        deadline_ms: timeout_ms.map(|timeout_ms| me.now_ms().saturating_add(timeout_ms)),
        run: 0,
    })
}

/// Tells another execution what it is owed.
pub(super) fn settle(owed: Owed, state: &State, live: &mut Live, me: &Address<Execution>) {
    let me = me.clone();
    let running = match &owed {
        Owed::TellParent => {
            live.break_off_all();
            let (Some(parent), Some(outcome)) = (state.parent().cloned(), state.outcome().cloned()) else { return };
            tokio::spawn(async move {
                match tell_parent(&me, parent, outcome).await {
                    Ok(()) => me.tell(Command::Settle { owed }),
                    Err(error) => {
                        let execution = me.execution();
                        tracing::debug!(%execution, %error, "the parent of an execution is not told of its end");
                    }
                }
            })
        }
        Owed::CancelInvoked(execution) => {
            let (execution, invoked) = (*execution, state.to_cancel(*execution).cloned());
            tokio::spawn(async move {
                match cancel(&me, execution, invoked).await {
                    Ok(()) => me.tell(Command::Settle { owed }),
                    Err(error) => {
                        let (invoked, execution) = (execution, me.execution());
                        tracing::debug!(%execution, %invoked, %error, "an invoked execution is not cancelled");
                    }
                }
            })
        }
    };
    live.hold(running.abort_handle());
}

async fn tell_parent(me: &Address<Execution>, parent: Parent, outcome: Outcome) -> Result<(), ActorError> {
    let Parent { execution, operation } = parent;
    let address = me.of(execution);
    loop {
        let (operation, outcome) = (operation.clone(), outcome.clone());
        match address.ask_from_inside(Command::InvokeEnded { operation, execution: me.execution(), outcome }).await {
            Ok(_) => return Ok(()),
            Err(error) => again(error).await?,
        }
    }
}

async fn cancel(me: &Address<Execution>, execution: ExecutionId, invoked: Option<Invoked>) -> Result<(), ActorError> {
    let child = me.of(execution);
    let failure =
        Failure::new(Failure::CANCELLED, format!("execution {} does not wait for it any more", me.execution()));
    loop {
        match child.ask_from_inside(Command::Cancel { failure: failure.clone() }).await {
            Ok(Reply::Unknown) => {
                // It has not begun: it must not begin later.
                let begin = invoked.as_ref().and_then(|invoked| begin_of(me, &OperationId::of_path(&[]), invoked));
                let Some(begin) = begin else { return Ok(()) };
                let forestall = Command::Forestall { begin: Box::new(begin), failure: failure.clone() };
                match child.start_from_inside(forestall).await {
                    Ok(_) | Err(ActorError::Log(LogError::NameTaken { .. } | LogError::TooLarge { .. })) => {
                        return Ok(());
                    }
                    Err(ActorError::Log(LogError::Conflict { .. })) => {}
                    Err(error) => again(error).await?,
                }
            }
            Ok(_) => return Ok(()),
            Err(error) => again(error).await?,
        }
    }
}

/// Whether it is worth telling again what was not taken; after a pause.
async fn again(error: ActorError) -> Result<(), ActorError> {
    match error {
        ActorError::ShuttingDown | ActorError::Log(_) => Err(error),
        _ => {
            tokio::time::sleep(AGAIN).await;
            Ok(())
        }
    }
}
