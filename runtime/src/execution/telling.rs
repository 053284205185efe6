//! What becomes of an execution as a whole, and what it has to do with others, is told in the trace once it is durable.

use duramen_actors::Turn;
use duramen_storage::ExecutionId;
use tracing::Level;

use crate::Event;

/// A turn is durable.
pub(super) fn tell(execution: ExecutionId, workflow: &str, turn: &Turn<Event>) {
    if !tracing::enabled!(Level::DEBUG) {
        return;
    }
    for event in turn.events().filter(|event| is_told(event)) {
        let operation = event.operation().map(tracing::field::display);
        let kind = event.kind();
        tracing::debug!(%execution, workflow, operation, event = kind, "recorded: {}", event.subject());
    }
}

/// Of steps their own span tells, and waits and child contexts are for the history.
fn is_told(event: &Event) -> bool {
    match event {
        Event::CallbackStarted { .. }
        | Event::CallbackSucceeded { .. }
        | Event::CallbackFailed { .. }
        | Event::CallbackTimedOut { .. }
        | Event::CallbackCancelled { .. }
        | Event::ChainedInvokeStarted { .. }
        | Event::ChainedInvokeSucceeded { .. }
        | Event::ChainedInvokeFailed { .. }
        | Event::ChainedInvokeTimedOut { .. }
        | Event::ChainedInvokeStopped { .. }
        | Event::ChainedInvokeCancelled { .. }
        | Event::ExecutionPaused { .. } => true,
        Event::PatchRecorded { .. } | Event::Settled { .. } | Event::CallerRecorded { .. } => false,
        event => event.operation().is_none(),
    }
}
