//! The log under duramen: bytes and their order.
//!
//! A log holds one stream of records for each execution, and beside the streams what is needed to find and wake
//! executions: summaries, timers, names and snapshots; marks find single records. All that one turn of an execution changes is one [`Batch`]. It is
//! written as a whole or not at all, and acknowledged when it is on the disk; a batch that expects another version of its
//! stream than there is gets refused, so that an execution has one writer. What a record means is not known here.
//!
//! ```
//! use duramen_storage::{Batch, ExecutionId, Log, RecordKind, SledLog, Version};
//!
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! let log = SledLog::builder(folder).open()?;
//! let order = ExecutionId::new(1_700_000_000_000, [1; 10]);
//!
//! // Durable when this returns: the record, and the timer that wakes the execution a minute later.
//! let turn = Batch::new(order, Version::NONE).record(RecordKind(1), b"waits".to_vec()).set_timer(1_700_000_060_000);
//! let version = log.append(turn)?;
//!
//! // A second writer that has not read this is refused.
//! assert!(log.append(Batch::new(order, Version::NONE).record(RecordKind(1), b"waits".to_vec())).is_err());
//!
//! let due = log.timers(None, 1_700_000_060_001, 100)?;
//! assert_eq!(due[0].execution, order);
//! log.append(Batch::new(order, version).record(RecordKind(2), b"woke".to_vec()).clear_timer(due[0].due_ms))?;
//! assert_eq!(log.read(order, Version::NONE, 100)?.len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | | |
//! |---|---|
//! | [`Log`] | the contract, checked by one suite over every log |
//! | [`SledLog`] | the log in a folder, on sled: one thread writes what waits, with one sync for all |
//! | [`MemoryLog`] | the log for tests: faults on demand, and what a crash behind any batch would leave |
//!
//! What a [`SledLog`] tells the recorder of the `metrics` facade is listed in [`meters`].
//!
//! Inside, `committer` is that one thread, over a small engine; `sled_log` is the engine with its keys, and the reads;
//! `frame` is the format of one stored value, and `codec` the schema of the rows whose meaning the storage knows.

mod batch;
mod codec;
mod committer;
mod error;
mod frame;
mod id;
mod limits;
mod log;
mod memory_log;
pub mod meters;
mod sled_log;
mod summary;

pub use batch::{Batch, Name, NewRecord, Record, RecordKind, Snapshot, Timer, TimerChange};
pub use error::Error;
pub use id::{ExecutionId, IdError, Version};
pub use log::{Ack, Figures, Log};
pub use memory_log::{MemoryLog, MemoryLogBuilder};
pub use sled_log::{SledLog, SledLogBuilder};
pub use summary::{Kind, Page, Place, Query, Status, Summary};
