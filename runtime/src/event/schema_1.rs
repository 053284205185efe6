//! Events as the first schema wrote them: read, never written.

use super::{Begin, ContextKind, Event as Now, StepRole};
use crate::{Failure, OperationId, Payload};

/// The events of schema 1.
#[derive(bincode::Encode, bincode::Decode)]
pub(crate) enum Event {
    ExecutionStarted { workflow: String, name: String, input: Payload },
    ExecutionSucceeded { result: Payload },
    ExecutionFailed { failure: Failure },
    ExecutionStopped { failure: Failure },
    StepStarted { operation: OperationId, name: String, role: StepRole, attempt: u32 },
    StepSucceeded { operation: OperationId, attempt: u32, result: Payload },
    StepFailed { operation: OperationId, attempt: u32, failure: Failure, retry_at_ms: Option<u64> },
    WaitStarted { operation: OperationId, name: String, until_ms: u64 },
    WaitSucceeded { operation: OperationId },
    ContextStarted { operation: OperationId, name: String },
    ContextSucceeded { operation: OperationId, result: Payload },
    ContextFailed { operation: OperationId, failure: Failure },
}

impl From<Event> for Now {
    fn from(old: Event) -> Self {
        match old {
            Event::ExecutionStarted { workflow, name, input } => {
                let begin = Begin { workflow, version: 1, name, input, parent: None, deadline_ms: None, run: 0 };
                Self::ExecutionStarted { begin: Box::new(begin) }
            }
            Event::ExecutionSucceeded { result } => Self::ExecutionSucceeded { result },
            Event::ExecutionFailed { failure } => Self::ExecutionFailed { failure },
            Event::ExecutionStopped { failure } => Self::ExecutionStopped { failure },
            Event::StepStarted { operation, name, role, attempt } => {
                Self::StepStarted { operation, name, role, attempt }
            }
            Event::StepSucceeded { operation, attempt, result } => {
                Self::StepSucceeded { operation, attempt, result, again_at_ms: None }
            }
            Event::StepFailed { operation, attempt, failure, retry_at_ms } => {
                Self::StepFailed { operation, attempt, failure, retry_at_ms }
            }
            Event::WaitStarted { operation, name, until_ms } => Self::WaitStarted { operation, name, until_ms },
            Event::WaitSucceeded { operation } => Self::WaitSucceeded { operation },
            Event::ContextStarted { operation, name } => {
                Self::ContextStarted { operation, name, kind: ContextKind::Child }
            }
            Event::ContextSucceeded { operation, result } => Self::ContextSucceeded { operation, result },
            Event::ContextFailed { operation, failure } => Self::ContextFailed { operation, failure },
        }
    }
}
