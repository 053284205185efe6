//! What an execution is asked to do.

use std::collections::BTreeMap;

use duramen::others::Outcome;
use duramen_storage::ExecutionId;

use super::describe::Description;
use super::link::{Debt, Parent, Report, StartedBy};
use super::registry::Routes;
use crate::history::Fault;
use crate::machine::{About, Child, End, ItemEnd, ItemsPart, MapRun, MapRunUpdate, RunNumber, of_answer};
use crate::payload::Payload;

/// What an execution begins with.
#[derive(Clone)]
pub(crate) struct Begin {
    pub(crate) name: String,
    /// What of the state machine is run is decided when it starts.
    pub(crate) routes: Routes,
    pub(crate) about: About,
    pub(crate) input: Payload,
    pub(crate) parent: Option<Parent>,
    /// Why it is stopped before it has done anything.
    pub(crate) stopped: Option<Fault>,
    /// The durable function that waits for its end.
    pub(crate) caller: Option<duramen::Parent>,
    /// Until when it may run, in ms since the Unix epoch.
    pub(crate) until_ms: Option<u64>,
}

/// What the execution of an item of a map run begins with.
#[derive(Clone)]
pub(crate) struct BeginItem {
    pub(crate) child: Child,
    /// The definition that stands around its machine.
    pub(crate) definition: String,
    pub(crate) parent: Parent,
    /// Why it is stopped before it has done anything.
    pub(crate) stopped: Option<Fault>,
}

impl BeginItem {
    /// The state machine under which it is listed.
    pub(crate) fn machine(&self) -> &str {
        &self.child.about.machine_name
    }

    pub(crate) fn name(&self) -> &str {
        &self.child.about.execution_name
    }
}

pub(crate) enum Command {
    Start(Box<Begin>),
    StartItem(Box<BeginItem>),
    /// A task has come to its end.
    Answer {
        call: u64,
        answer: Result<Payload, Fault>,
    },
    /// Some of the items that a call asks for have been read.
    ItemsRead {
        call: u64,
        part: ItemsPart,
    },
    /// Who has the token of a task says what it has come to.
    Told {
        token: String,
        answer: Result<Payload, Fault>,
        /// The call of an execution that says so, if one does.
        by: Option<(ExecutionId, u64)>,
    },
    /// Who has the token of a task is alive.
    Alive {
        token: String,
    },
    /// A worker takes the task of an activity.
    Take {
        call: u64,
        worker: Option<String>,
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
    /// Executions of a map run have ended.
    ChildrenEnded {
        run: RunNumber,
        ended: Vec<ItemEnd>,
    },
    /// These go on by themselves: their indexes, and how often each had gone on before.
    ChildrenBegan {
        run: RunNumber,
        began: BTreeMap<u64, u64>,
    },
    /// The map run with that ARN is to have other bounds.
    UpdateRun {
        arn: String,
        update: MapRunUpdate,
    },
    LookAtRuns,
    /// Others have what they were owed.
    Settled(Debt),
    Describe,
    /// It is to go on from where it did not succeed. A map run says which time of its item that is.
    Redrive {
        time: Option<u64>,
    },
    /// An Express execution has come to its end.
    Ran {
        end: End,
    },
    /// A durable function that a task called runs by itself.
    FunctionRuns {
        call: u64,
    },
    /// It has ended.
    FunctionEnded {
        call: u64,
        execution: ExecutionId,
        outcome: Outcome,
    },
}

impl Command {
    /// About how many bytes it brings into the log.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Answer { answer, .. } | Self::Told { answer, .. } => of_answer(answer),
            Self::ItemsRead { part, .. } => part.items.bytes(),
            Self::ChildEnded { report, .. } => report.ended.as_ref().map_or(0, |(_, end)| end.weight()),
            Self::ChildrenEnded { ended, .. } => ended.iter().map(|ended| ended.end.weight()).sum(),
            _ => 0,
        }
    }
}

pub(crate) enum Reply {
    Done,
    /// It began at that time, in ms since the Unix epoch.
    Began {
        at_ms: u64,
        arn: String,
    },
    /// Nobody waits for that.
    Unknown,
    /// The task that a worker took.
    Taken {
        token: String,
        input: Payload,
    },
    /// What is known of it.
    Looked(Box<Report>),
    /// Its map runs.
    Runs(Vec<MapRun>),
    Described(Box<Description>),
    Redriven {
        at_ms: u64,
    },
    /// Why not.
    NotRedrivable(&'static str),
    /// It is an Express execution, with which that cannot be done.
    Express,
}
