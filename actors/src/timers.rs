//! Wakes entities when something is due.
//!
//! A timer is a hint: whether anything is due, the entity decides from its state. So a timer may fire twice, late after
//! the clock jumped, or for nothing. Entities in memory have their timers in memory; sleeping ones have one each in the
//! log, of which those of the next minute are loaded ahead.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use duramen_storage::{ExecutionId, Log, Timer};
use tokio::sync::Notify;

use crate::Behavior;
use crate::hold::hold;
use crate::shared::Shared;

/// How far ahead timers are loaded from the log.
const AHEAD_MS: u64 = 60_000;
/// The longest sleep, so that a jump of the clock is noticed.
const LONGEST_SLEEP_MS: u64 = 1_000;
/// How many timers are loaded, or entities woken, at a stretch.
const AT_A_STRETCH: usize = 1_000;

#[derive(Default)]
pub(crate) struct Timers {
    heap: Mutex<BinaryHeap<Reverse<Timer>>>,
    earlier: Notify,
    /// Timers in the log that are due before this are in the heap.
    loaded_until_ms: AtomicU64,
}

impl Timers {
    /// Wakes an entity at this time.
    pub(crate) fn arm(&self, due_ms: u64, execution: ExecutionId) {
        let timer = Timer { due_ms, execution };
        let mut heap = hold(&self.heap);
        let earliest = heap.peek().is_none_or(|Reverse(first)| timer < *first);
        heap.push(Reverse(timer));
        drop(heap);
        if earliest {
            self.earlier.notify_one();
        }
    }

    /// An entity leaves memory with this timer in the log, where it may be too late to be loaded from.
    pub(crate) fn remember(&self, due_ms: u64, execution: ExecutionId) {
        if due_ms < self.loaded_until_ms.load(Ordering::Acquire) {
            self.arm(due_ms, execution);
        }
    }

    fn take_due(&self, now_ms: u64) -> Vec<ExecutionId> {
        let mut heap = hold(&self.heap);
        let mut due = Vec::new();
        while due.len() < AT_A_STRETCH && heap.peek().is_some_and(|Reverse(timer)| timer.due_ms <= now_ms) {
            due.extend(heap.pop().map(|Reverse(timer)| timer.execution));
        }
        due
    }

    fn next_due_ms(&self) -> Option<u64> {
        hold(&self.heap).peek().map(|Reverse(timer)| timer.due_ms)
    }

    /// Loads the timers of the next while, once half of what was loaded has passed.
    fn load(&self, log: &dyn Log, now_ms: u64) -> Result<(), duramen_storage::Error> {
        let loaded = self.loaded_until_ms.load(Ordering::Acquire);
        if loaded > now_ms.saturating_add(AHEAD_MS / 2) {
            return Ok(());
        }
        let until = now_ms.saturating_add(AHEAD_MS);
        // Raised first: who leaves from now on arms its timer itself, and a timer that is armed twice does no harm.
        self.loaded_until_ms.store(until, Ordering::Release);
        let mut after =
            loaded.checked_sub(1).map(|due_ms| Timer { due_ms, execution: ExecutionId::from_bytes([0xff; 16]) });
        loop {
            let timers = log.timers(after, until, AT_A_STRETCH)?;
            let complete = timers.len() < AT_A_STRETCH;
            after = timers.last().copied();
            hold(&self.heap).extend(timers.into_iter().map(Reverse));
            if complete {
                return Ok(());
            }
        }
    }
}

/// Wakes entities until the system is gone.
pub(crate) async fn run<B: Behavior>(system: Weak<Shared<B>>) {
    loop {
        let Some(shared) = system.upgrade() else { return };
        if shared.is_closed() {
            return;
        }
        let log = Arc::clone(&shared.log);
        let now_ms = shared.clock.now_ms();
        if let Err(error) = shared.timers.load(log.as_ref(), now_ms) {
            tracing::error!(%error, "timers cannot be read from the log: sleeping executions are not woken");
        }
        for execution in shared.timers.take_due(now_ms) {
            shared.wake(execution);
        }
        let sleep_ms = shared
            .timers
            .next_due_ms()
            .map_or(LONGEST_SLEEP_MS, |due| due.saturating_sub(now_ms).min(LONGEST_SLEEP_MS));
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(sleep_ms)) => {}
            () = shared.timers.earlier.notified() => {}
            () = shared.stopping.notified() => {}
        }
        tokio::task::yield_now().await;
    }
}
