//! How data comes into a state and leaves it: the fields that most states share.

use super::expression::{Selection, Template};
use super::fields::Fields;
use super::problem::Problem;

/// The fields by which a state takes its input and makes its output and its variables.
///
/// The first five belong to JSONPath, `arguments` and `output` to JSONata, `assign` to both. A field that a state's type
/// or language does not have is absent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Flow {
    /// `InputPath`: what of the raw input is the state's input.
    pub input_path: Selection,
    /// `OutputPath`: what of the output goes on.
    pub output_path: Selection,
    /// `ResultPath`: where in the input the result is put.
    pub result_path: Selection,
    /// `Parameters`: the payload template.
    pub parameters: Option<Template>,
    /// `ResultSelector`: the payload template that makes the result.
    pub result_selector: Option<Template>,
    /// `Arguments`: what a task or a parallel state is given.
    pub arguments: Option<Template>,
    /// `Output`: what the state's output is made of.
    pub output: Option<Template>,
    /// `Assign`: the variables that are set when the state is left.
    pub assign: Option<Template>,
}

impl Flow {
    pub(super) fn read(fields: &Fields<'_>, problems: &mut Vec<Problem>) -> Self {
        Self {
            input_path: fields.selection("InputPath", problems),
            output_path: fields.selection("OutputPath", problems),
            result_path: fields.selection("ResultPath", problems),
            parameters: fields.template("Parameters"),
            result_selector: fields.template("ResultSelector"),
            arguments: fields.template("Arguments"),
            output: fields.template("Output"),
            assign: fields.template("Assign"),
        }
    }
}
