//! Pass states: they hand on their input, or a fixed result, perhaps changed.

use serde_json::Value;

use super::fields::{Fields, Targets};
use super::flow::Flow;
use super::problem::Problem;
use super::state::Transition;

/// A pass state.
#[derive(Debug, Clone, PartialEq)]
pub struct Pass {
    /// How data comes in and leaves.
    pub flow: Flow,
    /// `Result` (JSONPath): the value that stands for the result, taken as it is.
    pub result: Option<Value>,
    /// Where it goes on.
    pub transition: Transition,
}

impl Pass {
    pub(super) fn read(fields: &Fields<'_>, targets: &Targets, problems: &mut Vec<Problem>) -> Option<Self> {
        Some(Self {
            flow: Flow::read(fields, problems),
            result: fields.get("Result").cloned(),
            transition: fields.transition(targets, problems)?,
        })
    }
}
