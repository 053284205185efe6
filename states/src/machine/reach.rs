//! Whom an execution can reach, as far as that is known before it asks.

use crate::definition::Resource;
use crate::history::Fault;
use crate::payload::Payload;

/// Who does what tasks ask for.
pub(crate) trait Reach {
    /// Why a task that names that, with these parameters and in the name of `credentials`, comes to nothing. Nothing, if it
    /// is to be tried.
    fn refuses(&self, resource: &Resource, parameters: &Payload, credentials: Option<&Payload>) -> Option<Refusal>;
}

/// Why a task comes to nothing, and how far it comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It cannot be asked for.
    Schedule(Fault),
    /// It is asked for, and nobody begins it.
    Start(Fault),
}
