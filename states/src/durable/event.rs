//! What stands in the log of an execution.

use bincode::{Decode, Encode};
use duramen_storage::ExecutionId;

use super::functions::Called;
use super::link::{Debt, Parent, StartedBy};
use crate::machine::{About, End, Event};
use crate::payload::Payload;

/// One event of the log.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub(crate) enum Logged {
    /// The execution was made. Its definition stands here, so that nothing that is registered later touches it.
    Begun { machine: String, name: String, definition: String },
    /// Something happened in the state machine.
    Happened(Event),
    /// The turn had its share, and there is more to do.
    Yielded,
    /// What a turn left is gone on with.
    GoesOn,
    /// The execution was started by another one, which waits for its end.
    HasParent(Parent),
    /// What it started has ended.
    ChildEnded(StartedBy),
    /// It owes that no more.
    Settled(Debt),
    /// An Express execution was accepted. It runs without leaving anything in the log, and from its start again after the
    /// end of a process.
    Accepted { about: About, input: Payload },
    /// An Express execution has come to its end.
    Ran { end: End },
    /// The execution was invoked by a durable function, which waits for its end.
    CalledBy(duramen::Parent),
    /// The execution may take until then, in ms since the Unix epoch.
    Until { at_ms: u64 },
    /// A task calls a durable function.
    Calls(Box<Called>),
    /// The function that was called runs by itself.
    FunctionRuns { call: u64 },
    /// It runs that machine of its definition, not the outermost.
    IsPart(u32),
    /// The task with that call of that execution has told what one of the tasks here has come to. It may tell it again.
    ToldBy(ExecutionId, u64),
    /// It stands for one that is no more, and had gone on so often after it had ended without success.
    WentOnBefore { times: u64 },
}

impl Logged {
    /// About how many bytes the payloads and errors in it have.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Happened(event) => event.weight(),
            Self::Accepted { input, .. } => input.weight(),
            Self::Ran { end } => end.weight(),
            _ => 0,
        }
    }
}
