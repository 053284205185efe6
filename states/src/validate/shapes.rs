//! The fields of every object of the language, written down as tables.

mod handlers;
mod machines;
mod maps;
mod rules;
mod states;

pub(super) use machines::{BRANCH, DEFINITION};
pub(super) use rules::{INNER_RULE, OPERATORS, OUTER_RULE, Operand, operand};
pub(super) use states::state_shape;
