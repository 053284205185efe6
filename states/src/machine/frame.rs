//! One line of control: the machine itself, a branch or an iteration.

use std::collections::BTreeMap;
use std::sync::Arc;

use bincode::{Decode, Encode};

use super::distributed::{Distributed, RunNumber};
use super::event::Tolerance;
use super::state::FrameId;
use crate::definition::StateId;
use crate::history::Fault;
use crate::payload::Payload;

#[derive(Debug, Clone, Encode, Decode, PartialEq)]
pub(crate) struct Frame {
    pub(crate) parent: Option<FrameId>,
    /// Which branch or item it is.
    pub(crate) index: usize,
    /// The number of the last event of the frame in the history.
    pub(crate) last: u64,
    /// The input of the state it is in; between states, what the last one put out.
    pub(crate) data: Payload,
    /// The item of an iteration.
    pub(crate) item: Option<Payload>,
    pub(crate) variables: Arc<BTreeMap<String, Payload>>,
    /// How many bytes its variables have together.
    pub(crate) variables_bytes: usize,
    pub(crate) place: Option<Place>,
    pub(crate) phase: Phase,
}

/// The state in which a frame is.
#[derive(Debug, Clone, Encode, Decode, PartialEq)]
pub(crate) struct Place {
    pub(crate) state: StateId,
    /// The number of the event of entering.
    pub(crate) entered: u64,
    /// The number of the event before it.
    pub(crate) before: u64,
    pub(crate) entered_ms: u64,
    /// How often each retrier was used.
    pub(crate) retries: Vec<u32>,
}

#[derive(Debug, Clone, Encode, Decode, PartialEq)]
pub(crate) enum Phase {
    /// A state is to be entered.
    Next(StateId),
    /// The state is to do its work.
    Entered,
    /// The wait is over.
    Woken,
    Waiting {
        until_ms: u64,
    },
    Pausing {
        until_ms: u64,
    },
    Task(Call),
    /// The task gave this.
    Returned(Payload),
    Failing(Fault),
    Branching(Box<Branching>),
    /// A distributed map with that run.
    Distributed(RunNumber, Stage),
    /// All branches or iterations are done, with these results.
    Joined(Payload),
    /// The last state was left.
    Done,
}

/// A task that is under way.
#[derive(Debug, Clone, Encode, Decode, PartialEq)]
pub(crate) struct Call {
    /// Which call of the execution it is.
    pub(crate) id: u64,
    pub(crate) parameters: Payload,
    pub(crate) credentials: Option<Payload>,
    pub(crate) token: Option<String>,
    /// Whether it was handed over, and is answered by its token.
    pub(crate) submitted: bool,
    pub(crate) worker: Worker,
    /// How long it may take.
    pub(crate) timeout_seconds: Option<u64>,
    pub(crate) timeout_ms: Option<u64>,
    /// How long it may be silent.
    pub(crate) heartbeat_seconds: Option<u64>,
    pub(crate) heartbeat_ms: Option<u64>,
}

/// Whether a worker does a task, who comes and takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Worker {
    /// No: it is no activity.
    None,
    /// None has come yet.
    Awaited,
    /// One has taken it.
    Has,
}

/// A parallel or map state whose branches are under way.
#[derive(Debug, Clone, Encode, Decode, PartialEq)]
pub(crate) struct Branching {
    pub(crate) results: Vec<Option<Payload>>,
    /// How many have been started.
    pub(crate) started: usize,
    pub(crate) running: usize,
    pub(crate) failed: usize,
    /// How many may run at a time.
    pub(crate) most: usize,
    /// The items of a map.
    pub(crate) items: Option<Payload>,
    pub(crate) tolerance: Tolerance,
    /// The event upon which the next iteration follows.
    pub(crate) thread: u64,
    /// Those that did not succeed and are to go on, the last one first.
    pub(crate) resting: Vec<FrameId>,
}

/// How far a distributed map is.
#[derive(Debug, Clone, Default, Encode, Decode, PartialEq)]
pub(crate) enum Stage {
    /// Its items are being read, so many at most; 0 is any number. The text is where they stand in the document, if an
    /// expression says it.
    Reading(Call, u64, Option<String>),
    /// Its items are read, and may have to be put into batches.
    Read,
    #[default]
    Iterating,
    /// Its results are being written. With an error it fails then.
    Writing(Call, Option<Fault>),
    /// They are written, and this is its result.
    Written(Payload),
    /// It fails.
    Failing(Fault),
}

impl Call {
    /// One without a limit of time.
    pub(crate) fn plain(id: u64, parameters: Payload) -> Self {
        Self {
            id,
            parameters,
            credentials: None,
            token: None,
            submitted: false,
            worker: Worker::None,
            timeout_seconds: None,
            timeout_ms: None,
            heartbeat_seconds: None,
            heartbeat_ms: None,
        }
    }
}

impl Branching {
    pub(crate) fn length(&self) -> usize {
        self.results.len()
    }

    pub(crate) fn may_start(&self) -> bool {
        let left = self.started < self.length() || !self.resting.is_empty();
        left && self.running < self.most
    }

    pub(crate) fn is_done(&self) -> bool {
        self.started == self.length() && self.running + self.resting.len() == 0
    }

    /// Lets those go on that did not succeed.
    pub(crate) fn resume(&mut self, unsuccessful: Vec<FrameId>, redriven: u64) {
        (self.running, self.failed, self.thread) = (0, 0, redriven);
        self.resting = unsuccessful;
        self.resting.reverse();
    }

    /// Whether more have failed than may.
    pub(crate) fn is_broken(&self) -> bool {
        if self.failed == 0 {
            return false;
        }
        match self.tolerance {
            Tolerance { count: None, percentage: None } => true,
            tolerance => tolerance.is_exceeded(self.failed as u64, self.length() as u64),
        }
    }
}

impl Phase {
    /// Whether something can be done about it now. `run` is the run of a distributed map.
    pub(crate) fn is_ready(&self, run: Option<&Distributed>) -> bool {
        match self {
            Self::Next(_)
            | Self::Entered
            | Self::Woken
            | Self::Returned(_)
            | Self::Failing(_)
            | Self::Joined(_)
            | Self::Done => true,
            Self::Waiting { .. } | Self::Pausing { .. } | Self::Task(_) => false,
            Self::Branching(branching) => branching.may_start() || branching.is_done(),
            Self::Distributed(_, stage) => match stage {
                Stage::Iterating => run.is_some_and(|run| run.is_broken() || run.is_done() || run.room() > 0),
                Stage::Reading(..) | Stage::Writing(..) => false,
                Stage::Read | Stage::Written(_) | Stage::Failing(_) => true,
            },
        }
    }

    /// The task that is under way, or the reading or writing of a map.
    pub(crate) fn call(&self) -> Option<&Call> {
        match self {
            Self::Task(call) => Some(call),
            Self::Distributed(_, Stage::Reading(call, ..) | Stage::Writing(call, _)) => Some(call),
            _ => None,
        }
    }

    pub(crate) fn run(&self) -> Option<RunNumber> {
        match self {
            Self::Distributed(run, _) => Some(*run),
            _ => None,
        }
    }

    pub(crate) fn due_ms(&self) -> Option<u64> {
        match self {
            Self::Waiting { until_ms } | Self::Pausing { until_ms } => Some(*until_ms),
            Self::Task(call) => call.timeout_ms.into_iter().chain(call.heartbeat_ms).min(),
            _ => None,
        }
    }
}
