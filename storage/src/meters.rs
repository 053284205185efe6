//! What a log in a folder tells the recorder of the [`metrics`](https://docs.rs/metrics) facade.
//!
//! | name | kind | unit | |
//! |---|---|---|---|
//! | [`duramen_log_batches_total`](BATCHES) | counter | | batches that became durable |
//! | [`duramen_log_records_total`](RECORDS) | counter | | records that became durable |
//! | [`duramen_log_syncs_total`](SYNCS) | counter | | group commits: each ends with one sync of the disk |
//! | [`duramen_log_sync_seconds`](SYNC_SECONDS) | histogram | seconds | how long a sync took, with the last rows that were written just before it |
//! | [`duramen_log_commit_batches`](COMMIT_BATCHES) | histogram | | batches that became durable with one sync |
//! | [`duramen_log_commit_bytes`](COMMIT_BYTES) | histogram | bytes | payload of the records and snapshots in them |
//! | [`duramen_log_waiting`](WAITING) | gauge | | batches handed over and not yet acknowledged, looked at before and after each group commit |
//! | [`duramen_log_poisoned_total`](POISONED) | counter | | logs that a failed write or sync has ended |
//!
//! A log counts for the recorder that is there when it is opened: install it before. Several logs of one process add up.
//! What a purge writes is synced too, and is no batch. A [`MemoryLog`](crate::MemoryLog) tells nothing.

use std::time::Duration;

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

/// Batches that became durable.
pub const BATCHES: &str = "duramen_log_batches_total";
/// Records that became durable.
pub const RECORDS: &str = "duramen_log_records_total";
/// Group commits, each with one sync of the disk.
pub const SYNCS: &str = "duramen_log_syncs_total";
/// How long a sync took, in seconds.
pub const SYNC_SECONDS: &str = "duramen_log_sync_seconds";
/// Batches that became durable with one sync.
pub const COMMIT_BATCHES: &str = "duramen_log_commit_batches";
/// Payload that became durable with one sync, in bytes.
pub const COMMIT_BYTES: &str = "duramen_log_commit_bytes";
/// Batches handed over and not yet acknowledged.
pub const WAITING: &str = "duramen_log_waiting";
/// Logs that a failed write or sync has ended.
pub const POISONED: &str = "duramen_log_poisoned_total";

/// What one group commit did.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Committed {
    pub(crate) batches: u64,
    pub(crate) records: u64,
    pub(crate) bytes: usize,
    /// How long the sync took, if there was one.
    pub(crate) sync: Option<Duration>,
}

/// The handles of one log, which its committer keeps.
pub(crate) struct Meters {
    batches: Counter,
    records: Counter,
    syncs: Counter,
    sync_seconds: Histogram,
    commit_batches: Histogram,
    commit_bytes: Histogram,
    waiting: Gauge,
    /// What of `waiting` is this log's.
    shown: u64,
    poisoned: Counter,
}

impl Meters {
    /// Registers with the recorder that is there now.
    pub(crate) fn register() -> Self {
        describe();
        Self {
            batches: counter!(BATCHES),
            records: counter!(RECORDS),
            syncs: counter!(SYNCS),
            sync_seconds: histogram!(SYNC_SECONDS),
            commit_batches: histogram!(COMMIT_BATCHES),
            commit_bytes: histogram!(COMMIT_BYTES),
            waiting: gauge!(WAITING),
            shown: 0,
            poisoned: counter!(POISONED),
        }
    }

    pub(crate) fn committed(&self, done: &Committed) {
        self.batches.increment(done.batches);
        self.records.increment(done.records);
        if let Some(took) = done.sync {
            self.syncs.increment(1);
            self.sync_seconds.record(took);
        }
        if done.batches > 0 {
            self.commit_batches.record(done.batches as f64);
            self.commit_bytes.record(done.bytes as f64);
        }
    }

    /// So many batches wait now. The gauge moves by the difference, since other logs of the process move it too.
    pub(crate) fn waiting(&mut self, now: u64) {
        if now > self.shown {
            self.waiting.increment((now - self.shown) as f64);
        } else if now < self.shown {
            self.waiting.decrement((self.shown - now) as f64);
        }
        self.shown = now;
    }

    pub(crate) fn poisoned(&self) {
        self.poisoned.increment(1);
    }
}

impl Drop for Meters {
    fn drop(&mut self) {
        self.waiting(0);
    }
}

fn describe() {
    describe_counter!(BATCHES, Unit::Count, "Batches that became durable.");
    describe_counter!(RECORDS, Unit::Count, "Records that became durable.");
    describe_counter!(SYNCS, Unit::Count, "Group commits, each with one sync of the disk.");
    describe_histogram!(SYNC_SECONDS, Unit::Seconds, "How long a sync of the disk took.");
    describe_histogram!(COMMIT_BATCHES, Unit::Count, "Batches that became durable with one sync.");
    describe_histogram!(COMMIT_BYTES, Unit::Bytes, "Payload that became durable with one sync.");
    describe_gauge!(WAITING, Unit::Count, "Batches handed over and not yet acknowledged.");
    describe_counter!(POISONED, Unit::Count, "Logs that a failed write or sync has ended.");
}
