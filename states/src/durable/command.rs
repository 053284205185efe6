//! What an execution is asked to do.

use super::describe::Description;
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
    Describe,
    /// An Express execution has come to its end.
    Ran {
        end: End,
    },
}

pub(crate) enum Reply {
    Done,
    /// Nobody waits for that.
    Unknown,
    Looked {
        input: Payload,
        end: Option<End>,
    },
    Described(Box<Description>),
    /// It is an Express execution, with which that cannot be done.
    Express,
}
