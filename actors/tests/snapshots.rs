//! Snapshots of behaviours that replay: when they are taken, and which records are read beside them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod counter;
mod diary;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use counter::HeldLog;
use diary::{Command, Diary, Seen, Witness, ask, begun, diary, eventually, open, state};
use duramen_actors::System;
use duramen_storage::{Log, MemoryLog, Version};

fn every(witness: &Witness, turns: u64) {
    witness.snapshot_every.store(turns, Ordering::SeqCst);
}

fn snapshot_at(log: &MemoryLog) -> Option<u64> {
    log.snapshot(diary()).unwrap().map(|snapshot| snapshot.version.get())
}

/// Twelve records, of which the words of 3, 4 and 7 are pinned, and one snapshot, of the tenth. A word is the version of
/// its record.
async fn twelve_records(log: &Arc<MemoryLog>, witness: &Arc<Witness>) {
    let system: System<Diary> = begun(log, witness).await;
    for version in 2..=12 {
        every(witness, if version == 10 { 10 } else { 0 });
        let pinned = matches!(version, 3 | 4 | 7);
        let command = if pinned { Command::Pin(version) } else { Command::Write(version) };
        ask(&system, command).await.unwrap();
    }
    assert_eq!((log.version(diary()).unwrap(), snapshot_at(log)), (Version::new(12), Some(10)));
}

#[tokio::test(start_paused = true)]
async fn only_what_is_asked_for_and_what_came_later_is_read_and_replayed() {
    let (memory, witness) = (Arc::new(MemoryLog::new()), Arc::<Witness>::default());
    twelve_records(&memory, &witness).await;
    witness.take(diary());
    let log = HeldLog::over(Arc::clone(&memory));
    let system = open(&log, &witness).await;
    let found = state(&system).await;
    assert_eq!(*log.read.lock().unwrap(), [3, 4, 7, 11, 12]);
    let replayed = [3, 4, 7, 11, 12].map(|word| Seen::Replayed(vec![word]));
    let expected = [Seen::Animated, Seen::Foreseen(vec![3, 4, 7, 11, 12])].into_iter().chain(replayed);
    assert_eq!(witness.take(diary()), expected.collect::<Vec<_>>());
    assert_eq!((found.words, found.read, found.records, found.pinned), (11, 11, 12, vec![3, 4, 7]));
}

#[tokio::test(start_paused = true)]
async fn a_state_from_a_snapshot_is_the_same_as_one_from_all_records() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::<Witness>::default());
    twelve_records(&log, &witness).await;
    let system = open(&log, &witness).await;
    let from_snapshot = state(&system).await;
    drop(system);
    witness.take(diary());

    let held = HeldLog::over(Arc::clone(&log));
    held.damaged_snapshots.store(true, Ordering::SeqCst);
    let system = open(&held, &witness).await;
    assert_eq!(state(&system).await, from_snapshot);
    assert_eq!(*held.read.lock().unwrap(), (1..=12).collect::<Vec<_>>());
    assert_eq!(witness.take(diary())[1], Seen::Foreseen((2..=12).collect()));
}

#[tokio::test(start_paused = true)]
async fn an_asked_for_record_that_is_gone_is_no_reason_to_go_on_without_it() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::<Witness>::default());
    twelve_records(&log, &witness).await;
    // The snapshot of another execution's state asks for records that this one does not have.
    let other = Arc::new(MemoryLog::new());
    let system = begun(&other, &witness).await;
    ask(&system, Command::Write(2)).await.unwrap();
    drop(system);
    let snapshot = log.snapshot(diary()).unwrap().unwrap();
    other.append(duramen_storage::Batch::new(diary(), Version::new(2)).snapshot(snapshot)).unwrap();
    witness.take(diary());
    let system = diary::builder(&other, &witness)
        .restart(duramen_actors::Restart::default().intensity(0, std::time::Duration::from_secs(60)))
        .open()
        .await
        .unwrap();
    eventually("it is paused", || diary::row(other.as_ref()).status == duramen_storage::Status::Paused).await;
    let note = diary::row(other.as_ref()).note.unwrap();
    assert!(note.contains("version 3") && note.contains("missing"), "{note}");
    assert_eq!(witness.take(diary()), []);
    drop(system);
}

#[tokio::test(start_paused = true)]
async fn a_behaviour_says_when_a_snapshot_is_due_by_its_state_and_the_turns_since() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::<Witness>::default());
    let system = begun(&log, &witness).await;
    every(&witness, 4);
    let mut taken = Vec::new();
    for version in 2..=13 {
        ask(&system, Command::Write(version)).await.unwrap();
        taken.push(snapshot_at(&log).unwrap_or(0));
    }
    assert_eq!(taken, [0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12]);
    drop(system);
    // Turns of earlier stays count.
    let system = open(&log, &witness).await;
    ask(&system, Command::Write(14)).await.unwrap();
    ask(&system, Command::Write(15)).await.unwrap();
    assert_eq!(snapshot_at(&log), Some(12));
    ask(&system, Command::Write(16)).await.unwrap();
    assert_eq!(snapshot_at(&log), Some(16));
}

#[tokio::test(start_paused = true)]
async fn when_there_is_none_to_be_had_it_is_asked_for_again_after_as_many_turns() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::<Witness>::default());
    let system = begun(&log, &witness).await;
    every(&witness, 4);
    witness.no_snapshots.store(true, Ordering::SeqCst);
    for version in 2..=11 {
        ask(&system, Command::Write(version)).await.unwrap();
    }
    assert_eq!((snapshot_at(&log), witness.asked_for_snapshot.load(Ordering::SeqCst)), (None, 2));
    witness.no_snapshots.store(false, Ordering::SeqCst);
    ask(&system, Command::Write(12)).await.unwrap();
    assert_eq!(snapshot_at(&log), Some(12));
}

#[tokio::test(start_paused = true)]
async fn none_is_taken_of_a_turn_after_which_the_behaviour_has_not_advanced() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::<Witness>::default());
    let system = begun(&log, &witness).await;
    ask(&system, Command::Fault).await.unwrap();
    every(&witness, 1);
    ask(&system, Command::Scribble(2)).await.unwrap();
    assert_eq!(snapshot_at(&log), None);
    system.resume(diary()).await.unwrap();
    eventually("the advance is made up for", || snapshot_at(&log) == Some(3)).await;
    assert_eq!(state(&system).await.read, 1);
}
