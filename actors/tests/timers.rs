//! Entities that sleep until a time are woken when it has come, whatever the clock does.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod counter;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use counter::{
    BASE_MS, Command, HeldLog, SetClock, World, builder, eventually, execution, open, start, started, summary_of,
};
use duramen_storage::{Batch, Log, MemoryLog, RecordKind, Timer};
use futures::future::join_all;

const HOUR_MS: u64 = 3_600_000;

async fn nearly_an_hour() {
    tokio::time::sleep(Duration::from_millis(HOUR_MS - 10_000)).await;
}

/// How often the `nth` counter was woken, by the log.
fn rang(log: &MemoryLog, nth: u64) -> u64 {
    let mut state = counter::State::default();
    for record in log.read(execution(nth), duramen_storage::Version::NONE, usize::MAX).unwrap() {
        let behavior = counter::Counter::<1, 0> { world: Arc::default() };
        let turn = duramen_actors::decode_turn(&behavior, record.kind, &record.body).unwrap();
        turn.events().for_each(|event| counter::change(&mut state, event));
    }
    state.rang
}

#[tokio::test(start_paused = true)]
async fn one_that_sleeps_for_long_leaves_at_once_and_is_woken_when_due() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&log, &world).await;
    let due_ms = BASE_MS + HOUR_MS;
    system.address(execution(1)).ask(Command::SleepUntil(due_ms)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(system.live(), 0);
    assert_eq!(log.timers(None, u64::MAX, 10).unwrap(), [Timer { due_ms, execution: execution(1) }]);
    nearly_an_hour().await;
    eventually("it rings", || rang(&log, 1) == 1).await;
    let late_ms = system.now_ms() - due_ms;
    assert!(late_ms < 10, "{late_ms} ms late");
    eventually("its timer is gone", || log.timers(None, u64::MAX, 10).unwrap().is_empty()).await;
}

#[tokio::test(start_paused = true)]
async fn one_that_sleeps_briefly_stays_in_memory_and_is_woken_when_due() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&log, &world).await;
    system.address(execution(1)).ask(Command::SleepUntil(BASE_MS + 5_000)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(4_990)).await;
    assert!(system.is_live(execution(1)));
    assert_eq!(rang(&log, 1), 0);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(rang(&log, 1), 1);
    assert_eq!(log.timers(None, u64::MAX, 10).unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn what_came_due_while_nothing_was_open_is_woken_at_opening() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&log, &world).await;
    let address = system.address(execution(1));
    address.ask(Command::SleepUntil(BASE_MS + HOUR_MS)).await.unwrap();
    address.ask(Command::SleepUntil(BASE_MS + 2 * HOUR_MS)).await.unwrap();
    drop(address);
    drop(system);
    tokio::time::sleep(Duration::from_millis(HOUR_MS)).await;
    let system = open(&log, &world).await;
    eventually("the first rings", || rang(&log, 1) == 1).await;
    assert!(system.now_ms() < BASE_MS + HOUR_MS + 1_000);
    nearly_an_hour().await;
    eventually("the second rings", || rang(&log, 1) == 2).await;
}

