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
/// The same for a clock that does not jump: on virtual time a year is to pass at once, and not minute by minute.
const FAR_AHEAD_MS: u64 = 24 * 3600 * 1000;
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
    fn load(&self, log: &dyn Log, now_ms: u64, ahead_ms: u64) -> Result<(), duramen_storage::Error> {
        let loaded = self.loaded_until_ms.load(Ordering::Acquire);
        let until = now_ms.saturating_add(ahead_ms);
        // Raised first: who leaves from now on arms its timer itself, and a timer that is armed twice does no harm.
        self.loaded_until_ms.store(until, Ordering::Release);
        let mut after =
            loaded.checked_sub(1).map(|due_ms| Timer { due_ms, execution: ExecutionId::from_bytes([0xff; 16]) });
        loop {
            let timers = match log.timers(after, until, AT_A_STRETCH) {
                Ok(timers) => timers,
                Err(error) => {
                    // What was not read now is to be read the next time.
                    self.loaded_until_ms.store(loaded, Ordering::Release);
                    return Err(error);
                }
            };
            let complete = timers.len() < AT_A_STRETCH;
            after = timers.last().copied();
            hold(&self.heap).extend(timers.into_iter().map(Reverse));
            if complete {
                return Ok(());
            }
        }
    }

    /// In how many ms timers must be loaded again.
    fn must_load_in_ms(&self, now_ms: u64, ahead_ms: u64) -> u64 {
        self.loaded_until_ms.load(Ordering::Acquire).saturating_sub(now_ms.saturating_add(ahead_ms / 2))
    }
}

/// Wakes entities until the system is gone. Nothing of it is held while nothing is due.
pub(crate) async fn run<B: Behavior>(system: Weak<Shared<B>>) {
    let Some((timers, stopping)) =
        system.upgrade().map(|shared| (Arc::clone(&shared.timers), Arc::clone(&shared.stopping)))
    else {
        return;
    };
    loop {
        // Listened for before the stage is looked at, so that its change is not missed.
        let stopped = stopping.notified();
        let sleep_ms = match system.upgrade() {
            Some(shared) if !shared.is_closed() => ring(&shared).await,
            _ => return,
        };
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(sleep_ms)) => {}
            () = timers.earlier.notified() => {}
            () = stopped => return,
        }
        tokio::task::yield_now().await;
    }
}

/// Wakes what is due, and says how many ms nothing more is. While the system drains, nothing is woken: what would follow
/// from it could not begin.
async fn ring<B: Behavior>(shared: &Arc<Shared<B>>) -> u64 {
    if !shared.begins_effects() {
        return LONGEST_SLEEP_MS;
    }
    let now_ms = shared.clock.now_ms();
    let may_jump = shared.clock.may_jump();
    let ahead_ms = if may_jump { AHEAD_MS } else { FAR_AHEAD_MS };
    if shared.timers.must_load_in_ms(now_ms, ahead_ms) == 0 {
        let (timers, log) = (Arc::clone(&shared.timers), Arc::clone(&shared.log));
        let loaded = tokio::task::spawn_blocking(move || timers.load(log.as_ref(), now_ms, ahead_ms)).await;
        if let Ok(Err(error)) = loaded {
            tracing::error!(%error, "timers cannot be read from the log: sleeping executions are not woken");
        }
    }
    let due = shared.timers.take_due(now_ms);
    shared.wake(due).await;
    // At least as long as after a load that failed.
    let must_load_ms = shared.timers.must_load_in_ms(now_ms, ahead_ms).max(LONGEST_SLEEP_MS);
    let longest_ms = if may_jump { LONGEST_SLEEP_MS } else { must_load_ms };
    shared.timers.next_due_ms().map_or(longest_ms, |due_ms| due_ms.saturating_sub(now_ms).min(longest_ms))
}
