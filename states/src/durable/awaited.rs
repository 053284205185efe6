//! What the tasks of an execution have started, and wait for the end of.

use bincode::{Decode, Encode};

use super::functions::Called;
use super::starting::Asked;

/// What a task has started and waits for.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub(crate) enum Awaited {
    /// An execution of a state machine.
    Machine(Asked),
    /// A durable function, and whether it is known to run by itself.
    Function { called: Called, runs: bool },
}

impl Awaited {
    pub(super) fn function(&self) -> Option<(&Called, bool)> {
        match self {
            Self::Function { called, runs } => Some((called, *runs)),
            Self::Machine(_) => None,
        }
    }
}
