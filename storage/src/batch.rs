//! What is written at once: the records of one turn with the index changes that belong to them.

use crate::{ExecutionId, Kind, Place, Summary, Version};

/// All that one turn of one execution changes. It becomes durable as a whole or not at all.
///
/// ```
/// use duramen_storage::{Batch, ExecutionId, RecordKind, Version};
///
/// let execution = ExecutionId::new(1_700_000_000_000, [1; 10]);
/// let batch = Batch::new(execution, Version::NONE).record(RecordKind(1), b"started".to_vec()).set_timer(1_700_000_060_000);
/// assert_eq!(batch.records.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Batch {
    /// The execution whose stream this is.
    pub execution: ExecutionId,
    /// The version the stream must have, else the batch is refused: this is how one writer for each execution is proved.
    pub expected: Version,
    /// Records to append, in order; the first one gets the version after `expected`. May be empty.
    pub records: Vec<NewRecord>,
    /// The new summary, and the place of the row it replaces (`None` for the first).
    pub summary: Option<(Option<Place>, Summary)>,
    /// Timers to set or clear, in order.
    pub timers: Vec<TimerChange>,
    /// A name to take for this execution; the batch is refused when another execution holds it. It is the name in the
    /// summary of the execution, by which a purge finds and frees it.
    pub claim: Option<Name>,
    /// A snapshot that replaces the one before.
    pub snapshot: Option<Snapshot>,
    /// Names under which the last record of this batch is found, in place of the records marked so before. Each has at
    /// most 1 KiB. In a batch without records they mean nothing and are passed over.
    pub marks: Vec<String>,
}

impl Batch {
    /// An empty batch for a stream that is expected to stand at `expected`.
    #[must_use]
    pub fn new(execution: ExecutionId, expected: Version) -> Self {
        Self {
            execution,
            expected,
            records: Vec::new(),
            summary: None,
            timers: Vec::new(),
            claim: None,
            snapshot: None,
            marks: Vec::new(),
        }
    }

    /// Appends a record.
    #[must_use]
    pub fn record(mut self, kind: RecordKind, body: Vec<u8>) -> Self {
        self.records.push(NewRecord { kind, body });
        self
    }

    /// Files a summary in place of the row at `previous`.
    #[must_use]
    pub fn summary(mut self, previous: Option<Place>, summary: Summary) -> Self {
        self.summary = Some((previous, summary));
        self
    }

    /// Sets the timer of this execution that is due at `due_ms` since the Unix epoch.
    #[must_use]
    pub fn set_timer(mut self, due_ms: u64) -> Self {
        self.timers.push(TimerChange::Set { due_ms });
        self
    }

    /// Clears the timer of this execution that is due at `due_ms`; none there is no error.
    #[must_use]
    pub fn clear_timer(mut self, due_ms: u64) -> Self {
        self.timers.push(TimerChange::Clear { due_ms });
        self
    }

    /// Takes a name for this execution.
    #[must_use]
    pub fn claim(mut self, name: Name) -> Self {
        self.claim = Some(name);
        self
    }

    /// Keeps a snapshot in place of the one before.
    #[must_use]
    pub fn snapshot(mut self, snapshot: Snapshot) -> Self {
        self.snapshot = Some(snapshot);
        self
    }

    /// Marks the last record of this batch under a name, in place of the record marked so before: what
    /// [`Log::marked`](crate::Log::marked) then gives without reading the stream. A mark in a batch without records is
    /// passed over.
    #[must_use]
    pub fn mark(mut self, name: impl Into<String>) -> Self {
        self.marks.push(name.into());
        self
    }

    /// Whether the batch changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
            && self.summary.is_none()
            && self.timers.is_empty()
            && self.claim.is_none()
            && self.snapshot.is_none()
    }
}

/// Which schema the body of a record has. Numbers are given by the writers of records and are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKind(pub u16);

/// A record that is to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// The schema of the body.
    pub kind: RecordKind,
    /// The body.
    pub body: Vec<u8>,
}

/// A record as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its place in the stream of its execution.
    pub version: Version,
    /// The schema of the body.
    pub kind: RecordKind,
    /// The body.
    pub body: Vec<u8>,
}

/// A change to the timers of the batch's execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimerChange {
    /// The execution is to be woken at this time; setting it twice is the same as once.
    Set {
        /// ms since the Unix epoch.
        due_ms: u64,
    },
    /// It is not.
    Clear {
        /// ms since the Unix epoch.
        due_ms: u64,
    },
}

/// A timer as it was read: wake this execution at that time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timer {
    /// ms since the Unix epoch.
    pub due_ms: u64,
    /// The execution to wake.
    pub execution: ExecutionId,
}

/// A name that at most one execution holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name {
    /// The behaviour.
    pub kind: Kind,
    /// The workflow or state machine.
    pub definition: String,
    /// The name among executions of that definition.
    pub name: String,
}

/// The state of an execution at a version, so that only later records have to be replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The version it stands for.
    pub version: Version,
    /// The schema of the body.
    pub kind: RecordKind,
    /// The body.
    pub body: Vec<u8>,
}
