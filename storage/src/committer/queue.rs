//! What waits for the committer: bounded by count and by bytes.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use crate::Error;

/// How much may wait before those who hand over batches have to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) batches: usize,
    pub(crate) bytes: usize,
}

/// A queue with many ends in and one out.
pub(crate) struct Queue<T> {
    bounds: Bounds,
    state: Mutex<State<T>>,
    arrived: Condvar,
    taken: Condvar,
}

struct State<T> {
    waiting: VecDeque<T>,
    bytes: usize,
    consumer: Option<ThreadId>,
    end: Option<End>,
}

/// Why nothing more is taken.
#[derive(Clone)]
pub(crate) enum End {
    /// The log was closed.
    Closed,
    /// A write failed.
    Poisoned(Arc<str>),
}

impl End {
    pub(crate) fn error(&self) -> Error {
        match self {
            Self::Closed => Error::Closed,
            Self::Poisoned(cause) => Error::Poisoned { cause: cause.clone() },
        }
    }
}

impl<T> Queue<T> {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let state = State { waiting: VecDeque::new(), bytes: 0, consumer: None, end: None };
        Self { bounds, state: Mutex::new(state), arrived: Condvar::new(), taken: Condvar::new() }
    }

    /// Nothing in this file panics while it holds the lock, so the state is whole whatever the mutex says.
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts `item` in, waiting for room; gives it back when nothing more is taken.
    ///
    /// The consumer itself never waits here, or an acknowledgement that hands over the next batch could stop the log.
    pub(crate) fn push(&self, item: T, bytes: usize) -> Result<(), (T, End)> {
        let mut state = self.state();
        while state.end.is_none() && self.is_full(&state, bytes) && state.consumer != Some(thread::current().id()) {
            state = self.taken.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if let Some(end) = &state.end {
            let end = end.clone();
            return Err((item, end));
        }
        let wake = state.waiting.is_empty();
        state.bytes = state.bytes.saturating_add(bytes);
        state.waiting.push_back(item);
        drop(state);
        if wake {
            self.arrived.notify_one();
        }
        Ok(())
    }

    fn is_full(&self, state: &State<T>, bytes: usize) -> bool {
        !state.waiting.is_empty()
            && (state.waiting.len() >= self.bounds.batches || state.bytes.saturating_add(bytes) > self.bounds.bytes)
    }

    /// Waits for something and moves all of it into `into`; false when nothing more will come.
    pub(crate) fn take_all(&self, into: &mut VecDeque<T>) -> bool {
        let mut state = self.state();
        state.consumer = Some(thread::current().id());
        while state.waiting.is_empty() {
            if state.end.is_some() {
                return false;
            }
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        mem::swap(&mut state.waiting, into);
        state.bytes = 0;
        drop(state);
        self.taken.notify_all();
        true
    }

    /// Takes no more; the first reason stays. What waits is still given out.
    pub(crate) fn end(&self, end: End) {
        let mut state = self.state();
        match (&state.end, &end) {
            (None, _) | (Some(End::Closed), End::Poisoned(_)) => state.end = Some(end),
            (Some(_), _) => {}
        }
        drop(state);
        self.arrived.notify_all();
        self.taken.notify_all();
    }

    pub(crate) fn ended(&self) -> Option<End> {
        self.state().end.clone()
    }

    /// Whether this runs on the thread that takes things out.
    pub(crate) fn is_consumer(&self) -> bool {
        self.state().consumer == Some(thread::current().id())
    }
}
