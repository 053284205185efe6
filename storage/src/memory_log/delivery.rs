//! Giving out acknowledgements, in the order in which batches were stored.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::{Ack, Error, Version};

/// An acknowledgement and what it is told.
pub(super) type Answer = (Ack, Result<Version, Error>);

/// Gives out acknowledgements on the thread of the submitter.
///
/// An acknowledgement may hand over the next batch. Its answer is then given out when the first one has returned, so that
/// a long chain of batches needs no deep stack.
#[derive(Default)]
pub(super) struct Direct {
    state: Mutex<DirectState>,
}

#[derive(Default)]
struct DirectState {
    waiting: VecDeque<Answer>,
    giving: bool,
}

impl Direct {
    fn state(&self) -> MutexGuard<'_, DirectState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, answer: Answer) {
        self.state().waiting.push_back(answer);
    }

    /// Gives out what waits, unless somebody is about it already.
    pub(super) fn give_out(&self) {
        let mut state = self.state();
        if state.giving {
            return;
        }
        state.giving = true;
        while let Some(answer) = state.waiting.pop_front() {
            drop(state);
            give(answer);
            state = self.state();
        }
        state.giving = false;
    }
}

/// Gives out acknowledgements later, from a thread of its own.
pub(super) struct Delayed {
    delay: Duration,
    sender: Option<mpsc::Sender<(Instant, Answer)>>,
    thread: Option<JoinHandle<()>>,
}

impl Delayed {
    pub(super) fn start(delay: Duration) -> Self {
        let (sender, receiver) = mpsc::channel::<(Instant, Answer)>();
        let thread = thread::spawn(move || {
            for (at, answer) in receiver {
                thread::sleep(at.saturating_duration_since(Instant::now()));
                give(answer);
            }
        });
        Self { delay, sender: Some(sender), thread: Some(thread) }
    }

    pub(super) fn push(&self, answer: Answer) {
        if let Some(sender) = &self.sender {
            let _ = sender.send((Instant::now() + self.delay, answer));
        }
    }

    /// Gives out all that waits and ends.
    pub(super) fn end(mut self) {
        drop(self.sender.take());
        let thread = self.thread.take().filter(|thread| thread.thread().id() != thread::current().id());
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread of a slow sync panicked");
        }
    }
}

fn give((ack, outcome): Answer) {
    if catch_unwind(AssertUnwindSafe(|| ack(outcome))).is_err() {
        tracing::error!("an acknowledgement panicked");
    }
}
