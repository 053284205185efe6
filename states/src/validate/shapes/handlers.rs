//! Retriers and catchers.

use crate::validate::shape::{Object, Shape, field, jsonata_field, path_field};

pub(in crate::validate) const RETRIER: Object = Object {
    fields: &[&[
        field("Comment", Shape::Any),
        field("ErrorEquals", Shape::ErrorNames),
        field("IntervalSeconds", Shape::Fixed(&Shape::Whole(0, 99_999_999))),
        field("MaxAttempts", Shape::Fixed(&Shape::Whole(0, 99_999_999))),
        field("BackoffRate", Shape::Fixed(&Shape::Number(1.0, f64::MAX))),
        field("MaxDelaySeconds", Shape::Fixed(&Shape::Whole(1, 31_622_400))),
        field("JitterStrategy", Shape::Word(&["NONE", "FULL"])),
    ]],
    required: &["ErrorEquals"],
    alternatives: &[],
};

pub(in crate::validate) const CATCHER: Object = Object {
    fields: &[&[
        field("Comment", Shape::Any),
        field("ErrorEquals", Shape::ErrorNames),
        field("Next", Shape::Text),
        path_field("ResultPath", Shape::ResultPath),
        jsonata_field("Output", Shape::Expressions),
        field("Assign", Shape::Variables),
    ]],
    required: &["ErrorEquals", "Next"],
    alternatives: &[],
};
