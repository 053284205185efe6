//! What is not let in is refused at once, and nothing of it is done.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod counter;

use std::sync::Arc;

use counter::{Command, HeldLog, World, builder, count_of, eventually, execution, follow, start};
use duramen_actors::Error;
use duramen_storage::MemoryLog;

fn is_overloaded<T: std::fmt::Debug>(answer: &Result<T, Error>, of: usize) -> bool {
    matches!(answer, Err(Error::Overloaded { limit, .. }) if *limit == of)
}

#[tokio::test(start_paused = true)]
async fn more_unanswered_commands_than_allowed_are_refused() {
    let log = HeldLog::over(Arc::new(MemoryLog::new()));
    let system = builder(&log, &Arc::default()).max_commands(10).open().await.unwrap();
    start(&system, 1).await.unwrap();
    log.hold();
    let asked: Vec<_> = (0..10).map(|_| follow(&system, 1, Command::Add(1))).collect();
    eventually("a batch is under way", || log.held() == 1).await;
    let refused = system.address(execution(1)).ask(Command::Add(1)).await;
    assert!(is_overloaded(&refused, 10), "{refused:?}");
    log.stop_holding();
    for asked in asked {
        asked.await.unwrap().unwrap();
    }
    assert_eq!(count_of(&system, 1).await, 10, "there is room again once they are answered");
}

#[tokio::test(start_paused = true)]
async fn an_asker_who_goes_away_keeps_its_place_until_the_command_is_handled() {
    let log = HeldLog::over(Arc::new(MemoryLog::new()));
    let system = builder(&log, &Arc::default()).max_commands(1).open().await.unwrap();
    start(&system, 1).await.unwrap();
    log.hold();
    let asked = follow(&system, 1, Command::Add(1));
    eventually("a batch is under way", || log.held() == 1).await;
    asked.abort();
    assert!(asked.await.unwrap_err().is_cancelled());
    assert!(is_overloaded(&system.address(execution(1)).ask(Command::Get).await, 1));
    log.stop_holding();
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    assert_eq!(count_of(&system, 1).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_full_inbox_refuses_commands_but_no_answers_of_effects() {
    let log = HeldLog::over(Arc::new(MemoryLog::new()));
    let world = Arc::new(World::default());
    let system = builder(&log, &world).max_inbox(5).open().await.unwrap();
    start(&system, 1).await.unwrap();
    system.address(execution(1)).ask(Command::Work(1)).await.unwrap();
    log.hold();
    let first = follow(&system, 1, Command::Add(1));
    eventually("a batch is under way", || log.held() == 1).await;
    let waiting: Vec<_> = (0..5).map(|_| follow(&system, 1, Command::Add(1))).collect();
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    let refused = system.address(execution(1)).ask(Command::Add(1)).await;
    assert!(is_overloaded(&refused, 5), "{refused:?}");
    world.end_works(1);
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    log.stop_holding();
    first.await.unwrap().unwrap();
    for waiting in waiting {
        waiting.await.unwrap().unwrap();
    }
    let state = system.address(execution(1)).ask(Command::Get).await.unwrap();
    assert_eq!((state.total, state.worked), (6, 1));
}

#[tokio::test(start_paused = true)]
async fn with_twice_the_cap_in_memory_no_further_entity_is_let_in() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = builder(&log, &world).max_live(2).open().await.unwrap();
    for nth in 1..=4 {
        start(&system, nth).await.unwrap();
        // One that owes work cannot leave.
        system.address(execution(nth)).ask(Command::Work(1)).await.unwrap();
    }
    let refused = start(&system, 5).await;
    assert!(is_overloaded(&refused, 4), "{refused:?}");
    assert_eq!(count_of(&system, 4).await, 0, "those in memory are asked as ever");
    world.end_works(4);
    eventually("idle ones leave", || system.live() <= 2).await;
    start(&system, 5).await.unwrap();
}
