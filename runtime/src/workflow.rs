//! What a workflow's code sees: its context and the operations it calls.
//!
//! An operation is a future and its own builder. Its id is taken when it is called; it is scheduled when it is first
//! polled; it stays pending until its completion is delivered from the log. Nothing here performs anything: operations
//! write on the [`Board`](board::Board) what they ask for, and the turn makes events of it.

pub(crate) mod board;
mod child;
mod context;
mod saga;
mod step;
mod wait;
pub(crate) mod waker;

pub use child::Child;
pub(crate) use context::About;
pub use context::Context;
pub use saga::{Saga, SagaStep};
pub use step::Step;
pub use wait::Wait;
