//! What an execution is asked to do.

use crate::history::Fault;
use crate::machine::{About, End};
use crate::payload::Payload;

/// What an execution begins with.
pub(crate) struct Begin {
    pub(crate) machine: String,
    pub(crate) name: String,
    pub(crate) definition: String,
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
}

pub(crate) enum Reply {
    Done,
    /// Nobody waits for that.
    Unknown,
    /// The task that a worker took.
    Taken {
        token: String,
        input: Payload,
    },
    Looked {
        input: Payload,
        end: Option<End>,
    },
}
