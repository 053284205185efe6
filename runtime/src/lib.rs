//! Durable functions on an embedded log.

mod builder;
mod error;
mod event;
mod execution;
mod failure;
mod handle;
mod listing;
mod operation;
mod payload;
mod registry;
mod retention;
mod retry;
mod runtime;
mod waiters;
mod workflow;

pub use builder::Builder;
pub use duramen_actors::{Clock, Restart, SystemClock, TokioClock};
pub use duramen_storage::ExecutionId;
pub use error::{Error, Which};
pub use event::{Event, HistoryEvent, StepRole};
pub use failure::Failure;
pub use handle::Handle;
pub use listing::{Filter, List, Listed, Status, StatusKind};
pub use operation::OperationId;
pub use payload::Payload;
pub use retry::{Jitter, Retry};
pub use runtime::{Runtime, Shutdown};
pub use workflow::{Child, Context, Saga, SagaStep, Step, Wait};
