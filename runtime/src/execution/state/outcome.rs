//! How an execution ended.

use duramen_storage::Status;

use crate::{Event, Failure, Payload};

/// How an execution ended.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub enum Outcome {
    /// With that result.
    Succeeded(Payload),
    /// With a failure.
    Failed(Failure),
    /// Its time was up.
    TimedOut(Failure),
    /// It was stopped or cancelled.
    Stopped(Failure),
}

impl Outcome {
    /// How the execution ended, if this event ended it.
    pub(crate) fn of(event: &Event) -> Option<Self> {
        match event {
            Event::ExecutionSucceeded { result } => Some(Self::Succeeded(result.clone())),
            Event::ExecutionFailed { failure } => Some(Self::Failed(failure.clone())),
            Event::ExecutionTimedOut { failure } => Some(Self::TimedOut(failure.clone())),
            Event::ExecutionStopped { failure } => Some(Self::Stopped(failure.clone())),
            _ => None,
        }
    }

    pub(super) fn status(&self) -> Status {
        match self {
            Self::Succeeded(_) => Status::Succeeded,
            Self::Failed(_) => Status::Failed,
            Self::TimedOut(_) => Status::TimedOut,
            Self::Stopped(_) => Status::Stopped,
        }
    }
}
