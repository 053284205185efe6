//! Durable functions on an embedded log: async code that survives any crash.
//!
//! A workflow is an async function of a [`Context`] and an input. What it does to the world stands in *steps*
//! ([`Context::step`]): each runs at least once, and its result is recorded exactly once. After a crash the function is
//! run again from its beginning, and every operation that is recorded gives what it gave before, until the function stands
//! where it stood. Between operations it must therefore do the same each time: no clock, no randomness, no I/O.
//!
//! ```
//! use duramen::{Context, Failure, Runtime};
//! use std::time::Duration;
//!
//! async fn order(ctx: Context, item: String) -> Result<String, Failure> {
//!     let saga = ctx.saga();
//!     saga.settle(async {
//!         let hold: u32 = saga
//!             .step("reserve", || reserve(item.clone())) // run outside, recorded
//!             .undo(|| release(item.clone())) // if anything later fails
//!             .await?;
//!         ctx.wait("cooling off", Duration::from_millis(20)).await?; // no thread, no memory
//!         let (label, mail) = tokio::join!(
//!             ctx.step("label", || label(hold)), // both at once
//!             ctx.step("email", || email(item.clone())),
//!         );
//!         mail?;
//!         label
//!     })
//!     .await
//! }
//! # async fn reserve(_: String) -> Result<u32, Failure> { Ok(7) }
//! # async fn release(_: String) -> Result<(), Failure> { Ok(()) }
//! # async fn label(hold: u32) -> Result<String, Failure> { Ok(format!("label {hold}")) }
//! # async fn email(_: String) -> Result<(), std::io::Error> { Ok(()) }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let runtime = Runtime::builder(folder.path()).workflow("order", order).open().await?;
//! let handle = runtime.start::<String>("order", "order-7", "a chair").await?;
//! assert_eq!(handle.result().await?, "label 7");
//! for line in handle.history().await? {
//!     println!("{line}");
//! }
//! runtime.shutdown(Duration::from_secs(5)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Everything runs on the tokio runtime on which [`Builder::open`] was called. Logs go through `tracing`, with the
//! execution, the operation and the attempt as fields; no subscriber is installed, and replay is silent. Counts and times go
//! through `metrics`, as [`meters`] lists them; no recorder is installed.
//!
//! A panic must unwind for an execution to be paused by it instead of the process being ended, so this crate does not
//! build with `panic = "abort"`.

#[cfg(panic = "abort")]
compile_error!("duramen turns panics of workflows and steps into values, so it needs `panic = \"unwind\"`");

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

mod answers;
mod builder;
mod callbacks;
mod check;
mod error;
mod event;
mod execution;
mod failure;
mod handle;
mod history;
mod limits;
mod listing;
pub mod meters;
mod operation;
pub mod others;
mod payload;
mod recordable;
mod registry;
mod rehearsal;
mod retention;
mod retry;
mod runtime;
mod start;
#[cfg(feature = "testing")]
pub mod testing;
mod token;
mod versions;
mod waiters;
mod watchers;
mod workflow;

pub use builder::Builder;
pub use check::{Broken, Check};
pub use duramen_actors::{Clock, Restart, SystemClock, TokioClock};
pub use duramen_storage::ExecutionId;
pub use error::{CallbackRefused, Error, Which};
pub use event::{Begin, Caller, CancelReason, ContextKind, Event, HistoryEvent, Invoked, Mail, Owed, Parent, StepRole};
pub use failure::{Failure, IntoFailure};
pub use handle::Handle;
pub use listing::{Filter, InUse, List, Listed, Status, StatusKind};
pub use operation::OperationId;
pub use payload::Payload;
pub use recordable::Recordable;
pub use retry::{Jitter, Retry};
pub use runtime::{Runtime, Shutdown};
pub use start::Start;
pub use token::{CallbackToken, NotAToken};
pub use workflow::{
    BranchEnd, Branched, Callback, Child, Completion, CompletionReason, Condition, Context, Invoke, Map, NextUpdate,
    Outcomes, Parallel, Progress, Saga, SagaStep, Signal, Step, StepContext, Update, Verdict, Wait, WaitForCallback,
    WaitForCondition,
};
