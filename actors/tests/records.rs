//! What a behaviour knows of its records: it counts them, marks them, and is told when they are durable.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod counter;
mod diary;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use counter::HeldLog;
use diary::{Command, Seen, Witness, ask, begun, diary, eventually, open, row, state};
use duramen_actors::{Error, decode_turn};
use duramen_storage::{Error as LogError, Log, MemoryLog, Version};
use futures::future::join_all;

#[tokio::test(start_paused = true)]
async fn a_state_counts_its_records_alike_live_and_in_recovery() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::<Witness>::default());
    let system = begun(&log, &witness).await;
    let address = system.address(diary());
    for round in 0..20 {
        // Turns of several commands, of none that changes anything, and with a fault in between.
        join_all((0..round % 4).map(|word| address.ask(Command::Write(word)))).await;
        ask(&system, Command::Get).await.unwrap();
        if round % 7 == 3 {
            ask(&system, Command::Fault).await.unwrap();
            ask(&system, Command::Scribble(1)).await.unwrap();
            system.resume(diary()).await.unwrap();
        }
    }
    let live = state(&system).await;
    let records = log.read(diary(), Version::NONE, usize::MAX).unwrap();
    assert_eq!(live.records, records.len() as u64);
    let turn = |record: &duramen_storage::Record| decode_turn(system.behavior(), record.kind, &record.body).unwrap();
    let events: Vec<usize> = records.iter().map(|record| turn(record).events().count()).collect();
    assert_eq!(live.events, events);
    drop(address);
    drop(system);
    let system = open(&log, &witness).await;
    assert_eq!(state(&system).await, live);
}

#[tokio::test(start_paused = true)]
async fn the_record_of_a_turn_is_marked_under_the_names_of_its_events() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::default());
    let system = begun(&log, &witness).await;
    ask(&system, Command::Mark(vec!["a", "b", "a"])).await.unwrap();
    ask(&system, Command::Write(1)).await.unwrap();
    ask(&system, Command::Mark(vec!["a"])).await.unwrap();
    let marks = log.marks(diary()).unwrap();
    assert_eq!(marks, [("a".to_owned(), Version::new(4)), ("b".to_owned(), Version::new(2))]);
    let record = log.marked(diary(), "b").unwrap().unwrap();
    let turn = decode_turn(system.behavior(), record.kind, &record.body).unwrap();
    assert_eq!(turn.given.len(), 3);
    assert_eq!(row(log.as_ref()).revision, 4, "the row has the revision of the label");
}

#[tokio::test(start_paused = true)]
async fn a_turn_with_a_mark_that_is_too_long_is_refused() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::default());
    let system = begun(&log, &witness).await;
    let refused = ask(&system, Command::Mark(vec!["x".repeat(1025).leak()])).await;
    assert!(matches!(refused, Err(Error::Log(LogError::TooLarge { what: "mark", .. }))), "{refused:?}");
    assert_eq!(state(&system).await.words, 0);
}

#[tokio::test(start_paused = true)]
async fn a_behaviour_is_told_that_a_turn_is_durable_before_anybody_is_answered() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::<Witness>::default());
    let system = begun(&log, &witness).await;
    witness.panics.store(1, Ordering::SeqCst);
    let answer = ask(&system, Command::Write(1)).await;
    assert!(matches!(answer, Err(Error::Interrupted { .. })), "{answer:?}");
    assert_eq!(log.version(diary()).unwrap(), Version::new(2));
    assert_eq!(state(&system).await.words, 1);
}

#[tokio::test(start_paused = true)]
async fn a_behaviour_is_told_when_a_turn_is_durable_and_not_before() {
    let log = HeldLog::over(Arc::new(MemoryLog::new()));
    let witness = Arc::<Witness>::default();
    let system = begun(&log, &witness).await;
    assert!(witness.saw(&Seen::Recorded(1)));
    log.hold();
    let address = system.address(diary());
    let asked = tokio::spawn(async move { address.ask(Command::Owe(2)).await });
    eventually("a batch is under way", || log.held() == 1).await;
    assert!(!witness.saw(&Seen::Recorded(2)));
    log.stop_holding();
    asked.await.unwrap().unwrap();
    let seen = witness.take(diary());
    let place = |what: &Seen| seen.iter().position(|had| had == what).unwrap();
    assert!(place(&Seen::Recorded(2)) < place(&Seen::Performed(2)));

    state(&system).await;
    assert!(!witness.take(diary()).iter().any(|seen| matches!(seen, Seen::Recorded(_))), "nothing was written");
}
