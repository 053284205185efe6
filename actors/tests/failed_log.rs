//! A log that fails, refuses, or is written by somebody else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod counter;

use std::sync::Arc;
use std::time::Duration;

use counter::{
    Command, Event, HeldLog, Mood, World, builder, count_of, eventually, execution, follow, open, reopened, start,
    started, summary_of,
};
use duramen_actors::{Error, Turn, encode_turn};
use duramen_storage::{Batch, Error as LogError, Log, MemoryLog, RecordKind, Status};
use futures::future::join_all;

fn is_poisoned<T: std::fmt::Debug>(answer: &Result<T, Error>) -> bool {
    matches!(answer, Err(Error::Log(LogError::Poisoned { .. })))
}

#[tokio::test(start_paused = true)]
async fn a_failed_sync_acknowledges_nobody_and_everything_acknowledged_is_there_after_reopening() {
    let log = Arc::new(MemoryLog::builder().fail_after(150).build());
    let world = Arc::new(World::default());
    let system = open(&log, &world).await;
    join_all((0..100).map(|nth| start(&system, nth))).await;
    let answers = join_all((0..100).map(|nth| follow(&system, nth, Command::Add(1)))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 50);
    assert!(answers.iter().filter(|answer| answer.is_err()).all(is_poisoned));

    assert!(system.failure().is_some());
    for nth in 0..100 {
        let later = system.address(execution(nth)).ask(Command::Get).await;
        assert!(is_poisoned(&later), "{later:?}");
    }
    assert!(is_poisoned(&system.resume(execution(1)).await));
    assert_eq!(world.ends().len(), 1);
    drop(system);
    assert_eq!(world.ends().len(), 1, "that nothing goes on is told once");

    let again = reopened(&log, &world).await;
    for (nth, answer) in (0..).zip(answers) {
        assert_eq!(count_of(&again, nth).await, u64::from(answer.is_ok()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_acknowledgement_is_there_after_reopening() {
    let log = Arc::new(MemoryLog::builder().lose_ack_after(2).build());
    let world = Arc::new(World::default());
    let system = started(&log, &world).await;
    let address = system.address(execution(1));
    address.ask(Command::Add(1)).await.unwrap();
    assert!(is_poisoned(&address.ask(Command::Add(10)).await));
    assert!(is_poisoned(&address.ask(Command::Get).await));
    drop(system);
    let again = reopened(&log, &world).await;
    assert_eq!(count_of(&again, 1).await, 11);
}

#[tokio::test(start_paused = true)]
async fn no_entity_restarts_onto_a_log_that_has_failed() {
    let log = Arc::new(MemoryLog::builder().fail_after(2).build());
    let system = started(&log, &Arc::default()).await;
    start(&system, 2).await.unwrap();
    // The first one fails and is about to restart when the log fails under the second.
    assert!(matches!(system.address(execution(1)).ask(Command::Panic).await, Err(Error::Interrupted { .. })));
    let waits = follow(&system, 1, Command::Get);
    tokio::task::yield_now().await;
    assert!(is_poisoned(&system.address(execution(2)).ask(Command::Add(1)).await));
    assert!(is_poisoned(&waits.await.unwrap()));
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(!system.is_live(execution(1)));
}

#[tokio::test(start_paused = true)]
async fn no_effect_begins_once_the_log_has_failed() {
    let log = HeldLog::over(Arc::new(MemoryLog::new()));
    let world = Arc::new(World::default());
    let system = started(&log, &world).await;
    start(&system, 2).await.unwrap();
    log.hold();
    let durable = follow(&system, 1, Command::Work(1));
    eventually("a batch is under way", || log.held() == 1).await;
    log.close().unwrap();
    let refused = follow(&system, 2, Command::Add(1));
    eventually("both are under way", || log.held() == 2).await;
    log.release_last();
    assert!(refused.await.unwrap().is_err());
    log.stop_holding();
    assert!(durable.await.unwrap().is_ok());
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(world.performed(), [], "its answer could not be recorded");
}

#[tokio::test(start_paused = true)]
async fn one_that_was_overtaken_by_another_writer_comes_back_with_what_that_wrote() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&log, &world).await;
    let address = system.address(execution(1));
    address.ask(Command::Add(1)).await.unwrap();

    let turn = Turn { at_ms: counter::BASE_MS, given: vec![Event::Added { amount: 100 }], asked: vec![], polled: true };
    let version = log.version(execution(1)).unwrap();
    let other = Batch::new(execution(1), version).record(RecordKind(101), encode_turn(&turn).unwrap());
    log.append(other).unwrap();

    let refused = address.ask(Command::Add(10)).await;
    assert!(matches!(refused, Err(Error::Log(LogError::Conflict { .. }))), "{refused:?}");
    assert_eq!(address.ask(Command::Add(1)).await.unwrap().total, 102);
    assert_eq!(summary_of(log.as_ref(), 1).status, Status::Running);
}

#[tokio::test(start_paused = true)]
async fn a_start_under_an_id_that_is_taken_is_refused_and_the_first_goes_on() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    drop(started(&log, &world).await);
    let system = builder(&log, &world).idle(Duration::from_millis(100)).open().await.unwrap();
    eventually("it sleeps", || system.live() == 0).await;
    let refused = system.start(execution(1), Command::Start("another".to_owned())).await;
    assert!(matches!(refused, Err(Error::Log(LogError::Conflict { .. }))), "{refused:?}");
    assert_eq!(system.address(execution(1)).ask(Command::Get).await.unwrap().name, "counter-1");
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_too_large_is_refused_and_the_entity_goes_on() {
    let log = Arc::new(MemoryLog::builder().max_record_bytes(40).build());
    let system = started(&log, &Arc::default()).await;
    let answers = join_all((0..100).map(|_| follow(&system, 1, Command::Add(1)))).await;
    for answer in answers {
        let answer = answer.unwrap();
        assert!(matches!(answer, Err(Error::Log(LogError::TooLarge { .. }))), "{answer:?}");
    }
    assert_eq!(system.address(execution(1)).ask(Command::Add(1)).await.unwrap().total, 1);
}

#[tokio::test(start_paused = true)]
async fn a_quarantine_that_the_log_cannot_record_says_so() {
    let log = Arc::new(MemoryLog::builder().fail_after(2).build());
    let world = Arc::new(World::default());
    let system = started(&log, &world).await;
    world.set("advance", Mood::Panics(u32::MAX));
    let address = system.address(execution(1));
    address.ask(Command::Add(1)).await.unwrap();
    eventually("the log has failed", || system.failure().is_some()).await;
    assert!(is_poisoned(&address.ask(Command::Get).await));
    eventually("it leaves", || system.live() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_damaged_summary_keeps_nobody_else_from_coming_back() {
    let (memory, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&memory, &world).await;
    for nth in 2..=5 {
        start(&system, nth).await.unwrap();
    }
    drop(system);
    for damaged in 1..=5 {
        let log = HeldLog::over(Arc::clone(&memory));
        *log.damaged_row.lock().unwrap() = Some(execution(damaged));
        let system = open(&log, &world).await;
        assert_eq!(system.live(), 4);
    }
}
