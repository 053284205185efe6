//! Draining, dropping and closing: what ends in order, what is broken off, and that nothing is left behind.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod counter;

use std::sync::Arc;
use std::time::Duration;

use counter::{
    BASE_MS, Command, Counter, HeldLog, Mood, World, builder, count_of, eventually, execution, follow, open, quick,
    reopened, start, started,
};
use duramen_actors::{Error, System};
use duramen_storage::{Log, MemoryLog, SledLog};
use futures::future::join_all;

/// Lets tasks and threads that are about to end do so, without letting the time of tokio pass.
async fn until_free<L: Log>(log: &Arc<L>) {
    for _ in 0..1_000_000 {
        if Arc::strong_count(log) == 1 {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("{} others still hold the log", Arc::strong_count(log) - 1);
}

#[tokio::test(start_paused = true)]
async fn a_drain_lets_work_end_and_records_its_answers() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = Arc::new(open(&log, &world).await);
    for nth in 0..10 {
        start(&system, nth).await.unwrap();
        system.address(execution(nth)).ask(Command::Work(1)).await.unwrap();
    }
    let draining = tokio::spawn({
        let system = Arc::clone(&system);
        async move { system.drain(Duration::from_secs(60)).await }
    });
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert!(!draining.is_finished());
    world.end_works(10);
    assert_eq!(draining.await.unwrap(), 0);
    assert!(system.now_ms() < BASE_MS + 31_000);
    let again = reopened(&log, &world).await;
    for nth in 0..10 {
        assert_eq!(again.address(execution(nth)).ask(Command::Get).await.unwrap().worked, 1);
    }
    assert_eq!(world.performed().len(), 10, "no work was done twice");
}

#[tokio::test(start_paused = true)]
async fn a_drain_answers_who_was_waiting() {
    let log = HeldLog::over(Arc::new(MemoryLog::new()));
    let system = started(&log, &Arc::default()).await;
    log.hold();
    let first = follow(&system, 1, Command::Add(1));
    eventually("a batch is under way", || log.held() == 1).await;
    let second = follow(&system, 1, Command::Add(1));
    tokio::time::sleep(Duration::from_millis(1)).await;
    let release = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        log.stop_holding();
    };
    let (left, ()) = tokio::join!(system.drain(Duration::from_secs(10)), release);
    assert_eq!(left, 0);
    assert_eq!(first.await.unwrap().unwrap().total, 1);
    assert_eq!(second.await.unwrap().unwrap().total, 2);
}

#[tokio::test(start_paused = true)]
async fn after_the_deadline_a_drain_says_what_is_left_and_that_is_begun_again() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&log, &world).await;
    for work in 0..3 {
        system.address(execution(1)).ask(Command::Work(work)).await.unwrap();
    }
    world.end_works(1);
    eventually("the first has ended", || log.batches() == 5).await;
    let began = tokio::time::Instant::now();
    assert_eq!(system.drain(Duration::from_secs(7)).await, 2);
    assert_eq!(began.elapsed(), Duration::from_secs(7));
    assert_eq!(world.performed().len(), 3);
    let again = reopened(&log, &world).await;
    eventually("they are begun again", || world.performed().len() == 5).await;
    drop(again);
}

