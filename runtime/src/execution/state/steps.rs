//! The steps under way.

use super::State;
use crate::OperationId;
use crate::event::StepRole;

#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub(super) struct StepUnderWay {
    pub(super) name: String,
    pub(super) role: StepRole,
    pub(super) attempt: u32,
    /// When there is another attempt, in ms since the Unix epoch; absent while it runs.
    pub(super) again_at_ms: Option<u64>,
}

impl StepUnderWay {
    pub(super) fn runs(&self) -> bool {
        self.again_at_ms.is_none()
    }
}

impl State {
    /// Another attempt of the step will follow.
    pub(super) fn postpone_step(&mut self, operation: &OperationId, again_at_ms: u64) {
        if let Some(mut step) = self.steps.get(operation).cloned() {
            step.again_at_ms = Some(again_at_ms);
            self.replace_step(operation, Some(step));
        }
    }

    /// Puts a step where another phase of it was, and keeps the counts that follow from it.
    pub(super) fn replace_step(&mut self, operation: &OperationId, step: Option<StepUnderWay>) {
        match step.as_ref().map(|step| step.again_at_ms) {
            Some(Some(again_at_ms)) => {
                self.due.insert((again_at_ms, operation.clone()));
            }
            Some(None) => self.running += 1,
            None => {}
        }
        let before = match step {
            Some(step) => self.steps.insert(operation.clone(), step),
            None => self.steps.remove(operation),
        };
        match before.map(|step| step.again_at_ms) {
            Some(Some(again_at_ms)) => {
                self.due.remove(&(again_at_ms, operation.clone()));
            }
            Some(None) => self.running = self.running.saturating_sub(1),
            None => {}
        }
    }
}
