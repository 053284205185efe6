//! Counters from end to end: what is asked is counted, once, and answered when it is durable.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod counter;

use std::sync::Arc;
use std::time::Duration;

use counter::{
    Command, Counter, HeldLog, World, count_of, eventually, execution, follow, open, reopened, start, started,
};
use duramen_actors::{Error, System};
use duramen_storage::{Error as LogError, MemoryLog};
use futures::future::join_all;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn adds_from_many_tasks_are_all_counted_and_still_there_after_reopening() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = Arc::new(started(&log, &world).await);
    let tasks = (0..50).map(|_| {
        let address = system.address(execution(1));
        tokio::spawn(async move {
            for _ in 0..20 {
                address.ask(Command::Add(1)).await.unwrap();
            }
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
    assert_eq!(count_of(&system, 1).await, 1000);
    drop(system);
    let again = reopened(&log, &world).await;
    assert_eq!(count_of(&again, 1).await, 1000);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_answered_before_it_is_durable() {
    let log = HeldLog::over(Arc::new(MemoryLog::new()));
    let system = started(&log, &Arc::default()).await;
    log.hold();
    let asked = follow(&system, 1, Command::Add(5));
    eventually("a batch is under way", || log.held() == 1).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(!asked.is_finished());
    log.stop_holding();
    assert_eq!(asked.await.unwrap().unwrap().total, 5);
}

#[tokio::test(start_paused = true)]
async fn what_is_only_read_is_answered_after_what_it_shows_is_durable() {
    let log = HeldLog::over(Arc::new(MemoryLog::new()));
    let system = started(&log, &Arc::default()).await;
    log.hold();
    let _add = follow(&system, 1, Command::Add(5));
    eventually("a batch is under way", || log.held() == 1).await;
    let read = follow(&system, 1, Command::Get);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(!read.is_finished());
    log.stop_holding();
    assert_eq!(read.await.unwrap().unwrap().total, 5);
}

#[tokio::test(start_paused = true)]
async fn commands_that_arrive_while_a_batch_is_under_way_become_one_turn() {
    let log = HeldLog::over(Arc::new(MemoryLog::new()));
    let system = started(&log, &Arc::default()).await;
    let before = log.submitted();
    log.hold();
    let first = follow(&system, 1, Command::Add(1));
    eventually("a batch is under way", || log.held() == 1).await;
    let others: Vec<_> = (0..1000).map(|_| follow(&system, 1, Command::Add(1))).collect();
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(log.submitted() - before, 1);
    log.stop_holding();
    first.await.unwrap().unwrap();
    for other in others {
        other.await.unwrap().unwrap();
    }
    assert_eq!(log.submitted() - before, 2);
    assert_eq!(count_of(&system, 1).await, 1001);
}

#[tokio::test]
async fn a_slow_sync_makes_no_difference_to_what_is_counted() {
    let log = Arc::new(MemoryLog::builder().slow_sync(Duration::from_millis(1)).build());
    let system = started(&log, &Arc::default()).await;
    let address = system.address(execution(1));
    let answers = join_all((0..300).map(|_| address.ask(Command::Add(1)))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert!(log.batches() < 50, "300 commands took {} batches", log.batches());
    assert_eq!(count_of(&system, 1).await, 300);
}

#[tokio::test(start_paused = true)]
async fn what_changes_nothing_writes_nothing() {
    let log = Arc::new(MemoryLog::new());
    let system = started(&log, &Arc::default()).await;
    let before = log.batches();
    for _ in 0..10 {
        count_of(&system, 1).await;
    }
    assert_eq!(log.batches(), before);
}

#[tokio::test(start_paused = true)]
async fn a_name_is_held_by_at_most_one() {
    let log = Arc::new(MemoryLog::new());
    let system = started(&log, &Arc::default()).await;
    let second = system.start(execution(2), Command::Start("counter-1".to_owned())).await;
    let Err(Error::Log(LogError::NameTaken { holder, .. })) = second else { panic!("{second:?}") };
    assert_eq!(holder, execution(1));
    eventually("the second leaves", || !system.is_live(execution(2))).await;
    assert!(start(&system, 2).await.is_ok(), "the id is free for another name");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_starts_with_one_name_at_once_one_wins() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = open(&log, &world).await;
    let begin = |nth| system.start(execution(nth), Command::Start("the one".to_owned()));
    let answers = join_all((1..=20).map(begin)).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_known_anywhere_answers_from_the_state_before_any_event() {
    let log = Arc::new(MemoryLog::new());
    let system: System<Counter> = open(&log, &Arc::default()).await;
    assert_eq!(count_of(&system, 7).await, 0);
    eventually("it leaves", || system.live() == 0).await;
    assert_eq!(log.batches(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_only_read_without_end_lets_others_have_their_turn() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = Arc::new(started(&log, &world).await);
    let readers: Vec<_> = (0..64)
        .map(|_| {
            let address = system.address(execution(1));
            tokio::spawn(async move { while address.ask(Command::Get).await.is_ok() {} })
        })
        .collect();
    for nth in 2..50 {
        start(&system, nth).await.unwrap();
    }
    for reader in readers {
        reader.abort();
    }
}
