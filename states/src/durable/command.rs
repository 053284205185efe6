//! What an execution is asked to do.

use super::link::{Debt, Parent, Report, StartedBy};
use crate::history::Fault;
use crate::machine::{About, Carry, End, MapRun, MapRunUpdate, RunNumber};
use crate::payload::Payload;

/// What an execution begins with.
#[derive(Clone)]
pub(crate) struct Begin {
    pub(crate) machine: String,
    pub(crate) name: String,
    pub(crate) definition: String,
    pub(crate) about: About,
    pub(crate) input: Payload,
    pub(crate) parent: Option<Parent>,
    /// Why it is stopped before it has done anything.
    pub(crate) stopped: Option<Fault>,
    /// Of which item of a map run it is.
    pub(crate) item: Option<Item>,
}

/// What an execution of a map run is.
#[derive(Clone)]
pub(crate) struct Item {
    /// Which machine of the definition it runs.
    pub(crate) part: u32,
    pub(crate) index: u64,
    /// The item itself, after the input.
    pub(crate) item: Carry,
}

pub(crate) enum Command {
    Start(Box<Begin>),
    /// A task has come to its end.
    Answer {
        call: u64,
        answer: Result<Payload, Fault>,
    },
    /// Who has the token of a task says what it has come to.
    Told {
        token: String,
        answer: Result<Payload, Fault>,
    },
    /// Who has the token of a task is alive.
    Alive {
        token: String,
    },
    /// There is more to do than one turn takes.
    GoOn,
    Stop {
        fault: Fault,
    },
    Look,
    /// What a task started has begun: this is the service's answer.
    ChildBegan {
        call: u64,
        output: Payload,
    },
    /// An execution that this one started has ended.
    ChildEnded {
        by: StartedBy,
        report: Box<Report>,
    },
    /// Executions of a map run have ended, each with its index.
    ChildrenEnded {
        run: RunNumber,
        ended: Vec<(u64, End)>,
    },
    /// Those from the one index up to the other go on by themselves.
    ChildrenBegan {
        run: RunNumber,
        from: u64,
        below: u64,
    },
    /// The map run with that ARN is to have other bounds.
    UpdateRun {
        arn: String,
        update: MapRunUpdate,
    },
    LookAtRuns,
    /// Others have what they were owed.
    Settled(Debt),
}

impl Command {
    /// About how many bytes it brings into the log.
    pub(crate) fn weight(&self) -> usize {
        let of = |end: &End| match end {
            End::Succeeded(output) => output.weight(),
            End::Failed(fault) | End::TimedOut(fault) | End::Aborted(fault) => {
                fault.cause.as_ref().map_or(0, String::len)
            }
        };
        match self {
            Self::Answer { answer: Ok(output), .. } | Self::Told { answer: Ok(output), .. } => output.weight(),
            Self::ChildEnded { report, .. } => report.ended.as_ref().map_or(0, |(_, end)| of(end)),
            Self::ChildrenEnded { ended, .. } => ended.iter().map(|(_, end)| of(end)).sum(),
            _ => 0,
        }
    }
}

pub(crate) enum Reply {
    Done,
    /// It began at that time, in ms since the Unix epoch.
    Began {
        at_ms: u64,
    },
    /// Nobody waits for that.
    Unknown,
    /// What is known of it.
    Looked(Box<Report>),
    /// Its map runs.
    Runs(Vec<MapRun>),
}
