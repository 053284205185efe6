//! On a clock that follows tokio's, time in which nothing happens costs nothing.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod counter;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use counter::{BASE_MS, Command, World, builder, execution, start};
use duramen_actors::{Clock, TokioClock};
use duramen_storage::MemoryLog;

const HOUR: Duration = Duration::from_secs(3600);

/// Counts how often it is looked at.
struct Watched {
    clock: TokioClock,
    may_jump: bool,
    looks: Arc<AtomicU64>,
}

impl Clock for Watched {
    fn now_ms(&self) -> u64 {
        self.looks.fetch_add(1, Ordering::Relaxed);
        self.clock.now_ms()
    }

    fn may_jump(&self) -> bool {
        self.may_jump
    }
}

/// How often the clock is looked at while a counter sleeps for so long, and wakes.
async fn looks(may_jump: bool, sleep: Duration) -> u64 {
    let (log, world, looks) = (Arc::new(MemoryLog::new()), Arc::new(World::default()), Arc::default());
    let clock = Watched { clock: TokioClock::starting_at(BASE_MS), may_jump, looks: Arc::clone(&looks) };
    let system = builder(&log, &world).clock(Arc::new(clock)).open().await.unwrap();
    start(&system, 1).await.unwrap();
    let until_ms = BASE_MS + u64::try_from(sleep.as_millis()).unwrap();
    system.address(execution(1)).ask(Command::SleepUntil(until_ms)).await.unwrap();
    tokio::time::sleep(sleep - Duration::from_secs(1)).await;
    assert_eq!(system.live(), 0, "it is asleep");
    let before = looks.load(Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(system.address(execution(1)).ask(Command::Get).await.unwrap().rang, 1, "it was woken in time");
    before
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_may_jump_is_looked_at_every_second() {
    let looks = looks(true, HOUR).await;
    assert!(looks > 3_500, "{looks}");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_does_not_is_left_alone_for_a_year() {
    let looks = looks(false, 365 * 24 * HOUR).await;
    assert!(looks < 5_000, "{looks}");
}
