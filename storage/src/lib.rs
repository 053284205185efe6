//! The log under duramen: bytes and their order.

mod batch;
mod codec;
mod committer;
mod error;
mod frame;
mod id;
mod limits;
mod log;
mod memory_log;
mod sled_log;
mod summary;

pub use batch::{Batch, Name, NewRecord, Record, RecordKind, Snapshot, Timer, TimerChange};
pub use error::Error;
pub use id::{ExecutionId, IdError, Version};
pub use log::{Ack, Figures, Log};
pub use memory_log::{MemoryLog, MemoryLogBuilder};
pub use sled_log::{SledLog, SledLogBuilder};
pub use summary::{Kind, Page, Place, Query, Status, Summary};
