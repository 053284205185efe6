//! State machines in the Amazon States Language on the log of duramen.

pub mod definition;
pub mod graph;
pub mod query;
pub mod validate;