#[tokio::test(start_paused = true)]
async fn many_that_are_due_at_once_are_all_woken() {
    const MANY: u64 = 3_000;
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = open(&log, &world).await;
    for nth in 0..MANY {
        start(&system, nth).await.unwrap();
        system.address(execution(nth)).ask(Command::SleepUntil(BASE_MS + HOUR_MS)).await.unwrap();
    }
    eventually("all sleep", || system.live() == 0).await;
    assert_eq!(log.timers(None, u64::MAX, usize::MAX).unwrap().len(), usize::try_from(MANY).unwrap());
    nearly_an_hour().await;
    eventually("all have rung", || log.timers(None, u64::MAX, 1).unwrap().is_empty()).await;
    assert!((0..MANY).all(|nth| rang(&log, nth) == 1));
    assert!(system.now_ms() < BASE_MS + HOUR_MS + 1_000);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_ahead_wakes_what_it_passed() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let clock = Arc::new(SetClock::new(BASE_MS));
    let system = builder(&log, &world).clock(Arc::clone(&clock) as _).open().await.unwrap();
    for nth in 0..100 {
        start(&system, nth).await.unwrap();
        system.address(execution(nth)).ask(Command::SleepUntil(BASE_MS + nth * HOUR_MS / 10)).await.unwrap();
    }
    clock.set(BASE_MS + 10 * HOUR_MS);
    eventually("all ring", || (0..100).all(|nth| rang(&log, nth) == 1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_back_loses_nothing() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let clock = Arc::new(SetClock::new(BASE_MS));
    let system = builder(&log, &world).clock(Arc::clone(&clock) as _).open().await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    clock.set(BASE_MS - 10 * HOUR_MS);
    for nth in 0..10 {
        start(&system, nth).await.unwrap();
        // Seconds, minutes and hours ahead, before and behind the time that the clock showed first.
        let due_ms = BASE_MS - 10 * HOUR_MS + 7_u64.pow(u32::try_from(nth).unwrap());
        system.address(execution(nth)).ask(Command::SleepUntil(due_ms)).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    for minute in 0..=(12 * 60) {
        clock.set(BASE_MS - 10 * HOUR_MS + minute * 60_000);
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    for nth in 0..10 {
        assert_eq!(rang(&log, nth), 1, "counter {nth}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_between_the_timer_and_the_turn_loses_nothing() {
    let (memory, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let log = HeldLog::over(Arc::clone(&memory));
    let clock = Arc::new(SetClock::new(BASE_MS));
    let system = builder(&log, &world).clock(Arc::clone(&clock) as _).open().await.unwrap();
    start(&system, 1).await.unwrap();
    system.address(execution(1)).ask(Command::SleepUntil(BASE_MS + 5_000)).await.unwrap();
    log.hold();
    let add = counter::follow(&system, 1, Command::Add(1));
    eventually("a batch is under way", || log.held() == 1).await;
    clock.set(BASE_MS + 5_000);
    tokio::time::sleep(Duration::from_secs(2)).await;
    clock.set(BASE_MS);
    log.stop_holding();
    add.await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(rang(&memory, 1), 0);
    clock.set(BASE_MS + 5_000);
    eventually("it rings", || rang(&memory, 1) == 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_time_that_is_put_off_again_and_again_rings_once() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = builder(&log, &world).idle(Duration::from_secs(100)).open().await.unwrap();
    start(&system, 1).await.unwrap();
    let address = system.address(execution(1));
    for second in 1..=50 {
        address.ask(Command::SleepUntil(BASE_MS + second * 1_000)).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(51)).await;
    assert_eq!(rang(&log, 1), 50);
}

#[tokio::test(start_paused = true)]
async fn timers_that_could_not_be_read_are_read_later() {
    let (memory, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&memory, &world).await;
    system.address(execution(1)).ask(Command::SleepUntil(BASE_MS + 30_000)).await.unwrap();
    eventually("it sleeps", || system.live() == 0).await;
    drop(system);
    let log = HeldLog::over(Arc::clone(&memory));
    log.failing_timers.store(3, Ordering::SeqCst);
    let system = open(&log, &world).await;
    eventually("it rings", || rang(&memory, 1) == 1).await;
    assert!(system.now_ms() < BASE_MS + 31_000);
}

#[tokio::test(start_paused = true)]
async fn timers_without_an_execution_that_waits_for_them_wake_nobody() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&log, &world).await;
    system.address(execution(1)).ask(Command::Close).await.unwrap();
    eventually("it leaves", || system.live() == 0).await;
    let stale = |nth, version| Batch::new(execution(nth), version).set_timer(BASE_MS + 100_000);
    log.append(stale(1, log.version(execution(1)).unwrap())).unwrap();
    log.append(stale(2, duramen_storage::Version::NONE).record(RecordKind(7), vec![1])).unwrap();
    let before = log.batches();
    tokio::time::sleep(Duration::from_secs(200)).await;
    assert_eq!((log.batches(), system.live()), (before, 0));
    assert!(summary_of(log.as_ref(), 1).status.is_closed());
}

#[tokio::test(start_paused = true)]
async fn a_paused_one_is_not_woken_and_rings_once_it_goes_on() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&log, &world).await;
    let address = system.address(execution(1));
    address.ask(Command::SleepUntil(BASE_MS + 60_000)).await.unwrap();
    address.ask(Command::Fault).await.unwrap();
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!(rang(&log, 1), 0);
    system.resume(execution(1)).await.unwrap();
    assert_eq!(rang(&log, 1), 1);
    join_all([address.ask(Command::SleepUntil(BASE_MS + HOUR_MS)), address.ask(Command::Get)]).await;
    nearly_an_hour().await;
    eventually("it rings again", || rang(&log, 1) == 2).await;
}
