//! What is seen of diaries from outside, and what they are told to do.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use duramen_actors::TokioClock;
use duramen_storage::ExecutionId;

/// Something that a diary was called with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// `animate`.
    Animated,
    /// `foresee`, with the words of all turns.
    Foreseen(Vec<u64>),
    /// `replay`, with the words of a turn.
    Replayed(Vec<u64>),
    /// `advance`, with the words it had not read, in a state with so many records.
    Read(Vec<u64>, u64),
    /// `recorded`, in a state with so many records.
    Recorded(u64),
    /// `perform`.
    Performed(u32),
}

/// What surrounds the diaries of a test.
pub(crate) struct Witness {
    pub(crate) clock: TokioClock,
    seen: Mutex<Vec<(ExecutionId, Seen)>>,
    /// A snapshot is due after so many turns; never when 0.
    pub(crate) snapshot_every: AtomicU64,
    /// There is none when it is due.
    pub(crate) no_snapshots: AtomicBool,
    pub(crate) asked_for_snapshot: AtomicU64,
    /// `recorded` panics so often.
    pub(crate) panics: AtomicU64,
    /// `advance` and `replay` say that the entity cannot go on.
    pub(crate) faults: AtomicBool,
}

impl Default for Witness {
    fn default() -> Self {
        Self {
            clock: TokioClock::starting_at(super::BASE_MS),
            seen: Mutex::default(),
            snapshot_every: AtomicU64::new(0),
            no_snapshots: AtomicBool::new(false),
            asked_for_snapshot: AtomicU64::new(0),
            panics: AtomicU64::new(0),
            faults: AtomicBool::new(false),
        }
    }
}

impl Witness {
    fn held(&self) -> MutexGuard<'_, Vec<(ExecutionId, Seen)>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn see(&self, execution: ExecutionId, seen: Seen) {
        self.held().push((execution, seen));
    }

    /// All that was seen of a diary since the last call, and nothing of others.
    pub(crate) fn take(&self, execution: ExecutionId) -> Vec<Seen> {
        let mut held = self.held();
        let (own, others): (Vec<_>, Vec<_>) = held.drain(..).partition(|(of, _)| *of == execution);
        *held = others;
        own.into_iter().map(|(_, seen)| seen).collect()
    }

    /// Whether this was seen since the last `take`.
    pub(crate) fn saw(&self, seen: &Seen) -> bool {
        self.held().iter().any(|(_, had)| had == seen)
    }

    pub(super) fn must_panic(&self) -> bool {
        let one_less = |left: u64| left.checked_sub(1);
        self.panics.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok()
    }

    pub(super) fn asks_for_snapshot(&self) -> bool {
        self.asked_for_snapshot.fetch_add(1, Ordering::SeqCst);
        !self.no_snapshots.load(Ordering::SeqCst)
    }
}
