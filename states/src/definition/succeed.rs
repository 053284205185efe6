//! Succeed states: the machine is done, and all is well.

use super::fields::Fields;
use super::flow::Flow;
use super::problem::Problem;

/// A succeed state.
#[derive(Debug, Clone, PartialEq)]
pub struct Succeed {
    /// How data comes in and leaves.
    pub flow: Flow,
}

impl Succeed {
    pub(super) fn read(fields: &Fields<'_>, problems: &mut Vec<Problem>) -> Self {
        Self { flow: Flow::read(fields, problems) }
    }
}
