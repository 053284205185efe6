//! What an execution is asked to do.

use super::describe::Description;
use super::link::{Debt, Parent, Report, StartedBy};
use super::registry::Routes;
use crate::history::Fault;
use crate::machine::{About, End};
use crate::payload::Payload;

/// What an execution begins with.
pub(crate) struct Begin {
    pub(crate) name: String,
    /// What of the state machine is run is decided when it starts.
    pub(crate) routes: Routes,
    pub(crate) about: About,
    pub(crate) input: Payload,
    pub(crate) parent: Option<Parent>,
    /// Why it is stopped before it has done anything.
    pub(crate) stopped: Option<Fault>,
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
    /// Others have what they were owed.
    Settled(Debt),
    Describe,
    Redrive,
    /// An Express execution has come to its end.
    Ran {
        end: End,
    },
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
    Described(Box<Description>),
    Redriven {
        at_ms: u64,
    },
    /// Why not.
    NotRedrivable(&'static str),
    /// It is an Express execution, with which that cannot be done.
    Express,
}
