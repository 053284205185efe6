//! Futures that run together, in the order in which they were woken.
//!
//! Unlike `futures::stream::FuturesUnordered` it does not stop in the middle to be polled again: within a turn, every
//! future that was woken is polled before it says that it is pending. So a branch that is busy inside does not fall behind
//! the others, and comes to the same place among them when it is replayed as its one result.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as Poller, Poll, Wake, Waker};

/// How many polls follow one another at most: a future that always wakes itself must not hold up the turn for ever.
const MOST_POLLS: usize = 100_000;

/// Futures that run together.
pub(super) struct Together<F> {
    futures: Vec<Option<Running<F>>>,
    running: usize,
    woken: Arc<Mutex<Woken>>,
}

struct Running<F> {
    future: Pin<Box<F>>,
    waker: Waker,
}

#[derive(Default)]
struct Woken {
    queue: VecDeque<usize>,
    is_queued: Vec<bool>,
    /// Whoever polls all of them.
    around: Option<Waker>,
}

/// Wakes one of them.
struct WakeOne {
    nth: usize,
    woken: Arc<Mutex<Woken>>,
}

impl<F: Future> Together<F> {
    pub(super) fn new() -> Self {
        Self { futures: Vec::new(), running: 0, woken: Arc::default() }
    }

    pub(super) fn push(&mut self, future: F) {
        let nth = self.futures.len();
        let waker = Waker::from(Arc::new(WakeOne { nth, woken: Arc::clone(&self.woken) }));
        self.futures.push(Some(Running { future: Box::pin(future), waker }));
        self.running += 1;
        hold(&self.woken).put(nth);
    }

    /// How many have not ended.
    pub(super) fn running(&self) -> usize {
        self.running
    }

    /// What the next one that ends gives; none when none is left.
    pub(super) async fn next(&mut self) -> Option<F::Output> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Poller<'_>) -> Poll<Option<F::Output>> {
        if self.running == 0 {
            return Poll::Ready(None);
        }
        hold(&self.woken).around = Some(cx.waker().clone());
        for _ in 0..MOST_POLLS {
            let Some(nth) = hold(&self.woken).take() else { return Poll::Pending };
            let Some(place) = self.futures.get_mut(nth) else { continue };
            let Some(running) = place else { continue };
            if let Poll::Ready(output) = running.future.as_mut().poll(&mut Poller::from_waker(&running.waker)) {
                // What it leaves unfinished is given up before anybody goes on.
                *place = None;
                self.running -= 1;
                return Poll::Ready(Some(output));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<F: Future> FromIterator<F> for Together<F> {
    fn from_iter<I: IntoIterator<Item = F>>(futures: I) -> Self {
        let mut together = Self::new();
        for future in futures {
            together.push(future);
        }
        together
    }
}

impl Woken {
    fn put(&mut self, nth: usize) {
        if self.is_queued.len() <= nth {
            self.is_queued.resize(nth + 1, false);
        }
        if let Some(queued) = self.is_queued.get_mut(nth)
            && !std::mem::replace(queued, true)
        {
            self.queue.push_back(nth);
        }
    }

    fn take(&mut self) -> Option<usize> {
        let nth = self.queue.pop_front()?;
        if let Some(queued) = self.is_queued.get_mut(nth) {
            *queued = false;
        }
        Some(nth)
    }
}

impl Wake for WakeOne {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let around = {
            let mut woken = hold(&self.woken);
            woken.put(self.nth);
            woken.around.clone()
        };
        if let Some(around) = around {
            around.wake();
        }
    }
}

fn hold(woken: &Mutex<Woken>) -> std::sync::MutexGuard<'_, Woken> {
    woken.lock().unwrap_or_else(PoisonError::into_inner)
}
