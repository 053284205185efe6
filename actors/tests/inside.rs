//! What entities say to one another from inside their effects.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod counter;
mod diary;

use std::sync::Arc;
use std::time::Duration;

use counter::HeldLog;
use diary::{BASE_MS, Command, Diary, Witness, begin, begun, builder, diary, eventually, open};
use duramen_actors::{Address, Error, System};
use duramen_storage::{Error as LogError, ExecutionId, Log, MemoryLog, Version};

fn other() -> ExecutionId {
    ExecutionId::new(BASE_MS, [5; 10])
}

/// A system with one diary that lets nothing more in from outside.
async fn full(log: &Arc<impl Log>, witness: &Arc<Witness>) -> System<Diary> {
    drop(begun(log, witness).await);
    builder(log, witness).max_commands(0).max_live(1).max_inbox(1).open().await.unwrap()
}

fn is_overloaded<T>(answer: &Result<T, Error>) -> bool {
    matches!(answer, Err(Error::Overloaded { .. }))
}

#[tokio::test(start_paused = true)]
async fn who_asks_from_inside_is_admitted_whatever_the_limits() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::default());
    let system = full(&log, &witness).await;
    let me = system.address(diary());
    assert!(is_overloaded(&me.ask(Command::Get).await));
    assert_eq!(me.ask_from_inside(Command::Write(1)).await.unwrap().words, 1);
    assert_eq!(log.version(diary()).unwrap(), Version::new(2), "it is durable when it is answered");
    for nth in 0..10 {
        let started = me.of(me.new_execution());
        started.start_from_inside(Command::Begin(nth.to_string())).await.unwrap();
        assert_eq!(started.ask_from_inside(Command::Write(1)).await.unwrap().words, 1);
    }
    assert!(is_overloaded(&system.start(other(), Command::Begin("other".to_owned())).await));
}

#[tokio::test(start_paused = true)]
async fn a_full_inbox_takes_what_is_asked_from_inside() {
    let log = HeldLog::over(Arc::new(MemoryLog::new()));
    let witness = Arc::default();
    drop(begun(&log, &witness).await);
    let system = builder(&log, &witness).max_inbox(1).open().await.unwrap();
    let me = system.address(diary());
    me.ask_from_inside(Command::Get).await.unwrap();
    log.hold();
    let follow = |me: &Address<Diary>| {
        let me = me.clone();
        tokio::spawn(async move { me.ask_from_inside(Command::Write(1)).await })
    };
    let first = follow(&me);
    eventually("a batch is under way", || log.held() == 1).await;
    let further = [follow(&me), follow(&me), follow(&me)];
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(is_overloaded(&me.ask(Command::Get).await));
    log.stop_holding();
    assert_eq!(first.await.unwrap().unwrap().words, 1);
    for further in further {
        assert!(further.await.unwrap().is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn one_is_started_from_inside_once_under_its_name_and_its_id() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::default());
    let system = begun(&log, &witness).await;
    let me = system.address(diary());
    let begin = |name: &str| Command::Begin(name.to_owned());
    let taken = me.of(other()).start_from_inside(begin("mine")).await;
    assert!(matches!(&taken, Err(Error::Log(LogError::NameTaken { holder, .. })) if *holder == diary()), "{taken:?}");
    assert_eq!(me.of(other()).execution(), other());

    me.of(other()).start_from_inside(begin("other")).await.unwrap();
    let again = me.of(other()).start_from_inside(begin("other")).await.unwrap();
    assert_eq!((again.name.as_str(), log.version(other()).unwrap()), ("other", Version::new(1)));
    drop(system);

    let system = builder(&log, &witness).idle(Duration::from_millis(100)).open().await.unwrap();
    eventually("all leave", || system.live() == 0).await;
    let me = system.address(diary());
    let again = me.of(other()).start_from_inside(begin("other")).await;
    assert!(matches!(again, Err(Error::Log(LogError::Conflict { .. }))), "{again:?}");
    assert_eq!(me.of(other()).ask_from_inside(begin("other")).await.unwrap().name, "other");
    let fresh = me.of(me.new_execution()).ask_from_inside(begin("fresh")).await.unwrap();
    assert_eq!(fresh.name, "fresh", "one that has never been may also be asked as if it had");
}

#[tokio::test(start_paused = true)]
async fn who_asks_from_inside_is_told_that_the_system_ends() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::default());
    let system = Arc::new(begun(&log, &witness).await);
    let me = system.address(diary());
    let mark = me.work();
    let drain = tokio::spawn({
        let system = Arc::clone(&system);
        async move { system.drain(Duration::from_secs(60)).await }
    });
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert!(!drain.is_finished());
    let before = log.batches();
    assert!(matches!(me.ask_from_inside(Command::Write(1)).await, Err(Error::ShuttingDown)));
    let started = me.of(other()).start_from_inside(Command::Begin("other".to_owned())).await;
    assert!(matches!(started, Err(Error::ShuttingDown)));
    drop(mark);
    drain.await.unwrap();
    assert!(matches!(me.ask_from_inside(Command::Write(1)).await, Err(Error::ShuttingDown)));
    assert_eq!(log.batches(), before);
}

#[tokio::test(start_paused = true)]
async fn who_asks_from_inside_is_told_that_the_log_has_failed() {
    let memory = Arc::new(MemoryLog::new());
    let witness = Arc::default();
    drop(begun(&memory, &witness).await);
    let failing = Arc::new(MemoryLog::builder().fail_after(1).build());
    let system = open(&failing, &witness).await;
    begin(&system, diary(), "mine").await;
    let me = system.address(diary());
    for _ in 0..2 {
        let answer = me.ask_from_inside(Command::Write(1)).await;
        assert!(matches!(answer, Err(Error::Log(LogError::Poisoned { .. }))), "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_knows_its_system() {
    let (log, witness) = (Arc::new(MemoryLog::new()), Arc::<Witness>::default());
    let system = begun(&log, &witness).await;
    let me = system.address(diary());
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!((me.now_ms(), me.new_execution().started_ms()), (BASE_MS + 5_000, BASE_MS + 5_000));
    assert_ne!(me.new_execution(), me.new_execution());
    assert_eq!(me.log().version(diary()).unwrap(), Version::new(1));
}
