//! State machines in the Amazon States Language on the log of duramen.

pub mod definition;
mod durable;
pub mod graph;
pub mod history;
pub mod machine;
pub mod objects;
mod payload;
pub mod query;
mod task;
pub mod validate;

pub use durable::{Builder, Error, StateMachines};
pub use history::{Fault, HistoryEvent};
pub use machine::{About, End, Limits, Machine, Options, Run};
pub use payload::Payload;
pub use task::{Call, Tasks};
