//! Wait states: for a time, or until one.

use super::expression::Dynamic;
use super::fields::{Fields, Targets};
use super::flow::Flow;
use super::problem::Problem;
use super::state::Transition;

/// A wait state.
#[derive(Debug, Clone, PartialEq)]
pub struct Wait {
    /// How data comes in and leaves.
    pub flow: Flow,
    /// How long.
    pub duration: WaitFor,
    /// Where it goes on.
    pub transition: Transition,
}

/// How long a wait state waits.
#[derive(Debug, Clone, PartialEq)]
pub enum WaitFor {
    /// `Seconds` or `SecondsPath`: so many seconds.
    Seconds(Dynamic<u64>),
    /// `Timestamp` or `TimestampPath`: until then, a time as RFC 3339 writes it.
    Until(Dynamic<String>),
}

impl Wait {
    pub(super) fn read(fields: &Fields<'_>, targets: &Targets, problems: &mut Vec<Problem>) -> Option<Self> {
        let before = problems.len();
        let seconds = fields.amount("Seconds", problems);
        let until = fields.dynamic_text("Timestamp", problems);
        let duration = match (seconds, until) {
            (Some(seconds), None) => Some(WaitFor::Seconds(seconds)),
            (None, Some(until)) => Some(WaitFor::Until(until)),
            _ => {
                if problems.len() == before {
                    let message = "there must be one of `Seconds`, `SecondsPath`, `Timestamp` and `TimestampPath`";
                    problems.push(Problem::at(&fields.at, message));
                }
                None
            }
        };
        let transition = fields.transition(targets, problems);
        Some(Self { flow: Flow::read(fields, problems), duration: duration?, transition: transition? })
    }
}
