//! The definition, branches and item processors.

use super::maps::PROCESSOR_CONFIG;
use crate::validate::shape::{Object, Shape, field};

/// The shape of the states is looked at apart from the rest.
pub(in crate::validate) const DEFINITION: Object = Object {
    fields: &[
        field("Comment", Shape::Any),
        field("StartAt", Shape::Text),
        field("States", Shape::Any),
        field("Version", Shape::Word(&["1.0"])),
        field("TimeoutSeconds", Shape::Whole(0, 99_999_999)),
        field("QueryLanguage", Shape::Any),
    ],
    required: &["States", "StartAt"],
    alternatives: &[],
};

pub(in crate::validate) const BRANCH: Object = Object {
    fields: &[field("Comment", Shape::Any), field("StartAt", Shape::Text), field("States", Shape::Any)],
    required: &["States", "StartAt"],
    alternatives: &[],
};

pub(in crate::validate) const PROCESSOR: Object = Object {
    fields: &[
        field("Comment", Shape::Any),
        field("StartAt", Shape::Text),
        field("States", Shape::Any),
        field("ProcessorConfig", Shape::Object(&PROCESSOR_CONFIG)),
    ],
    required: &["States", "StartAt"],
    alternatives: &[],
};
