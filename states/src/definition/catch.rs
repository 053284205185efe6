//! Catchers: where it goes on behind an error.

use super::expression::{Selection, Template};
use super::fields::{Fields, Targets};
use super::pointer::Pointer;
use super::problem::Problem;
use super::state::StateId;

/// One element of `Catch`.
#[derive(Debug, Clone, PartialEq)]
pub struct Catcher {
    /// Where it stands.
    pub pointer: Pointer,
    /// `ErrorEquals`: the names of the errors.
    pub errors: Vec<String>,
    /// Where it goes on.
    pub next: StateId,
    /// `ResultPath` (JSONPath): where in the input the error is put.
    pub result_path: Selection,
    /// `Output` (JSONata).
    pub output: Option<Template>,
    /// `Assign`.
    pub assign: Option<Template>,
    /// `Comment`.
    pub comment: Option<String>,
}

impl Catcher {
    pub(super) fn read_all(state: &Fields<'_>, targets: &Targets, problems: &mut Vec<Problem>) -> Vec<Self> {
        let mut catchers = Vec::new();
        for (at, value) in state.elements("Catch", problems) {
            let Some(fields) = Fields::of(value, &at, state.language, problems) else { continue };
            fields.required("ErrorEquals", problems);
            fields.required("Next", problems);
            let errors = fields.texts("ErrorEquals", problems);
            let Some(next) = fields.target("Next", targets, problems) else { continue };
            catchers.push(Self {
                errors,
                next,
                result_path: fields.selection("ResultPath", problems),
                output: fields.template("Output"),
                assign: fields.template("Assign"),
                comment: fields.comment(),
                pointer: at,
            });
        }
        catchers
    }
}
