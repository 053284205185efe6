//! The rules of choice states, and what their operators compare with.

use crate::validate::shape::{Field, Object, Shape, field, jsonata_field, path_field};

/// What stands beside an operator.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::validate) enum Operand {
    Text,
    Number,
    Flag,
    Timestamp,
    Path,
}

/// The operators, in the order in which the language lists them.
pub(in crate::validate) const OPERATORS: [&str; 39] = [
    "StringEquals",
    "StringEqualsPath",
    "StringLessThan",
    "StringLessThanPath",
    "StringGreaterThan",
    "StringGreaterThanPath",
    "StringLessThanEquals",
    "StringLessThanEqualsPath",
    "StringGreaterThanEquals",
    "StringGreaterThanEqualsPath",
    "StringMatches",
    "NumericEquals",
    "NumericEqualsPath",
    "NumericLessThan",
    "NumericLessThanPath",
    "NumericGreaterThan",
    "NumericGreaterThanPath",
    "NumericLessThanEquals",
    "NumericLessThanEqualsPath",
    "NumericGreaterThanEquals",
    "NumericGreaterThanEqualsPath",
    "BooleanEquals",
    "BooleanEqualsPath",
    "TimestampEquals",
    "TimestampEqualsPath",
    "TimestampLessThan",
    "TimestampLessThanPath",
    "TimestampGreaterThan",
    "TimestampGreaterThanPath",
    "TimestampLessThanEquals",
    "TimestampLessThanEqualsPath",
    "TimestampGreaterThanEquals",
    "TimestampGreaterThanEqualsPath",
    "IsNull",
    "IsPresent",
    "IsNumeric",
    "IsString",
    "IsBoolean",
    "IsTimestamp",
];

/// What stands beside that operator, if it is one.
pub(in crate::validate) fn operand(name: &str) -> Option<Operand> {
    if !OPERATORS.contains(&name) {
        return None;
    }
    Some(match name {
        _ if name.ends_with("Path") => Operand::Path,
        _ if name.starts_with("String") => Operand::Text,
        _ if name.starts_with("Numeric") => Operand::Number,
        _ if name.starts_with("Timestamp") => Operand::Timestamp,
        _ => Operand::Flag,
    })
}

const LOGIC: &[Field] = &[
    path_field("And", Shape::InnerRules),
    path_field("Or", Shape::InnerRules),
    path_field("Not", Shape::InnerRule),
    path_field("Variable", Shape::RulePath),
    jsonata_field("Condition", Shape::Any),
    field("Comment", Shape::Any),
];

/// A rule of `Choices`. Operators are looked at apart from these.
pub(in crate::validate) const OUTER_RULE: Object = Object {
    fields: &[
        LOGIC,
        &[field("Next", Shape::Text), field("Assign", Shape::Variables), jsonata_field("Output", Shape::Expressions)],
    ],
    required: &["Next"],
    alternatives: &[],
};

/// A rule inside `And`, `Or` or `Not`.
pub(in crate::validate) const INNER_RULE: Object = Object { fields: &[LOGIC], required: &[], alternatives: &[] };
