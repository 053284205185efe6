//! Settings of a log in memory.

use std::time::Duration;

use super::MemoryLog;
use super::contents::Contents;
use super::faults::{Faults, SplitMix};
use crate::limits::MAX_RECORD_BYTES;

/// Settings of a [`MemoryLog`]: its limit, and what is to go wrong in it.
///
/// ```
/// use duramen_storage::{Batch, ExecutionId, Log, MemoryLog, RecordKind, Version};
///
/// let log = MemoryLog::builder().fail_after(1).build();
/// let execution = ExecutionId::new(1_700_000_000_000, [1; 10]);
/// let batch = |expected| Batch::new(execution, expected).record(RecordKind(1), vec![]);
/// assert!(log.append(batch(Version::NONE)).is_ok());
/// assert!(log.append(batch(Version::new(1))).is_err());
/// assert!(log.reopen().append(batch(Version::new(1))).is_ok());
/// ```
#[derive(Debug, Clone)]
pub struct MemoryLogBuilder {
    faults: Faults,
    max_record_bytes: usize,
}

impl MemoryLogBuilder {
    pub(super) fn new() -> Self {
        Self { faults: Faults::default(), max_record_bytes: MAX_RECORD_BYTES }
    }

    /// The seed from which faults are drawn; 0 unless told.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.faults.random = SplitMix(seed);
        self
    }

    /// About one in `appends` is stored, but its waiter is told that it failed, and the log is poisoned.
    #[must_use]
    pub fn lost_acks(mut self, appends: u64) -> Self {
        self.faults.lost_ack_one_in = Some(appends);
        self
    }

    /// About one in `appends` is not stored, and the log is poisoned.
    #[must_use]
    pub fn io_errors(mut self, appends: u64) -> Self {
        self.faults.io_error_one_in = Some(appends);
        self
    }

    /// Exactly `appends` succeed; the next is not stored, and the log is poisoned.
    #[must_use]
    pub fn fail_after(mut self, appends: u64) -> Self {
        self.faults.fail_after = Some(appends);
        self
    }

    /// Exactly `appends` succeed; the next is stored, but its waiter is told that it failed, and the log is poisoned.
    #[must_use]
    pub fn lose_ack_after(mut self, appends: u64) -> Self {
        self.faults.lose_ack_after = Some(appends);
        self
    }

    /// Acknowledges from a thread of its own, so long after the append, in order.
    #[must_use]
    pub fn slow_sync(mut self, delay: Duration) -> Self {
        self.faults.slow_sync = Some(delay);
        self
    }

    /// The largest body of a record or a snapshot, in bytes; 64 MiB unless told.
    #[must_use]
    pub fn max_record_bytes(mut self, bytes: usize) -> Self {
        self.max_record_bytes = bytes;
        self
    }

    /// The log, empty.
    #[must_use]
    pub fn build(self) -> MemoryLog {
        MemoryLog::with(Contents::default(), Vec::new(), self.faults, self.max_record_bytes)
    }
}
