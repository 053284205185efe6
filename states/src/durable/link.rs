//! Who started an execution, and what the two tell each other.

use bincode::{Decode, Encode};
use duramen_storage::ExecutionId;

use crate::machine::{About, End, RunNumber};
use crate::payload::Payload;

/// What an execution was started by, and is to tell its end to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Parent {
    pub(crate) execution: ExecutionId,
    pub(crate) by: StartedBy,
}

/// What in the parent started it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(crate) enum StartedBy {
    /// The task with that call.
    Call(u64),
    /// An item of a map run.
    Item { run: RunNumber, index: u64 },
}

/// What is known of an execution from outside.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Report {
    pub(crate) about: About,
    pub(crate) parent: Option<Parent>,
    pub(crate) input: Payload,
    /// In ms since the Unix epoch.
    pub(crate) started_ms: u64,
    pub(crate) ended: Option<(u64, End)>,
    /// How often it was redriven.
    pub(crate) redrives: u64,
}

/// What an execution owes others, until they have it in their logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(crate) enum Debt {
    /// To tell its parent how it ended.
    TellParent,
    /// To stop what it started and does not wait for any more.
    Stop(StartedBy),
    /// To stop the executions of a map run that it does not wait for any more.
    StopChildren(RunNumber),
}
