//! Entities that pause themselves: listed as paused, and asked as ever.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod diary;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use diary::{BASE_MS, Command, Seen, Witness, ask, begun, builder, diary, eventually, open, row, state};
use duramen_actors::{Error, System};
use duramen_storage::{Log, MemoryLog, Query, Status};

async fn paused(log: &Arc<MemoryLog>, witness: &Arc<Witness>) -> System<diary::Diary> {
    let system = begun(log, witness).await;
    ask(&system, Command::Pause("tired")).await.unwrap();
    system
}

/// The status, whether it is awake, and the note.
fn listed(log: &impl Log) -> (Status, bool, Option<String>) {
    let row = row(log);
    (row.status, row.awake, row.note)
}

fn as_paused(awake: bool, note: &str) -> (Status, bool, Option<String>) {
    (Status::Paused, awake, Some(note.to_owned()))
}

#[tokio::test(start_paused = true)]
async fn one_that_pauses_itself_is_listed_with_its_note_and_takes_commands_as_ever() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::default());
    let system = paused(&log, &witness).await;
    assert_eq!(listed(log.as_ref()), as_paused(true, "tired"));
    assert_eq!(log.list(&Query::new().status(Status::Paused)).unwrap().rows.len(), 1);
    ask(&system, Command::Write(7)).await.unwrap();
    assert_eq!((state(&system).await.words, state(&system).await.read), (1, 0), "what to leave is for the behaviour");
    assert!(!witness.saw(&Seen::Read(vec![7], 2)));

    ask(&system, Command::Resume).await.unwrap();
    assert_eq!(listed(log.as_ref()), (Status::Running, true, None));
    assert_eq!(state(&system).await.read, 1);
}

#[tokio::test(start_paused = true)]
async fn another_note_is_filed_and_the_same_one_is_not() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::default());
    let system = paused(&log, &witness).await;
    ask(&system, Command::Pause("very tired")).await.unwrap();
    assert_eq!(listed(log.as_ref()), as_paused(true, "very tired"));
    let long = "ä".repeat(3_000).leak();
    ask(&system, Command::Pause(long)).await.unwrap();
    assert_eq!(listed(log.as_ref()), as_paused(true, &long[..2048]));
    drop(system);

    let before = log.batches();
    let system = open(&log, &witness).await;
    state(&system).await;
    assert_eq!(log.batches(), before, "a note is the same as what was kept of it");
}

#[tokio::test(start_paused = true)]
async fn a_pause_of_its_own_outlasts_opening_and_being_told_to_go_on() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::default());
    drop(paused(&log, &witness).await);
    let before = log.batches();
    let system = open(&log, &witness).await;
    assert!(system.is_live(diary()), "it was awake");
    system.resume(diary()).await.unwrap();
    assert_eq!(state(&system).await.paused.as_deref(), Some("tired"));
    assert_eq!((listed(log.as_ref()), log.batches()), (as_paused(true, "tired"), before));
    ask(&system, Command::Resume).await.unwrap();
    assert_eq!(listed(log.as_ref()), (Status::Running, true, None));
}

#[tokio::test(start_paused = true)]
async fn one_that_pauses_itself_leaves_memory_when_idle_and_comes_back_when_asked() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::default());
    let system = builder(&log, &witness).idle(Duration::from_secs(10)).open().await.unwrap();
    diary::begin(&system, diary(), "mine").await;
    ask(&system, Command::Pause("tired")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(9)).await;
    assert!(system.is_live(diary()));
    eventually("it leaves", || !system.is_live(diary())).await;
    assert_eq!(listed(log.as_ref()), as_paused(false, "tired"));

    let before = log.batches();
    assert_eq!(state(&system).await.paused.as_deref(), Some("tired"));
    eventually("it leaves again", || !system.is_live(diary())).await;
    assert_eq!(log.batches(), before, "a look changes nothing");
    assert_eq!(ask(&system, Command::Write(1)).await.unwrap().words, 1);
    assert_eq!(listed(log.as_ref()), as_paused(true, "tired"));
}

#[tokio::test(start_paused = true)]
async fn one_that_has_left_paused_loses_nothing_and_writes_nothing_at_opening() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::default());
    let system = builder(&log, &witness).idle(Duration::from_millis(100)).open().await.unwrap();
    diary::begin(&system, diary(), "mine").await;
    ask(&system, Command::Pause("tired")).await.unwrap();
    eventually("it leaves", || system.live() == 0).await;
    drop(system);

    let before = log.batches();
    let system = open(&log, &witness).await;
    eventually("it has left again", || system.live() == 0).await;
    assert_eq!((listed(log.as_ref()), log.batches()), (as_paused(false, "tired"), before));
    ask(&system, Command::Resume).await.unwrap();
    assert_eq!(listed(log.as_ref()), (Status::Running, true, None));
}

