//! What happens to an execution, as it stands in the log.
//!
//! An event says no more than is needed to change the state; what the history of Step Functions shows of it is found when
//! it is applied. Names stand in the definition, and a payload that is the same as the one before it is not repeated.

use std::sync::Arc;

use bincode::{Decode, Encode};

use super::about::About;
use super::distributed::RunNumber;
use super::state::FrameId;
use crate::definition::StateId;
use crate::history::Fault;
use crate::packed::Packed;
use crate::payload::Payload;

/// A payload that follows upon another one.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub(crate) enum Carry {
    /// It is the same.
    Same,
    New(Payload),
}

impl Carry {
    pub(crate) fn of(payload: Payload, before: &Payload) -> Self {
        if payload.is(before) || payload == *before { Self::Same } else { Self::New(payload) }
    }

    pub(crate) fn after(&self, before: &Payload) -> Payload {
        match self {
            Self::Same => before.clone(),
            Self::New(payload) => payload.clone(),
        }
    }
}

/// What the executions of a map run are given that begin.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub(crate) enum Inputs {
    /// The next items, so many.
    Items(u64),
    /// What was selected for the next items.
    Selected(Vec<Payload>),
}

/// How an execution of a map run ended.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub(crate) enum ChildEnd {
    /// With that output, after its input.
    Succeeded(Carry),
    Failed(Fault),
    TimedOut(Fault),
    Aborted,
}

/// How many iterations of a map may fail.
#[derive(Debug, Clone, Copy, PartialEq, Encode, Decode, Default)]
pub(crate) struct Tolerance {
    pub(crate) count: Option<u64>,
    pub(crate) percentage: Option<f64>,
}

impl Tolerance {
    /// Whether nothing is said of it.
    pub(crate) fn is_none(&self) -> bool {
        self.count.is_none() && self.percentage.is_none()
    }

    /// Whether so many failures of so many iterations are more than may be. Without a tolerance that is never said.
    pub(crate) fn is_exceeded(&self, failed: u64, of: u64) -> bool {
        #[allow(clippy::cast_precision_loss, reason = "a percentage")]
        let percentage = failed as f64 * 100.0 / of.max(1) as f64;
        self.count.is_some_and(|most| failed > most) || self.percentage.is_some_and(|most| percentage > most)
    }
}

