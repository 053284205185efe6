//! A batch as rows of the tree, made on the thread that hands it over.

use sled::IVec;

use super::key::{self, ChunksOf};
use super::tail::RecordKey;
use crate::codec::{self, MARK_V1, NAME_V1, SUMMARY_V2};
use crate::frame::{self, CHUNK, Head};
use crate::{Batch, ExecutionId, NewRecord, Snapshot, Timer, TimerChange, Version};

/// A key with its new value, or with none to remove it.
pub(super) type Row = (IVec, Option<IVec>);
/// Rows to write together.
pub(super) type Rows = Vec<Row>;

/// The rows of a batch, in the order in which they have to be written.
pub(super) struct Encoded {
    pub(super) rows: Rows,
    /// Payloads whose chunks have to be there before the rows.
    pub(super) large: Vec<Large>,
    /// A snapshot whose chunks have to be put where those of the one before are not.
    pub(super) snapshot: Option<(ExecutionId, Snapshot)>,
    /// Whether a summary goes from one place to another.
    pub(super) moves: bool,
    /// The key of the last record.
    pub(super) newest: Option<RecordKey>,
}

/// A payload that is stored in chunks.
pub(super) struct Large {
    pub(super) of: ChunksOf,
    pub(super) execution: ExecutionId,
    pub(super) place: u64,
    pub(super) payload: Vec<u8>,
}

impl Encoded {
    /// The rows of `batch`, which was checked against the limits.
    pub(super) fn of(batch: Batch) -> Self {
        let execution = batch.execution;
        let mut encoded =
            Self { rows: Vec::with_capacity(1), large: Vec::new(), snapshot: None, moves: false, newest: None };
        let mut version = batch.expected;
        for record in batch.records {
            version = version.plus(1);
            encoded.record(execution, version, record);
        }
        if encoded.newest.is_some() {
            for name in &batch.marks {
                let key = key::mark(execution, name);
                encoded.insert(&key, &frame::whole(&key, MARK_V1, &[&codec::encode_mark(version)]));
            }
        }
        if let Some((previous, summary)) = batch.summary {
            let place = key::place(summary.place());
            if let Some(previous) = previous.map(key::place).filter(|previous| *previous != place) {
                encoded.moves = true;
                encoded.remove(&key::summary(previous, execution));
            }
            let key = key::summary(place, execution);
            encoded.insert(&key, &frame::whole(&key, SUMMARY_V2, &[&codec::encode_summary(&summary)]));
        }
        for timer in batch.timers {
            match timer {
                TimerChange::Set { due_ms } => encoded.insert(&key::timer(Timer { due_ms, execution }), &[]),
                TimerChange::Clear { due_ms } => encoded.remove(&key::timer(Timer { due_ms, execution })),
            }
        }
        if let Some(name) = batch.claim {
            let key = key::name(&name);
            encoded.insert(&key, &frame::whole(&key, NAME_V1, &[&codec::encode_holder(execution)]));
        }
        encoded.snapshot = batch.snapshot.map(|snapshot| (execution, snapshot));
        encoded
    }

    fn record(&mut self, execution: ExecutionId, version: Version, record: NewRecord) {
        let key = key::record(execution, version);
        self.newest = Some(key);
        if record.body.len() <= CHUNK {
            self.insert(&key, &frame::whole(&key, record.kind.0, &[&record.body]));
        } else {
            let place = version.get();
            let head = Head::of(record.kind.0, place, &[&record.body]);
            self.insert(&key, &head.value(&key));
            self.large.push(Large { of: ChunksOf::Records, execution, place, payload: record.body });
        }
    }

    fn insert(&mut self, key: &[u8], value: &[u8]) {
        self.rows.push((IVec::from(key), Some(IVec::from(value))));
    }

    fn remove(&mut self, key: &[u8]) {
        self.rows.push((IVec::from(key), None));
    }
}
