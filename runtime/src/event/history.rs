//! The lines of a history.

use std::fmt;

use super::Event;

/// One line of a history, as [`Handle::history`](crate::Handle::history) gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryEvent {
    /// The number of the event; the first is 1.
    pub number: u64,
    /// When it happened, in ms since the Unix epoch.
    pub at_ms: u64,
    /// What happened.
    pub event: Event,
}

impl fmt::Display for HistoryEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>4}  {}", self.number, self.event)
    }
}
