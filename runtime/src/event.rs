//! What happens to an execution, in the words of AWS durable executions.

use std::fmt;

use crate::{Failure, OperationId, Payload};

/// What has happened to an execution. The names are those of the event types of AWS Lambda durable executions.
///
/// Events are written by their number: variants are only ever added at the end, and none is changed.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
#[non_exhaustive]
pub enum Event {
    /// Nothing → running.
    ExecutionStarted {
        /// The workflow that runs.
        workflow: String,
        /// The name of the execution.
        name: String,
        /// What the workflow is called with.
        input: Payload,
    },
    /// Running → succeeded.
    ExecutionSucceeded {
        /// What the workflow returned.
        result: Payload,
    },
    /// Running → failed.
    ExecutionFailed {
        /// What the workflow returned.
        failure: Failure,
    },
    /// Running or paused → stopped.
    ExecutionStopped {
        /// Why, as the one who stopped it said.
        failure: Failure,
    },
    /// An attempt of a step begins.
    StepStarted {
        /// The step.
        operation: OperationId,
        /// Its name.
        name: String,
        /// What part the step plays.
        role: StepRole,
        /// Which attempt; the first is 1.
        attempt: u32,
    },
    /// The step has its result.
    StepSucceeded {
        /// The step.
        operation: OperationId,
        /// The attempt that succeeded.
        attempt: u32,
        /// What it returned.
        result: Payload,
    },
    /// An attempt of a step failed.
    StepFailed {
        /// The step.
        operation: OperationId,
        /// The attempt that failed.
        attempt: u32,
        /// What it returned.
        failure: Failure,
        /// When it is tried again, in ms since the Unix epoch; `None` when the step has failed for good.
        retry_at_ms: Option<u64>,
    },
    /// A wait begins.
    WaitStarted {
        /// The wait.
        operation: OperationId,
        /// Its name.
        name: String,
        /// When it ends, in ms since the Unix epoch.
        until_ms: u64,
    },
    /// A wait has ended.
    WaitSucceeded {
        /// The wait.
        operation: OperationId,
    },
    /// A child context begins.
    ContextStarted {
        /// The context.
        operation: OperationId,
        /// Its name.
        name: String,
    },
    /// A child context has its result.
    ContextSucceeded {
        /// The context.
        operation: OperationId,
        /// What it returned.
        result: Payload,
    },
    /// A child context has failed.
    ContextFailed {
        /// The context.
        operation: OperationId,
        /// What it returned.
        failure: Failure,
    },
}

/// What part a step plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bincode::Encode, bincode::Decode)]
#[non_exhaustive]
pub enum StepRole {
    /// It does something.
    Do,
    /// It undoes what a step of a saga did, or may have done.
    Undo,
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
            Self::StepStarted { .. } => "StepStarted",
            Self::StepSucceeded { .. } => "StepSucceeded",
            Self::StepFailed { .. } => "StepFailed",
            Self::WaitStarted { .. } => "WaitStarted",
            Self::WaitSucceeded { .. } => "WaitSucceeded",
            Self::ContextStarted { .. } => "ContextStarted",
            Self::ContextSucceeded { .. } => "ContextSucceeded",
            Self::ContextFailed { .. } => "ContextFailed",
        }
    }

    /// The operation it happened to, if it did not happen to the execution as a whole.
    #[must_use]
    pub fn operation(&self) -> Option<&OperationId> {
        match self {
            Self::StepStarted { operation, .. }
            | Self::StepSucceeded { operation, .. }
            | Self::StepFailed { operation, .. }
            | Self::WaitStarted { operation, .. }
            | Self::WaitSucceeded { operation }
            | Self::ContextStarted { operation, .. }
            | Self::ContextSucceeded { operation, .. }
            | Self::ContextFailed { operation, .. } => Some(operation),
            Self::ExecutionStarted { .. }
            | Self::ExecutionSucceeded { .. }
            | Self::ExecutionFailed { .. }
            | Self::ExecutionStopped { .. } => None,
        }
    }

    /// What it happened to, for people: "operation 2.1, step `charge`".
    pub(crate) fn subject(&self) -> String {
        let kind = match self {
            Self::StepStarted { role: StepRole::Undo, .. } => "undo of step",
            Self::StepStarted { .. } | Self::StepSucceeded { .. } | Self::StepFailed { .. } => "step",
            Self::WaitStarted { .. } | Self::WaitSucceeded { .. } => "wait",
            Self::ContextStarted { .. } => "child context",
            Self::ContextSucceeded { .. } => "the result of a child context",
            Self::ContextFailed { .. } => "the failure of a child context",
            Self::ExecutionSucceeded { .. } => return "the result of the workflow".to_owned(),
            Self::ExecutionFailed { .. } => return "the failure of the workflow".to_owned(),
            Self::ExecutionStarted { .. } => return "the start of the workflow".to_owned(),
            Self::ExecutionStopped { .. } => return "the stop of the execution".to_owned(),
        };
        let name = self.name().map_or_else(String::new, |name| format!(" `{name}`"));
        self.operation().map_or_else(String::new, |operation| format!("operation {operation}, {kind}{name}"))
    }

    /// The name of the operation, on the event that begins it.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::StepStarted { name, .. } | Self::WaitStarted { name, .. } | Self::ContextStarted { name, .. } => {
                Some(name)
            }
            _ => None,
        }
    }
}

/// One line of a history, as [`Handle::history`](crate::Handle::history) gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryEvent {
    /// The number of the event; the first is 1.
    pub number: u64,
    /// When it happened, in ms since the Unix epoch.
    pub at_ms: u64,
    /// What happened.
    pub event: Event,
}

impl fmt::Display for HistoryEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>4}  {}", self.number, self.event)
    }
}

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
            Self::ExecutionStarted { workflow, name, input } => write!(f, " `{workflow}` as `{name}` with {input}"),
            Self::ExecutionSucceeded { result } | Self::ContextSucceeded { result, .. } => write!(f, " {result}"),
            Self::ExecutionFailed { failure }
            | Self::ExecutionStopped { failure }
            | Self::ContextFailed { failure, .. } => {
                write!(f, " {failure}")
            }
            Self::StepStarted { role, attempt, .. } => {
                let undo = if *role == StepRole::Undo { " undo" } else { "" };
                write!(f, "{undo} attempt {attempt}")
            }
            Self::StepSucceeded { attempt, result, .. } => write!(f, " attempt {attempt} {result}"),
            Self::StepFailed { attempt, failure, retry_at_ms, .. } => {
                write!(f, " attempt {attempt} {failure}")?;
                retry_at_ms.map_or(Ok(()), |at| write!(f, ", again at {at}"))
            }
            Self::WaitStarted { until_ms, .. } => write!(f, " until {until_ms}"),
            Self::WaitSucceeded { .. } | Self::ContextStarted { .. } => Ok(()),
        }
    }
}
