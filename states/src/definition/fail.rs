//! Fail states: the machine fails with an error.

use super::expression::Dynamic;
use super::fields::Fields;
use super::problem::Problem;

/// A fail state.
#[derive(Debug, Clone, PartialEq)]
pub struct Fail {
    /// `Error` or `ErrorPath`: the name of the error.
    pub error: Option<Dynamic<String>>,
    /// `Cause` or `CausePath`: what is said about it.
    pub cause: Option<Dynamic<String>>,
}

impl Fail {
    pub(super) fn read(fields: &Fields<'_>, problems: &mut Vec<Problem>) -> Self {
        Self { error: fields.dynamic_text("Error", problems), cause: fields.dynamic_text("Cause", problems) }
    }
}
