//! What executions owe each other: to begin, to tell how it ended, to cancel.
//!
//! What is owed is told until the other side has it in its log; told twice it changes nothing.

use std::sync::Arc;
use std::time::Duration;

use duramen_actors::{Address, Error as ActorError};
use duramen_storage::{Error as LogError, ExecutionId};
use tracing::Instrument;

use super::{Command, Execution, KIND, Live, Outcome, Reply, State};
use crate::event::{Begin, Caller, Invoked, Owed, Parent};
use crate::others::{Begun, Others};
use crate::registry::Registry;
use crate::{Failure, OperationId};

/// An invoked execution that ends before this needs no record in its parent that it runs.
const LET_IT_END: Duration = Duration::from_secs(1);

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
            Ok(Ok(())) => {
                tracing::debug!("the invoked execution has begun");
                tokio::time::sleep(LET_IT_END).await;
                me.tell(Command::Confirm { operation });
            }
            Ok(Err(failure)) => {
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

/// Why it cannot begin, if it cannot.
async fn begin(
    me: &Address<Execution>,
    operation: &OperationId,
    invoked: &Invoked,
) -> Result<Result<(), Failure>, ActorError> {
    let Execution { registry, others, .. } = me.behavior();
    let parent = Parent { execution: me.execution(), operation: operation.clone() };
    let begun = match begin_of(registry, invoked, Some(parent.clone()), me.now_ms()) {
        Some(begin) => start_with(&me.of(invoked.execution), begin, None).await?,
        None => match others.as_ref().filter(|_| !registry.knows(&invoked.workflow)) {
            Some(others) => others.begin(invoked.clone(), parent).await?,
            None => Begun::Unknown,
        },
    };
    Ok(match begun {
        Begun::Runs => Ok(()),
        Begun::Refused(failure) => Err(failure),
        Begun::Unknown => Err(unknown(me, invoked)),
    })
}

fn unknown(me: &Address<Execution>, Invoked { workflow, version, .. }: &Invoked) -> Failure {
    let Execution { registry, others, .. } = me.behavior();
    let cause = match version.filter(|_| registry.knows(workflow)) {
        Some(version) => format!("version {version} of workflow `{workflow}` is not registered"),
        None => {
            let known = registry.names().join(", ");
            let others = others.as_ref().map(|others| others.names()).filter(|names| !names.is_empty());
            let others = others.map(|names| format!("; of other kinds: {}", names.join(", "))).unwrap_or_default();
            format!("no workflow `{workflow}` is registered; known are: {known}{others}")
        }
    };
    Failure::new("UnknownWorkflow", cause)
}

/// Starts an execution that another one waits for.
pub(crate) async fn start_with(
    child: &Address<Execution>,
    begin: Begin,
    caller: Option<Caller>,
) -> Result<Begun, ActorError> {
    let started = child.insist_on_start(|| Command::Start { begin: Box::new(begin.clone()), caller }).await;
    Begun::of(started, child.execution(), &format!("execution `{}` of workflow `{}`", begin.name, begin.workflow))
}

/// What the invoked execution begins with; none when its code is not here.
pub(crate) fn begin_of(registry: &Registry, invoked: &Invoked, parent: Option<Parent>, now_ms: u64) -> Option<Begin> {
    let Invoked { workflow, version, name, input, timeout_ms, .. } = invoked.clone();
    let version = registry.version_to_start(&workflow, version)?;
    let deadline_ms = timeout_ms.map(|timeout_ms| now_ms.saturating_add(timeout_ms));
    Some(Begin { workflow, version, name, input, parent, deadline_ms, run: 0 })
}

/// Tells another execution what it is owed.
pub(super) fn settle(owed: Owed, state: &State, live: &mut Live, me: &Address<Execution>) {
    let me = me.clone();
    let running = match &owed {
        Owed::TellParent => {
            live.break_off_all();
            let Some(outcome) = state.outcome().cloned() else { return };
            let (parent, caller) = (state.parent().cloned(), state.caller());
            tokio::spawn(async move {
                match tell_parent(&me, parent, caller, outcome).await {
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
                match cancel_invoked(&me, execution, invoked).await {
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

async fn tell_parent(
    me: &Address<Execution>,
    parent: Option<Parent>,
    caller: Option<Caller>,
    outcome: Outcome,
) -> Result<(), ActorError> {
    match (parent, caller) {
        (Some(Parent { execution, operation }), _) => tell(&me.of(execution), operation, me.execution(), outcome).await,
        (None, Some(caller)) => others(me)?.tell(caller, me.execution(), outcome).await,
        (None, None) => Ok(()),
    }
}

/// Tells the execution at that address how what an operation of it invoked has ended.
pub(crate) async fn tell(
    parent: &Address<Execution>,
    operation: OperationId,
    execution: ExecutionId,
    outcome: Outcome,
) -> Result<(), ActorError> {
    let ended = || Command::InvokeEnded { operation: operation.clone(), execution, outcome: outcome.clone() };
    parent.insist(ended).await.map(|_| ())
}

async fn cancel_invoked(
    me: &Address<Execution>,
    execution: ExecutionId,
    invoked: Option<Invoked>,
) -> Result<(), ActorError> {
    let why = Failure::new(Failure::CANCELLED, format!("execution {} does not wait for it any more", me.execution()));
    let registry = &me.behavior().registry;
    let kind = me.log().summary(execution)?.map(|row| row.kind);
    let is_other = match (kind, &invoked) {
        (Some(kind), _) => kind != KIND,
        (None, Some(invoked)) => me.behavior().others.is_some() && !registry.knows(&invoked.workflow),
        (None, None) => false,
    };
    match invoked.as_ref().filter(|_| is_other) {
        Some(invoked) => others(me)?.cancel(invoked.clone(), why).await,
        None => {
            let parent = Parent { execution: me.execution(), operation: OperationId::of_path(&[]) };
            let begin = invoked.and_then(|invoked| begin_of(registry, &invoked, Some(parent), me.now_ms()));
            cancel(&me.of(execution), begin, why).await
        }
    }
}

/// Executions of another kind, to which something is owed: when they are not here, it stays owed.
fn others(me: &Address<Execution>) -> Result<&Arc<dyn Others>, ActorError> {
    me.behavior().others.as_ref().ok_or_else(|| {
        tracing::warn!(execution = %me.execution(), "it has to do with executions of another kind, which are not open");
        ActorError::ShuttingDown
    })
}

/// Cancels an execution. When it has not begun, `begin` is what it would begin with.
pub(crate) async fn cancel(child: &Address<Execution>, begin: Option<Begin>, why: Failure) -> Result<(), ActorError> {
    loop {
        match child.insist(|| Command::Cancel { failure: why.clone() }).await? {
            Reply::Unknown => {
                // It has not begun: it must not begin later.
                let Some(begin) = begin.clone() else { return Ok(()) };
                let forestall = Command::Forestall { begin: Box::new(begin), failure: why.clone() };
                match child.start_from_inside(forestall).await {
                    Ok(_) | Err(ActorError::Log(LogError::NameTaken { .. } | LogError::TooLarge { .. })) => {
                        return Ok(());
                    }
                    Err(ActorError::Log(LogError::Conflict { .. })) => {}
                    Err(error) => error.pass().await?,
                }
            }
            _ => return Ok(()),
        }
    }
}
