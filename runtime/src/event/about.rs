//! What an event is about: its type, its operation, its name.

use super::{ContextKind, Event, StepRole};
use crate::OperationId;

impl ContextKind {
    /// AWS's sub-type: `RunInChildContext`, `MapIteration` and so on.
    #[must_use]
    pub fn subtype(self) -> &'static str {
        match self {
            Self::Child | Self::WithRetry => "RunInChildContext",
            Self::Map => "Map",
            Self::MapIteration => "MapIteration",
            Self::Parallel => "Parallel",
            Self::ParallelBranch => "ParallelBranch",
            Self::WaitForCallback => "WaitForCallback",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Child => "child context",
            Self::Map => "map",
            Self::MapIteration => "item of a map",
            Self::Parallel => "parallel",
            Self::ParallelBranch => "branch of a parallel",
            Self::WaitForCallback => "wait for a callback",
            Self::WithRetry => "block with retry",
        }
    }
}

impl Event {
    /// The type of the event: `StepStarted` and so on.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ExecutionStarted { .. } => "ExecutionStarted",
            Self::ExecutionSucceeded { .. } => "ExecutionSucceeded",
            Self::ExecutionFailed { .. } => "ExecutionFailed",
            Self::ExecutionStopped { .. } => "ExecutionStopped",
            Self::ExecutionTimedOut { .. } => "ExecutionTimedOut",
            Self::ExecutionPaused { .. } => "ExecutionPaused",
            Self::ExecutionResumed => "ExecutionResumed",
            Self::ExecutionContinued { .. } => "ExecutionContinued",
            Self::RunStarted { .. } => "RunStarted",
            Self::CancelRequested { .. } => "CancelRequested",
            Self::StepStarted { .. } => "StepStarted",
            Self::StepSucceeded { .. } => "StepSucceeded",
            Self::StepFailed { .. } => "StepFailed",
            Self::StepCancelled { .. } => "StepCancelled",
            Self::WaitStarted { .. } => "WaitStarted",
            Self::WaitSucceeded { .. } => "WaitSucceeded",
            Self::WaitCancelled { .. } => "WaitCancelled",
            Self::ContextStarted { .. } => "ContextStarted",
            Self::ContextSucceeded { .. } => "ContextSucceeded",
            Self::ContextFailed { .. } => "ContextFailed",
            Self::ContextCancelled { .. } => "ContextCancelled",
            Self::CallbackStarted { .. } => "CallbackStarted",
            Self::CallbackHeartbeat { .. } => "CallbackHeartbeat",
            Self::CallbackSucceeded { .. } => "CallbackSucceeded",
            Self::CallbackFailed { .. } => "CallbackFailed",
            Self::CallbackTimedOut { .. } => "CallbackTimedOut",
            Self::CallbackCancelled { .. } => "CallbackCancelled",
            Self::ChainedInvokeStarted { .. } => "ChainedInvokeStarted",
            Self::ChainedInvokeConfirmed { .. } => "ChainedInvokeConfirmed",
            Self::ChainedInvokeSucceeded { .. } => "ChainedInvokeSucceeded",
            Self::ChainedInvokeFailed { .. } => "ChainedInvokeFailed",
            Self::ChainedInvokeTimedOut { .. } => "ChainedInvokeTimedOut",
            Self::ChainedInvokeStopped { .. } => "ChainedInvokeStopped",
            Self::ChainedInvokeCancelled { .. } => "ChainedInvokeCancelled",
            Self::SignalReceived { .. } => "SignalReceived",
            Self::SignalTaken { .. } => "SignalTaken",
            Self::UpdateRequested { .. } => "UpdateRequested",
            Self::UpdateTaken { .. } => "UpdateTaken",
            Self::UpdateAnswered { .. } => "UpdateAnswered",
            Self::Published { .. } => "Published",
            Self::ValueRecorded { .. } => "ValueRecorded",
            Self::PatchRecorded { .. } => "PatchRecorded",
            Self::OperationRefused { .. } => "OperationRefused",
            Self::Settled { .. } => "Settled",
            Self::CallerRecorded { .. } => "CallerRecorded",
        }
    }

    /// The operation it happened to, if it did not happen to the execution as a whole.
    #[must_use]
    pub fn operation(&self) -> Option<&OperationId> {
        match self {
            Self::StepStarted { operation, .. }
            | Self::StepSucceeded { operation, .. }
            | Self::StepFailed { operation, .. }
            | Self::StepCancelled { operation }
            | Self::WaitStarted { operation, .. }
            | Self::WaitSucceeded { operation }
            | Self::WaitCancelled { operation }
            | Self::ContextStarted { operation, .. }
            | Self::ContextSucceeded { operation, .. }
            | Self::ContextFailed { operation, .. }
            | Self::ContextCancelled { operation }
            | Self::CallbackStarted { operation, .. }
            | Self::CallbackHeartbeat { operation }
            | Self::CallbackSucceeded { operation, .. }
            | Self::CallbackFailed { operation, .. }
            | Self::CallbackTimedOut { operation, .. }
            | Self::CallbackCancelled { operation }
            | Self::ChainedInvokeStarted { operation, .. }
            | Self::ChainedInvokeConfirmed { operation }
            | Self::ChainedInvokeSucceeded { operation, .. }
            | Self::ChainedInvokeFailed { operation, .. }
            | Self::ChainedInvokeTimedOut { operation, .. }
            | Self::ChainedInvokeStopped { operation, .. }
            | Self::ChainedInvokeCancelled { operation, .. }
            | Self::SignalTaken { operation, .. }
            | Self::UpdateTaken { operation, .. }
            | Self::UpdateAnswered { operation, .. }
            | Self::Published { operation, .. }
            | Self::ValueRecorded { operation, .. }
            | Self::OperationRefused { operation, .. } => Some(operation),
            Self::ExecutionPaused { operation, .. } => operation.as_ref(),
            Self::ExecutionStarted { .. }
            | Self::ExecutionSucceeded { .. }
            | Self::ExecutionFailed { .. }
            | Self::ExecutionStopped { .. }
            | Self::ExecutionTimedOut { .. }
            | Self::ExecutionResumed
            | Self::ExecutionContinued { .. }
            | Self::RunStarted { .. }
            | Self::CancelRequested { .. }
            | Self::SignalReceived { .. }
            | Self::UpdateRequested { .. }
            | Self::PatchRecorded { .. }
            | Self::Settled { .. }
            | Self::CallerRecorded { .. } => None,
        }
    }

    /// The name of the operation, on the event that begins it; of what was taken or published.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::StepStarted { name, .. }
            | Self::WaitStarted { name, .. }
            | Self::ContextStarted { name, .. }
            | Self::CallbackStarted { name, .. }
            | Self::ChainedInvokeStarted { name, .. }
            | Self::SignalTaken { name, .. }
            | Self::UpdateTaken { name, .. }
            | Self::Published { name, .. }
            | Self::ValueRecorded { name, .. }
            | Self::OperationRefused { name, .. } => Some(name),
            Self::SignalReceived { mail } | Self::UpdateRequested { mail, .. } => Some(&mail.name),
            Self::PatchRecorded { patch, .. } => Some(patch),
            _ => None,
        }
    }

    /// What it happened to, for people: "operation 2.1, step `charge`".
    pub(crate) fn subject(&self) -> String {
        let kind = match self {
            Self::StepStarted { role: StepRole::Undo, .. } => "undo of step",
            Self::StepStarted { role: StepRole::Condition, .. } => "condition",
            Self::StepStarted { .. } | Self::StepSucceeded { .. } | Self::StepFailed { .. } => "step",
            Self::StepCancelled { .. } => "the cancelling of a step",
            Self::WaitStarted { .. } | Self::WaitSucceeded { .. } => "wait",
            Self::WaitCancelled { .. } => "the cancelling of a wait",
            Self::ContextStarted { kind, .. } => kind.text(),
            Self::ContextSucceeded { .. } => "the result of a child context",
            Self::ContextFailed { .. } => "the failure of a child context",
            Self::ContextCancelled { .. } => "the cancelling of a child context",
            Self::CallbackStarted { .. }
            | Self::CallbackHeartbeat { .. }
            | Self::CallbackSucceeded { .. }
            | Self::CallbackFailed { .. }
            | Self::CallbackTimedOut { .. } => "callback",
            Self::CallbackCancelled { .. } => "the cancelling of a callback",
            Self::ChainedInvokeStarted { .. }
            | Self::ChainedInvokeConfirmed { .. }
            | Self::ChainedInvokeSucceeded { .. }
            | Self::ChainedInvokeFailed { .. }
            | Self::ChainedInvokeTimedOut { .. }
            | Self::ChainedInvokeStopped { .. } => "invocation",
            Self::ChainedInvokeCancelled { .. } => "the cancelling of an invocation",
            Self::SignalTaken { .. } => "the taking of signal",
            Self::UpdateTaken { .. } => "the taking of update",
            Self::UpdateAnswered { .. } => "the answer to an update",
            Self::Published { .. } => "the publishing of",
            Self::ValueRecorded { .. } => "recorded value",
            Self::OperationRefused { .. } => "operation",
            Self::ExecutionPaused { .. } => "a pause",
            Self::ExecutionSucceeded { .. } => return "the result of the workflow".to_owned(),
            Self::ExecutionFailed { .. } | Self::ExecutionTimedOut { .. } => {
                return "the failure of the workflow".to_owned();
            }
            Self::ExecutionStarted { .. } => return "the start of the workflow".to_owned(),
            Self::ExecutionStopped { .. } => return "the stop of the execution".to_owned(),
            Self::ExecutionResumed => return "the resuming of the execution".to_owned(),
            Self::ExecutionContinued { .. } => return "the beginning of another run".to_owned(),
            Self::RunStarted { .. } => return "another run".to_owned(),
            Self::CancelRequested { .. } => return "the request to cancel".to_owned(),
            Self::SignalReceived { mail } => return format!("signal `{}`", mail.name),
            Self::UpdateRequested { mail, .. } => return format!("update `{}`", mail.name),
            Self::PatchRecorded { patch, .. } => return format!("patch `{patch}`"),
            Self::Settled { .. } => return "what was owed".to_owned(),
            Self::CallerRecorded { .. } => return "the caller of the execution".to_owned(),
        };
        let name = self.name().map_or_else(String::new, |name| format!(" `{name}`"));
        self.operation().map_or_else(String::new, |operation| format!("operation {operation}, {kind}{name}"))
    }

    /// Whether it ends the execution.
    #[must_use]
    pub fn ends_execution(&self) -> bool {
        matches!(
            self,
            Self::ExecutionSucceeded { .. }
                | Self::ExecutionFailed { .. }
                | Self::ExecutionStopped { .. }
                | Self::ExecutionTimedOut { .. }
        )
    }

    /// The numbers of the context in which it happened; none when it happened to the execution as a whole.
    pub(crate) fn context(&self) -> Option<&[u32]> {
        match self {
            Self::PatchRecorded { context, .. } => Some(context.path()),
            _ => self.operation().map(OperationId::context),
        }
    }

    /// Whether it changes more than what is under way in its context, so that it counts also when the context is over.
    pub(crate) fn outlasts_its_context(&self) -> bool {
        matches!(
            self,
            Self::SignalTaken { .. }
                | Self::UpdateTaken { .. }
                | Self::ChainedInvokeCancelled { .. }
                | Self::ExecutionPaused { .. }
        )
    }

    /// Whether it begins an operation, which counts towards the limit of them.
    pub(crate) fn begins_operation(&self) -> bool {
        matches!(
            self,
            Self::StepStarted { attempt: 1, .. }
                | Self::WaitStarted { .. }
                | Self::ContextStarted { .. }
                | Self::CallbackStarted { .. }
                | Self::ChainedInvokeStarted { .. }
                | Self::SignalTaken { .. }
                | Self::UpdateTaken { .. }
                | Self::Published { .. }
                | Self::ValueRecorded { .. }
        )
    }

    /// The child context that it ends.
    pub(crate) fn ends_context(&self) -> Option<&OperationId> {
        match self {
            Self::ContextSucceeded { operation, .. }
            | Self::ContextFailed { operation, .. }
            | Self::ContextCancelled { operation } => Some(operation),
            _ => None,
        }
    }
}
