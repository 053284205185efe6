//! Events as text: one line each.

use std::fmt;

use super::{CancelReason, ContextKind, Event, Owed, StepRole};

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<18}", self.kind())?;
        if let Some(operation) = self.operation() {
            write!(f, " {operation}")?;
        }
        if let Some(name) = self.name() {
            write!(f, " `{name}`")?;
        }
        match self {
            Self::ExecutionStarted { begin } | Self::ExecutionContinued { begin, .. } => {
                write!(f, " `{}` as `{}` with {}", begin.workflow, begin.name, begin.input)?;
                if begin.version != 1 {
                    write!(f, ", version {}", begin.version)?;
                }
                if begin.run > 0 {
                    write!(f, ", run {}", begin.run + 1)?;
                }
                begin.deadline_ms.map_or(Ok(()), |at| write!(f, ", until {at}"))
            }
            Self::ExecutionSucceeded { result }
            | Self::ContextSucceeded { result, .. }
            | Self::CallbackSucceeded { result, .. }
            | Self::ChainedInvokeSucceeded { result, .. } => write!(f, " {result}"),
            Self::ExecutionFailed { failure }
            | Self::ExecutionStopped { failure }
            | Self::ExecutionTimedOut { failure }
            | Self::ContextFailed { failure, .. }
            | Self::CallbackFailed { failure, .. }
            | Self::CallbackTimedOut { failure, .. }
            | Self::ChainedInvokeFailed { failure, .. }
            | Self::ChainedInvokeTimedOut { failure, .. }
            | Self::ChainedInvokeStopped { failure, .. }
            | Self::OperationRefused { failure, .. } => write!(f, " {failure}"),
            Self::StepStarted { role, attempt, .. } => {
                let role = match role {
                    StepRole::Do => "",
                    StepRole::Undo => " undo",
                    StepRole::Condition => " condition",
                };
                write!(f, "{role} attempt {attempt}")
            }
            Self::StepSucceeded { attempt, result, again_at_ms, .. } => {
                write!(f, " attempt {attempt} {result}")?;
                again_at_ms.map_or(Ok(()), |at| write!(f, ", again at {at}"))
            }
            Self::StepFailed { attempt, failure, retry_at_ms, .. } => {
                write!(f, " attempt {attempt} {failure}")?;
                retry_at_ms.map_or(Ok(()), |at| write!(f, ", again at {at}"))
            }
            Self::WaitStarted { until_ms, .. } => write!(f, " until {until_ms}"),
            Self::ContextStarted { kind: ContextKind::Child, .. } => Ok(()),
            Self::ContextStarted { kind, .. } => write!(f, " {}", kind.subtype()),
            Self::ExecutionPaused { reason, compensation, .. } => {
                write!(f, " {reason}")?;
                if !compensation.is_empty() {
                    write!(f, "; still to undo: {}", compensation.join(", "))?;
                }
                Ok(())
            }
            Self::CancelRequested { reason: CancelReason::Asked, failure } => write!(f, " {failure}"),
            Self::CancelRequested { reason: CancelReason::TimedOut, failure } => write!(f, " (time is up) {failure}"),
            Self::CallbackStarted { timeout_at_ms, heartbeat_ms, .. } => {
                timeout_at_ms.map_or(Ok(()), |at| write!(f, " until {at}"))?;
                heartbeat_ms.map_or(Ok(()), |ms| write!(f, " heartbeat every {ms} ms"))
            }
            Self::ChainedInvokeStarted { invoked, .. } => {
                write!(f, " `{}` as `{}` with {}", invoked.workflow, invoked.name, invoked.input)
            }
            Self::SignalReceived { mail } | Self::UpdateRequested { mail, .. } => {
                write!(f, " number {} {}", mail.number, mail.value)
            }
            Self::SignalTaken { number, .. } | Self::UpdateTaken { number, .. } => write!(f, " number {number}"),
            Self::UpdateAnswered { answer: Ok(value), .. } => write!(f, " {value}"),
            Self::UpdateAnswered { answer: Err(failure), .. } => write!(f, " refused: {failure}"),
            Self::Published { value, .. } | Self::ValueRecorded { value, .. } => write!(f, " {value}"),
            Self::Settled { owed: Owed::TellParent } => write!(f, " the parent was told"),
            Self::Settled { owed: Owed::CancelInvoked(execution) } => write!(f, " {execution} was told to cancel"),
            Self::CallerRecorded { caller } => write!(f, " call {} of {}", caller.call, caller.execution),
            Self::RunStarted { run } => write!(f, " run {}", run + 1),
            Self::ExecutionResumed
            | Self::StepCancelled { .. }
            | Self::WaitSucceeded { .. }
            | Self::WaitCancelled { .. }
            | Self::ContextCancelled { .. }
            | Self::CallbackHeartbeat { .. }
            | Self::CallbackCancelled { .. }
            | Self::ChainedInvokeConfirmed { .. }
            | Self::ChainedInvokeCancelled { .. }
            | Self::PatchRecorded { .. } => Ok(()),
        }
    }
}
