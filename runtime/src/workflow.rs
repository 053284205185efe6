//! What a workflow's code sees: its context and the operations it calls.
//!
//! An operation is a future and its own builder. Its id is taken when it is called; it is scheduled when it is first
//! polled; it stays pending until its completion is delivered from the log. Nothing here performs anything: operations
//! write on the [`Board`](board::Board) what they ask for, and the turn makes events of it.

pub(crate) mod board;
mod call;
mod callback;
mod child;
mod completion;
mod condition;
mod context;
mod fan_out;
mod invoke;
mod joins;
mod operations;
mod outcomes;
mod pause;
mod saga;
mod signal;
mod step;
mod step_context;
mod together;
mod update;
mod values;
mod wait;
mod wait_for_callback;
pub(crate) mod waker;

pub use callback::Callback;
pub use child::Child;
pub use completion::{Completion, CompletionReason, Progress, Verdict};
pub use condition::{Condition, WaitForCondition};
pub(crate) use context::About;
pub use context::Context;
pub use fan_out::{Map, Parallel};
pub use invoke::Invoke;
pub use outcomes::{BranchEnd, Branched, Outcomes};
pub use saga::{Saga, SagaStep};
pub use signal::Signal;
#[cfg_attr(not(feature = "testing"), allow(unused_imports, reason = "a stub makes one"))]
pub(crate) use step::Run;
pub use step::Step;
pub use step_context::StepContext;
pub use update::{NextUpdate, Update};
pub use wait::Wait;
pub use wait_for_callback::WaitForCallback;
