//! What surrounds the counters of a test: what goes wrong, and what was seen from outside.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use duramen_actors::{Clock, Error, Fault, TokioClock};
use duramen_storage::ExecutionId;
use tokio::sync::Semaphore;

use super::BASE_MS;

/// How a function of the behaviour goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It panics so often.
    Panics(u32),
    /// It says that the entity cannot go on.
    Faults(&'static str),
}

pub(crate) struct World {
    pub(crate) clock: TokioClock,
    moods: Mutex<HashMap<&'static str, Mood>>,
    seen: Mutex<Seen>,
    /// Work ends when it gets a permit.
    ends: Semaphore,
    restored: AtomicU64,
}

#[derive(Default)]
struct Seen {
    performed: Vec<(u32, u32)>,
    ends: Vec<String>,
    departures: Vec<ExecutionId>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            clock: TokioClock::starting_at(BASE_MS),
            moods: Mutex::default(),
            seen: Mutex::default(),
            ends: Semaphore::new(0),
            restored: AtomicU64::new(0),
        }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    pub(crate) fn clock_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// From now on, this function goes so.
    pub(crate) fn set(&self, function: &'static str, mood: Mood) {
        held(&self.moods).insert(function, mood);
    }

    /// From now on, everything goes well.
    pub(crate) fn mend(&self) {
        held(&self.moods).clear();
    }

    pub(super) fn goes(&self, function: &'static str) {
        let panics = match held(&self.moods).get_mut(function) {
            Some(Mood::Panics(times)) if *times > 0 => {
                *times -= 1;
                true
            }
            _ => false,
        };
        assert!(!panics, "{function} was told to panic");
    }

    fn may_fault(&self, function: &'static str) -> Result<(), Fault> {
        self.goes(function);
        match held(&self.moods).get(function) {
            Some(Mood::Faults(reason)) => Err(Fault::new(*reason)),
            _ => Ok(()),
        }
    }

    pub(super) fn advances(&self) -> Result<(), Fault> {
        self.may_fault("advance")
    }

    pub(super) fn replays(&self) -> Result<(), Fault> {
        self.may_fault("replay")
    }

    pub(super) fn performs(&self, work: u32, attempt: u32) {
        held(&self.seen).performed.push((work, attempt));
        self.goes("perform");
    }

    pub(super) fn note_end(&self, reason: &Error) {
        held(&self.seen).ends.push(reason.to_string());
    }

    pub(super) fn note_departure(&self, execution: ExecutionId) {
        held(&self.seen).departures.push(execution);
    }

    pub(super) fn note_restored(&self) {
        self.restored.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) async fn let_one_end(&self) {
        self.ends.acquire().await.unwrap().forget();
    }

    /// Lets so many works end.
    pub(crate) fn end_works(&self, count: usize) {
        self.ends.add_permits(count);
    }

    /// All works that were begun, with their attempts.
    pub(crate) fn performed(&self) -> Vec<(u32, u32)> {
        held(&self.seen).performed.clone()
    }

    /// What `ended` was told.
    pub(crate) fn ends(&self) -> Vec<String> {
        held(&self.seen).ends.clone()
    }

    pub(crate) fn departures(&self) -> Vec<ExecutionId> {
        held(&self.seen).departures.clone()
    }

    /// How often a state was restored from a snapshot.
    pub(crate) fn restored(&self) -> u64 {
        self.restored.load(Ordering::Relaxed)
    }
}

/// A clock that shows what it is set to.
pub(crate) struct SetClock(AtomicU64);

impl SetClock {
    pub(crate) fn new(ms: u64) -> Self {
        Self(AtomicU64::new(ms))
    }

    pub(crate) fn set(&self, ms: u64) {
        self.0.store(ms, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}
