//! State machines in the Amazon States Language on the log of duramen.
//!
//! A [`Definition`](definition::Definition) is read and [validated](validate), then run: on a log by [`StateMachines`], where
//! executions outlive the process; in memory by a [`Machine`]; one state alone by a [`TestState`](machine::TestState). What
//! [tasks](Tasks) call are handlers of the program; [workers](StateMachines::poll) take the tasks of activities. The [history]
//! is the one that Step Functions would write.
//!
//! # What is promised
//!
//! - One turn is one record: a chain of Pass, Choice and Succeed states, or the end of a task and all that follows from it.
//! - Recovery applies events and never interprets the past; every end of a process leads to the same end of the execution.
//! - An execution keeps the definition it was started with.
//! - A definition from a stranger is bounded: in the time and size of its expressions, and in the events of a turn, behind
//!   which others come to theirs.

pub mod definition;
mod durable;
pub mod graph;
pub mod history;
#[cfg(feature = "http")]
pub mod http;
pub mod machine;
pub mod objects;
mod packed;
mod payload;
pub mod query;
pub mod rehearsal;
mod task;
pub mod validate;

pub use durable::{
    Activity, ActivityTask, Alias, Builder, Description, Error, Finished, Listed, Listing, Registered, Registration,
    Registry, StateMachines,
};
pub use history::{Fault, HistoryEvent};
pub use machine::{About, End, Limits, Machine, MapRun, Options, Run};
pub use payload::Payload;
pub use task::{Call, Tasks};
