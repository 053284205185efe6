//! The definition, branches and item processors.

use super::maps::PROCESSOR_CONFIG;
use crate::validate::shape::{Field, Object, Shape, field};

/// What all machines have. The shape of the states is looked at apart from the rest.
const MACHINE: &[Field] = &[field("Comment", Shape::Any), field("StartAt", Shape::Text), field("States", Shape::Any)];

const REQUIRED: &[&str] = &["States", "StartAt"];

pub(in crate::validate) const DEFINITION: Object = Object {
    fields: &[
        MACHINE,
        &[
            field("Version", Shape::Word(&["1.0"])),
            field("TimeoutSeconds", Shape::Fixed(&Shape::Whole(0, 99_999_999))),
            field("QueryLanguage", Shape::Any),
        ],
    ],
    required: REQUIRED,
    alternatives: &[],
};

pub(in crate::validate) const BRANCH: Object = Object { fields: &[MACHINE], required: REQUIRED, alternatives: &[] };

pub(in crate::validate) const PROCESSOR: Object = Object {
    fields: &[MACHINE, &[field("ProcessorConfig", Shape::Object(&PROCESSOR_CONFIG))]],
    required: REQUIRED,
    alternatives: &[],
};
