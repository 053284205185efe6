//! What time brings.

use super::State;
use crate::event::CancelReason;
use crate::{Event, Failure, OperationId};

impl State {
    /// When the next thing is due, in ms since the Unix epoch. While it is paused, nothing is.
    pub(super) fn wake_ms(&self) -> Option<u64> {
        if self.is_paused() {
            return None;
        }
        let deadline_ms = self.deadline_ms().filter(|_| !self.is_ending());
        self.due.first().map(|(due_ms, _)| *due_ms).into_iter().chain(deadline_ms).min()
    }

    fn deadline_ms(&self) -> Option<u64> {
        self.identity.as_ref().and_then(|identity| identity.deadline_ms)
    }

    /// The events of all that is due.
    pub(crate) fn due(&self, now_ms: u64) -> Vec<Event> {
        if self.is_paused() || self.outcome.is_some() {
            return Vec::new();
        }
        let due = self.due.iter().take_while(|(due_ms, _)| *due_ms <= now_ms);
        let mut events: Vec<_> = due.filter_map(|(_, operation)| self.due_operation(operation, now_ms)).collect();
        if !self.is_ending() && self.deadline_ms().is_some_and(|deadline_ms| deadline_ms <= now_ms) {
            let failure = Failure::new(Failure::EXECUTION_TIMEOUT, "the time of the execution is up");
            events.push(Event::CancelRequested { reason: CancelReason::TimedOut, failure });
        }
        events
    }

    fn due_operation(&self, operation: &OperationId, now_ms: u64) -> Option<Event> {
        let operation = operation.clone();
        if self.waits.contains_key(&operation) {
            return Some(Event::WaitSucceeded { operation });
        }
        if let Some(callback) = self.callbacks.get(&operation) {
            let failure = if callback.timeout_at_ms.is_some_and(|at_ms| at_ms <= now_ms) {
                Failure::new(Failure::CALLBACK_TIMEOUT, "Callback timed out")
            } else {
                Failure::new(Failure::CALLBACK_HEARTBEAT, "Callback timed out on heartbeat")
            };
            return Some(Event::CallbackTimedOut { operation, failure });
        }
        let step = self.steps.get(&operation)?;
        let (name, role, attempt) = (step.name.clone(), step.role, step.attempt.saturating_add(1));
        Some(Event::StepStarted { operation, name, role, attempt })
    }
}