#[tokio::test(start_paused = true)]
async fn one_that_owes_effects_stays_in_memory_although_it_is_paused() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::default());
    let system = builder(&log, &witness).idle(Duration::from_millis(100)).open().await.unwrap();
    diary::begin(&system, diary(), "mine").await;
    ask(&system, Command::Owe(3)).await.unwrap();
    ask(&system, Command::Pause("tired")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert!(system.is_live(diary()));
    drop(system);
    witness.take(diary());

    let system = open(&log, &witness).await;
    eventually("it is performed again", || witness.saw(&Seen::Performed(3))).await;
    ask(&system, Command::Settle(3)).await.unwrap();
    assert_eq!(listed(log.as_ref()), as_paused(true, "tired"));
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_paused_one_comes_while_it_is_in_memory_and_not_once_it_has_left() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::<Witness>::default());
    let system = builder(&log, &witness).idle(Duration::from_secs(10)).open().await.unwrap();
    diary::begin(&system, diary(), "mine").await;
    ask(&system, Command::Wake(BASE_MS + 5_000)).await.unwrap();
    ask(&system, Command::Pause("tired")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(state(&system).await.due_ms, None);

    ask(&system, Command::Wake(BASE_MS + 60_000)).await.unwrap();
    eventually("it leaves at once", || system.live() == 0).await;
    assert_eq!(log.timers(None, u64::MAX, 10).unwrap(), []);
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!(system.live(), 0);
    ask(&system, Command::Resume).await.unwrap();
    assert_eq!(state(&system).await.due_ms, None, "it is due when it is in memory again");
}

#[tokio::test(start_paused = true)]
async fn a_fault_of_one_that_has_paused_itself_is_its_note_until_it_comes_in_again() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::default());
    let system = paused(&log, &witness).await;
    ask(&system, Command::Fault).await.unwrap();
    assert_eq!(listed(log.as_ref()), as_paused(false, "torn"));
    eventually("it leaves", || system.live() == 0).await;

    let after = ask(&system, Command::Write(1)).await.unwrap();
    assert_eq!((after.words, after.paused.as_deref()), (1, Some("tired")));
    assert_eq!(listed(log.as_ref()), as_paused(true, "tired"));
}

#[tokio::test(start_paused = true)]
async fn one_that_has_paused_itself_and_cannot_be_brought_back_is_paused_by_the_engine_meanwhile() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::<Witness>::default());
    drop(paused(&log, &witness).await);
    witness.faults.store(true, Ordering::SeqCst);
    let system = open(&log, &witness).await;
    eventually("it is paused", || listed(log.as_ref()) == as_paused(false, "illegible")).await;
    let before = log.batches();
    let answer = ask(&system, Command::Write(1)).await;
    assert!(matches!(&answer, Err(Error::Paused { reason, .. }) if reason == "illegible"), "{answer:?}");
    eventually("it leaves", || system.live() == 0).await;
    assert_eq!(log.batches(), before, "that it still is need not be said again");

    witness.faults.store(false, Ordering::SeqCst);
    system.resume(diary()).await.unwrap();
    assert_eq!(listed(log.as_ref()), as_paused(true, "tired"));
    assert_eq!(ask(&system, Command::Write(1)).await.unwrap().words, 1);
}

#[tokio::test(start_paused = true)]
async fn a_fault_with_the_words_of_its_note_lets_it_leave_like_any_other() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::<Witness>::default());
    let system = begun(&log, &witness).await;
    ask(&system, Command::Pause("illegible")).await.unwrap();
    drop(system);
    witness.faults.store(true, Ordering::SeqCst);
    let system = open(&log, &witness).await;
    eventually("it leaves", || system.live() == 0).await;
    assert_eq!(listed(log.as_ref()), as_paused(false, "illegible"));
}

#[tokio::test(start_paused = true)]
async fn one_that_has_paused_itself_may_end() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::default());
    let system = paused(&log, &witness).await;
    ask(&system, Command::End).await.unwrap();
    assert_eq!(listed(log.as_ref()), (Status::Succeeded, false, None));
    eventually("it leaves", || system.live() == 0).await;
}
