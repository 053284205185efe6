//! Entities that have ended and still owe effects.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod diary;

use std::sync::Arc;
use std::time::Duration;

use diary::{Command, Seen, Witness, ask, begun, builder, diary, eventually, open, row, state};
use duramen_storage::{MemoryLog, Status};

#[tokio::test(start_paused = true)]
async fn one_that_has_ended_performs_what_it_owes_and_is_closed_behind_that() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::<Witness>::default());
    let system = builder(&log, &witness).idle(Duration::from_millis(100)).open().await.unwrap();
    diary::begin(&system, diary(), "mine").await;
    let address = system.address(diary());
    let (owe, end) = tokio::join!(address.ask(Command::Owe(5)), address.ask(Command::End));
    assert!(owe.is_ok() && end.unwrap().ended);
    eventually("it is performed", || witness.saw(&Seen::Performed(5))).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(system.is_live(diary()));
    let row_of = row(log.as_ref());
    assert_eq!((row_of.status, row_of.awake, row_of.closed_ms), (Status::Running, true, None));

    // What is owed may lead to more of it.
    ask(&system, Command::Owe(6)).await.unwrap();
    ask(&system, Command::Settle(5)).await.unwrap();
    assert_eq!(row(log.as_ref()).status, Status::Running);
    ask(&system, Command::Settle(6)).await.unwrap();
    assert_eq!(row(log.as_ref()).status, Status::Succeeded);
    assert!(witness.saw(&Seen::Performed(6)));
    eventually("it leaves", || system.live() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn one_that_has_ended_is_not_replayed_and_performs_what_it_owes_all_the_same() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::<Witness>::default());
    let system = begun(&log, &witness).await;
    ask(&system, Command::Write(1)).await.unwrap();
    ask(&system, Command::Owe(5)).await.unwrap();
    ask(&system, Command::End).await.unwrap();
    drop(system);
    witness.take(diary());

    let system = open(&log, &witness).await;
    eventually("it is performed", || witness.saw(&Seen::Performed(5))).await;
    assert_eq!(witness.take(diary()), [Seen::Animated, Seen::Performed(5)]);
    let found = state(&system).await;
    assert_eq!((found.words, found.read, found.ended), (1, 1, true));
    ask(&system, Command::Settle(5)).await.unwrap();
    assert_eq!(row(log.as_ref()).status, Status::Succeeded);
    assert!(row(log.as_ref()).closed_ms.is_some());
}

#[tokio::test(start_paused = true)]
async fn every_crash_on_the_way_to_the_end_leads_there() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::<Witness>::default());
    let system = begun(&log, &witness).await;
    for command in [Command::Owe(1), Command::Pause("tired"), Command::Write(1), Command::End, Command::Settle(1)] {
        ask(&system, command).await.unwrap();
    }
    drop(system);
    for batches in 1..=log.batches() {
        let (crashed, witness) = (Arc::new(log.prefix(batches)), Arc::<Witness>::default());
        let before = crashed.batches();
        let system = open(&crashed, &witness).await;
        let found = state(&system).await;
        assert_eq!(crashed.batches(), before, "nothing is owed to the log after {batches} batches");
        assert_eq!(witness.saw(&Seen::Performed(1)), found.owed.contains(&1), "after {batches} batches");
        for command in [Command::Settle(1), Command::Resume, Command::End] {
            ask(&system, command).await.unwrap();
        }
        assert_eq!(row(crashed.as_ref()).status, Status::Succeeded, "after {batches} batches");
    }
}