#[tokio::test(start_paused = true)]
async fn while_draining_nothing_is_taken_and_nothing_begins() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let held = HeldLog::over(Arc::clone(&log));
    let system = Arc::new(started(&held, &world).await);
    let address = system.address(execution(1));
    address.ask(Command::Work(1)).await.unwrap();
    held.hold();
    let late = follow(&system, 1, Command::Work(2));
    eventually("a batch is under way", || held.held() == 1).await;
    let draining = tokio::spawn({
        let system = Arc::clone(&system);
        async move { system.drain(Duration::from_secs(60)).await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(matches!(address.ask(Command::Get).await, Err(Error::ShuttingDown)));
    assert!(matches!(start(&system, 2).await, Err(Error::ShuttingDown)));
    assert!(matches!(system.resume(execution(1)).await, Err(Error::ShuttingDown)));
    held.stop_holding();
    late.await.unwrap().unwrap();
    world.end_works(1);
    assert_eq!(draining.await.unwrap(), 0);
    assert_eq!(world.performed(), [(1, 1)], "the second is recorded and owed, but not begun");
    assert!(matches!(address.ask(Command::Get).await, Err(Error::ShuttingDown)));

    world.end_works(1);
    let again = reopened(&log, &world).await;
    eventually("the second is begun", || world.performed().len() == 2).await;
    assert_eq!(again.address(execution(1)).ask(Command::Get).await.unwrap().name, "counter-1");
}

#[tokio::test(start_paused = true)]
async fn that_nothing_goes_on_is_told_once() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&log, &world).await;
    system.drain(Duration::from_secs(1)).await;
    system.drain(Duration::from_secs(1)).await;
    drop(system);
    assert_eq!(world.ends().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn dropping_a_system_loses_nothing_acknowledged_and_leaves_nobody_waiting() {
    let log = HeldLog::over(Arc::new(MemoryLog::new()));
    let world = Arc::new(World::default());
    let system = open(&log, &world).await;
    join_all((0..50).map(|nth| start(&system, nth))).await;
    join_all((0..50).map(|nth| follow(&system, nth, Command::Add(1)))).await;
    log.hold();
    let under_way: Vec<_> = (0..50).map(|nth| follow(&system, nth, Command::Add(1))).collect();
    eventually("all are under way", || log.held() == 50).await;
    let waiting: Vec<_> = (0..50).map(|nth| follow(&system, nth, Command::Add(1))).collect();
    tokio::time::sleep(Duration::from_millis(1)).await;
    drop(system);
    for asked in under_way {
        let answer = asked.await.unwrap();
        assert!(matches!(answer, Err(Error::Interrupted { .. })), "it may have been recorded: {answer:?}");
    }
    for asked in waiting {
        let answer = asked.await.unwrap();
        assert!(matches!(answer, Err(Error::ShuttingDown)), "it was not begun: {answer:?}");
    }
    let again = reopened(&log.inner, &world).await;
    for nth in 0..50 {
        assert_eq!(count_of(&again, nth).await, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_system_frees_the_log_before_any_time_passes() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = builder(&log, &world).restart(quick()).open().await.unwrap();
    join_all((0..100).map(|nth| start(&system, nth))).await;
    // One of them waits for its restart, the background waits for the next time to look.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(system.address(execution(1)).ask(Command::Panic).await.is_err());
    let waits = follow(&system, 1, Command::Get);
    tokio::task::yield_now().await;
    let before = system.now_ms();
    drop(system);
    assert!(matches!(waits.await.unwrap(), Err(Error::ShuttingDown)));
    until_free(&log).await;
    assert!(world.clock_ms() - before < 2);
}

#[tokio::test(start_paused = true)]
async fn a_system_dropped_right_after_opening_frees_the_log_too() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    drop(started(&log, &world).await);
    until_free(&log).await;
    for _ in 0..20 {
        drop(open(&log, &world).await);
        until_free(&log).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_who_asks_while_the_system_is_dropped_waits_for_ever() {
    for round in 0..20 {
        let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
        let system = open(&log, &world).await;
        let addresses: Vec<_> = (0..8).map(|nth| system.address(execution(nth))).collect();
        let askers = addresses.into_iter().map(|address| {
            tokio::spawn(async move {
                while !matches!(address.ask(Command::Add(1)).await, Err(Error::ShuttingDown)) {
                    tokio::task::yield_now().await;
                }
            })
        });
        let askers: Vec<_> = askers.collect();
        tokio::time::sleep(Duration::from_micros(round * 100)).await;
        drop(system);
        for asker in askers {
            tokio::time::timeout(Duration::from_secs(20), asker).await.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn a_folder_can_be_opened_again_as_soon_as_its_log_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let world = Arc::new(World::default());
    for nth in 0..3 {
        let log = Arc::new(SledLog::builder(folder.path()).open().unwrap());
        let behavior = Counter::<1, 0> { world: Arc::clone(&world) };
        let system = System::builder(Arc::clone(&log) as Arc<dyn Log>, behavior).open().await.unwrap();
        start(&system, nth).await.unwrap();
        system.address(execution(0)).ask(Command::Add(1)).await.unwrap();
        assert_eq!(count_of(&system, 0).await, nth + 1);
        drop(system);
        log.close().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_drain_does_not_wait_for_one_that_cannot_come_back_in_time() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&log, &world).await;
    world.set("advance", Mood::Panics(u32::MAX));
    follow(&system, 1, Command::Add(1)).await.unwrap().unwrap();
    let began = tokio::time::Instant::now();
    assert_eq!(system.drain(Duration::from_secs(5)).await, 0);
    assert!(began.elapsed() <= Duration::from_secs(5));
}
