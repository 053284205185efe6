//! What an entity that the engine has paused is still asked, and what becomes of that.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod diary;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use diary::{Command, Seen, Witness, ask, begun, diary, eventually, open, row, state};
use duramen_actors::{Error, decode_turn};
use duramen_storage::{Log, MemoryLog, Status, Version};
use futures::future::join_all;

/// Whether each record says that the entity advanced.
fn polled(log: &MemoryLog) -> Vec<bool> {
    let behavior = diary::Diary { witness: Arc::default() };
    let records = log.read(diary(), Version::NONE, usize::MAX).unwrap();
    let turn = |record: &duramen_storage::Record| decode_turn(&behavior, record.kind, &record.body).unwrap();
    records.iter().map(|record| turn(record).polled).collect()
}

#[tokio::test(start_paused = true)]
async fn what_a_paused_one_accepts_is_recorded_and_it_advances_from_it_when_it_is_resumed() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::<Witness>::default());
    let system = begun(&log, &witness).await;
    ask(&system, Command::Fault).await.unwrap();
    eventually("it leaves", || system.live() == 0).await;
    for word in 1..=3 {
        assert_eq!(ask(&system, Command::Scribble(word)).await.unwrap().words, word);
        eventually("it leaves", || system.live() == 0).await;
    }
    let address = system.address(diary());
    let together = join_all((4..=9).map(|word| address.ask(Command::Scribble(word)))).await;
    assert!(together.iter().all(Result::is_ok));
    let row_of = row(log.as_ref());
    assert_eq!((row_of.status, row_of.awake, row_of.note.as_deref()), (Status::Paused, false, Some("torn")));
    let had = polled(&log);
    assert!(had[0] && had.len() > 3 && had[1..].iter().all(|polled| !polled), "{had:?}");
    assert_eq!(state(&system).await.read, 0);
    witness.take(diary());

    system.resume(diary()).await.unwrap();
    let state = state(&system).await;
    assert_eq!((state.words, state.read, state.records), (9, 9, had.len() as u64 + 1));
    assert!(witness.saw(&Seen::Read((1..=9).collect(), had.len() as u64)), "in one turn that follows");
    assert_eq!(polled(&log).last(), Some(&true));
    assert_eq!(row(log.as_ref()).status, Status::Running);
}

#[tokio::test(start_paused = true)]
async fn the_missed_advance_is_made_up_for_after_opening_too() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::default());
    let system = begun(&log, &witness).await;
    ask(&system, Command::Fault).await.unwrap();
    for word in 1..=2 {
        ask(&system, Command::Scribble(word)).await.unwrap();
    }
    drop(system);
    let system = open(&log, &witness).await;
    eventually("it has read them", || witness.saw(&Seen::Read(vec![1, 2], 3))).await;
    assert_eq!(state(&system).await.read, 2);
}

#[tokio::test(start_paused = true)]
async fn a_paused_one_that_is_ended_is_paused_no_more_and_does_what_it_owes() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::<Witness>::default());
    let system = begun(&log, &witness).await;
    ask(&system, Command::Owe(1)).await.unwrap();
    ask(&system, Command::Fault).await.unwrap();
    eventually("it leaves", || system.live() == 0).await;
    assert_eq!(row(log.as_ref()).status, Status::Paused);
    witness.take(diary());

    ask(&system, Command::End).await.unwrap();
    let row_of = row(log.as_ref());
    assert_eq!((row_of.status, row_of.awake, row_of.note), (Status::Running, true, None), "it still owes something");
    eventually("it is performed", || witness.saw(&Seen::Performed(1))).await;
    ask(&system, Command::Settle(1)).await.unwrap();
    assert_eq!(row(log.as_ref()).status, Status::Succeeded);
    eventually("it leaves", || system.live() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_fault_in_the_turn_that_ends_it_pauses_nothing() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::<Witness>::default());
    let system = begun(&log, &witness).await;
    ask(&system, Command::Owe(1)).await.unwrap();
    let address = system.address(diary());
    let (end, fault) = tokio::join!(address.ask(Command::End), address.ask(Command::Fault));
    assert!(end.unwrap().ended && fault.is_ok());
    assert_eq!(row(log.as_ref()).status, Status::Running);
    ask(&system, Command::Settle(1)).await.unwrap();
    assert_eq!(row(log.as_ref()).status, Status::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn a_fault_is_recorded_with_what_was_marked_and_counted() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::<Witness>::default());
    let system = begun(&log, &witness).await;
    witness.faults.store(true, Ordering::SeqCst);
    ask(&system, Command::Mark(vec!["last"])).await.unwrap();
    assert_eq!(row(log.as_ref()).status, Status::Paused);
    assert_eq!(log.marked(diary(), "last").unwrap().unwrap().version, Version::new(2));
    assert_eq!(state(&system).await.records, 2);
}

#[tokio::test(start_paused = true)]
async fn who_insists_is_answered_when_the_pause_is_over_or_the_system_ends() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::<Witness>::default());
    let system = begun(&log, &witness).await;
    ask(&system, Command::Fault).await.unwrap();
    eventually("it leaves", || system.live() == 0).await;
    let insisting = || {
        let address = system.address(diary());
        tokio::spawn(async move { address.insist(|| Command::Write(1)).await })
    };
    let insists = insisting();
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(!insists.is_finished());
    witness.take(diary());
    system.resume(diary()).await.unwrap();
    assert_eq!(insists.await.unwrap().unwrap().words, 1);

    system.stop();
    assert!(matches!(insisting().await.unwrap(), Err(Error::ShuttingDown)));
}
