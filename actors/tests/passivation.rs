//! Entities that only wait leave memory, and no command is lost between leaving and coming back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod counter;

use std::sync::Arc;
use std::time::Duration;

use counter::{Command, World, builder, count_of, eventually, execution, open, start, summary_of};
use duramen_actors::Error;
use duramen_storage::{MemoryLog, Status};
use futures::future::join_all;

#[tokio::test(start_paused = true)]
async fn an_idle_entity_leaves_memory_and_comes_back_when_asked() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = builder(&log, &world).idle(Duration::from_secs(10)).open().await.unwrap();
    start(&system, 1).await.unwrap();
    let address = system.address(execution(1));
    address.ask(Command::Add(3)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(9)).await;
    assert!(system.is_live(execution(1)));
    eventually("it leaves", || !system.is_live(execution(1))).await;
    assert_eq!(world.departures(), [execution(1)]);
    let row = summary_of(log.as_ref(), 1);
    assert_eq!((row.status, row.awake), (Status::Running, false));
    assert_eq!(address.ask(Command::Add(4)).await.unwrap().total, 7);
    assert!(summary_of(log.as_ref(), 1).awake);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_asked_now_and_then_stays() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = builder(&log, &world).idle(Duration::from_secs(10)).open().await.unwrap();
    start(&system, 1).await.unwrap();
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert_eq!(count_of(&system, 1).await, 0);
    }
    assert_eq!(world.departures(), []);
}

#[tokio::test(start_paused = true)]
async fn one_that_owes_work_stays() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = builder(&log, &world).idle(Duration::from_secs(1)).max_live(1).open().await.unwrap();
    start(&system, 1).await.unwrap();
    system.address(execution(1)).ask(Command::Work(1)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert!(system.is_live(execution(1)));
    world.end_works(1);
    eventually("it leaves", || system.live() == 0).await;
    assert_eq!(world.performed(), [(1, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_closed_entity_leaves_at_once_and_is_not_brought_in_at_opening() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = open(&log, &world).await;
    start(&system, 1).await.unwrap();
    system.address(execution(1)).ask(Command::Close).await.unwrap();
    eventually("it leaves", || system.live() == 0).await;
    assert_eq!(summary_of(log.as_ref(), 1).closed_ms, Some(system.now_ms()));
    drop(system);
    let system = open(&log, &world).await;
    assert_eq!(system.live(), 0);
    assert!(system.address(execution(1)).ask(Command::Get).await.unwrap().closed);
}

#[tokio::test(start_paused = true)]
async fn those_asleep_are_left_asleep_at_opening() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = builder(&log, &world).idle(Duration::from_millis(100)).open().await.unwrap();
    for nth in 1..=3 {
        start(&system, nth).await.unwrap();
    }
    eventually("all leave", || system.live() == 0).await;
    start(&system, 4).await.unwrap();
    drop(system);
    let system = open(&log, &world).await;
    assert_eq!(system.live(), 1);
    assert!(system.is_live(execution(4)));
}

#[tokio::test(start_paused = true)]
async fn above_the_cap_the_idlest_leave_early() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = builder(&log, &world).idle(Duration::from_secs(3600)).max_live(10).open().await.unwrap();
    for nth in 1..=15 {
        start(&system, nth).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    eventually("the idlest leave", || system.live() == 10).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!((1..=5).all(|nth| !system.is_live(execution(nth))));
    assert!((6..=15).all(|nth| system.is_live(execution(nth))));
}

/// Adds to 1,000 counters of which 50 may be in memory, from 100 tasks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaving_and_coming_back_under_load_loses_no_command() {
    const COUNTERS: u64 = 1_000;
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = builder(&log, &world).idle(Duration::from_millis(40)).max_live(50).open().await.unwrap();
    let system = Arc::new(system);
    let tasks = (0..100).map(|task| {
        let system = Arc::clone(&system);
        tokio::spawn(async move {
            let mut nth = task;
            for round in 0..40 {
                nth = (nth + 37 * round + 1) % COUNTERS;
                loop {
                    let command = Command::Start(format!("counter-{nth}"));
                    match system.address(execution(nth)).ask(command).await {
                        Ok(_) => break,
                        Err(Error::Overloaded { .. }) => tokio::time::sleep(Duration::from_millis(1)).await,
                        Err(error) => panic!("{error}"),
                    }
                }
                loop {
                    match system.address(execution(nth)).ask(Command::Add(1)).await {
                        Ok(_) => break,
                        Err(Error::Overloaded { .. }) => tokio::time::sleep(Duration::from_millis(1)).await,
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
    assert!(!world.departures().is_empty(), "nobody left, so nothing was tested");
    drop(system);
    let again = builder(&Arc::new(log.reopen()), &world).open().await.unwrap();
    let mut sum = 0;
    for nth in 0..COUNTERS {
        sum += count_of(&again, nth).await;
    }
    assert_eq!(sum, 100 * 40);
}

/// One counter that leaves as often as it can while it is asked without a pause.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_meets_an_entity_on_its_way_out_is_handled() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = Arc::new(builder(&log, &world).idle(Duration::ZERO).max_live(1).open().await.unwrap());
    start(&system, 1).await.unwrap();
    let far = counter::BASE_MS * 2;
    // One that waits for a time that is far leaves after every turn.
    system.address(execution(1)).ask(Command::SleepUntil(far)).await.unwrap();
    let tasks = (0..4).map(|_| {
        let address = system.address(execution(1));
        tokio::spawn(async move {
            for _ in 0..250 {
                while let Err(error) = address.ask(Command::Add(1)).await {
                    assert!(matches!(error, Error::Overloaded { .. }), "{error}");
                }
            }
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
    assert_eq!(count_of(&system, 1).await, 1000);
    assert!(world.departures().len() > 10);
}
