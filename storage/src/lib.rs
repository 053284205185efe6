//! The log under duramen: bytes and their order.

mod batch;
mod error;
mod id;
mod log;
mod summary;

pub use batch::{Batch, Name, NewRecord, Record, RecordKind, Snapshot, Timer, TimerChange};
pub use error::Error;
pub use id::{ExecutionId, IdError, Version};
pub use log::{Ack, Figures, Log};
pub use summary::{Kind, Page, Place, Query, Status, Summary};