/// Something that happened in a frame: the machine itself, a branch or an iteration.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub(crate) enum Event {
    /// The execution began.
    Started {
        about: About,
        input: Payload,
    },
    /// A state was entered, with the data that the frame has.
    Entered {
        frame: FrameId,
        state: StateId,
    },
    /// A state was left.
    Exited {
        frame: FrameId,
        output: Carry,
        assigned: Vec<(String, Payload)>,
        next: Option<StateId>,
    },
    /// A wait state waits.
    Waits {
        frame: FrameId,
        until_ms: u64,
    },
    /// The state is to be tried again, by that retrier, not before that time.
    Retries {
        frame: FrameId,
        retrier: u32,
        due_ms: u64,
    },
    /// A wait or a pause before a retry is over.
    Due {
        frame: FrameId,
    },
    /// A task was asked for.
    Scheduled {
        frame: FrameId,
        parameters: Carry,
        timeout_seconds: Option<u64>,
        heartbeat_seconds: Option<u64>,
        credentials: Option<Payload>,
        token: Option<String>,
    },
    /// It is under way.
    TaskStarted {
        frame: FrameId,
    },
    /// The service took it on; the result comes later.
    Submitted {
        frame: FrameId,
        output: Payload,
    },
    /// Whoever does it is alive.
    Heartbeat {
        frame: FrameId,
    },
    Succeeded {
        frame: FrameId,
        output: Carry,
    },
    Failed {
        frame: FrameId,
        fault: Fault,
    },
    TimedOut {
        frame: FrameId,
        fault: Fault,
    },
    /// An expression failed.
    EvaluationFailed {
        frame: FrameId,
        fault: Fault,
        location: Option<String>,
    },
    /// The branches of a parallel state began.
    ParallelStarted {
        frame: FrameId,
        input: Carry,
    },
    BranchSucceeded {
        frame: FrameId,
    },
    /// A branch failed, and is no more.
    BranchFailed {
        frame: FrameId,
    },
    /// A map has its items. `run` names the map run of a distributed one.
    MapStarted {
        frame: FrameId,
        items: Carry,
        most: u64,
        tolerance: Tolerance,
        run: Option<String>,
    },
    IterationStarted {
        frame: FrameId,
        input: Carry,
    },
    IterationSucceeded {
        frame: FrameId,
    },
    IterationFailed {
        frame: FrameId,
    },
    /// A branch or an iteration was given up, since another one failed.
    Aborted {
        frame: FrameId,
    },
    /// All branches or iterations are done.
    Joined {
        frame: FrameId,
    },
    /// The parallel or map state failed, and is not tried again.
    Broken {
        frame: FrameId,
    },
    /// The run of a distributed map.
    RunStarted {
        frame: FrameId,
    },
    RunSucceeded {
        frame: FrameId,
    },
    RunFailed {
        frame: FrameId,
        fault: Fault,
    },
    ExecutionSucceeded,
    ExecutionFailed {
        fault: Fault,
    },
    ExecutionTimedOut {
        fault: Fault,
    },
    ExecutionAborted {
        fault: Fault,
    },
    /// The items of a distributed map are to be read, as these arguments say.
    /// `most` is how many at most, 0 being any number.
    Reading {
        frame: FrameId,
        arguments: Payload,
        most: u64,
    },
    /// They have been read.
    Read {
        frame: FrameId,
        items: Payload,
    },
    /// They were put into batches.
    Batched {
        frame: FrameId,
        batches: Payload,
    },
    /// The results of a distributed map are to be written, as these arguments say. `fault` is why the map fails then.
    Writing {
        frame: FrameId,
        arguments: Payload,
        fault: Option<Fault>,
    },
    /// They have been written.
    Written {
        frame: FrameId,
        result: Payload,
    },
    /// They could not be read or written.
    StoreFailed {
        frame: FrameId,
        fault: Fault,
    },
    /// Executions of a map run are to run: those of the next items.
    ChildrenStarted {
        run: RunNumber,
        inputs: Inputs,
    },
    /// The version and the alias by which the execution was started, before it begins.
    Routed {
        version_arn: Option<String>,
        alias_arn: Option<String>,
    },
    /// A worker took the task of an activity.
    Taken {
        frame: FrameId,
        worker: Option<String>,
    },
    /// As [`Reading`](Self::Reading), and an expression says where in the document the items stand.
    ReadingAt {
        frame: FrameId,
        arguments: Payload,
        most: u64,
        pointer: String,
    },
    /// The execution goes on from where it did not succeed.
    Redriven,
    /// So does the run of a distributed map.
    RunRedriven {
        frame: FrameId,
    },
    /// A branch or iteration that did not succeed goes on.
    Resumed {
        frame: FrameId,
    },
    /// Some of them have ended, each with its index.
    ChildrenEnded {
        run: RunNumber,
        ended: Vec<(u64, ChildEnd)>,
    },
    /// Those from the one index up to the other go on by themselves.
    ChildrenBegan {
        run: RunNumber,
        from: u64,
        below: u64,
    },
    /// A map run has other bounds.
    RunUpdated {
        run: RunNumber,
        most: Option<u64>,
        tolerance: Tolerance,
    },
    /// The execution is that of an item of a map run. The item follows upon the input.
    IsItem {
        index: u64,
        item: Carry,
    },
    /// Executions of a redriven map run go on that did not succeed: the first ones, so many.
    ChildrenRestarted {
        run: RunNumber,
        count: u64,
    },
    /// The service did not take on what it was to do, or to hand on a token for.
    SubmitFailed {
        frame: FrameId,
        fault: Fault,
    },
    /// A task could not be asked for.
    ScheduleFailed {
        frame: FrameId,
        fault: Fault,
    },
    /// A task was asked for, and nobody began it.
    StartFailed {
        frame: FrameId,
        fault: Fault,
    },
    /// The run of a distributed map was given up: what is around it ended, or another branch or iteration failed.
    RunAborted {
        frame: FrameId,
    },
    /// Some of the items of a distributed map have been read, from that index on. Those of one reading come in their order;
    /// with the first of another one those are forgotten that were there.
    ItemsRead {
        frame: FrameId,
        reading: u64,
        from: u64,
        items: Arc<Packed>,
        last: bool,
    },
    /// Some of them were put into batches: how many are in each.
    BatchesMade {
        frame: FrameId,
        batches: Arc<Packed>,
        sizes: Vec<u64>,
        last: bool,
    },
}
