//! Entities that fail: they come back from the log, or are quarantined, and nobody else notices.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod counter;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use counter::{
    Command, Counter, HeldLog, Mood, World, builder, count_of, eventually, execution, follow, open, quick, start,
    started, summary_of,
};
use duramen_actors::{Error, System};
use duramen_storage::{Log, MemoryLog, Status, Version};
use futures::future::join_all;

async fn quickly(log: &Arc<MemoryLog>, world: &Arc<World>) -> System<Counter> {
    let system = builder(log, world).restart(quick()).open().await.unwrap();
    start(&system, 1).await.unwrap();
    system
}

#[tokio::test(start_paused = true)]
async fn one_whose_handler_panics_once_recovers_from_the_log() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&log, &world).await;
    let address = system.address(execution(1));
    address.ask(Command::Add(3)).await.unwrap();
    let answer = address.ask(Command::Panic).await;
    assert!(matches!(answer, Err(Error::Interrupted { execution: of }) if of == execution(1)), "{answer:?}");
    assert_eq!(address.ask(Command::Add(4)).await.unwrap().total, 7);
    assert_eq!(summary_of(log.as_ref(), 1).status, Status::Running);
}

#[tokio::test(start_paused = true)]
async fn what_waits_while_one_restarts_is_answered_afterwards() {
    let log = HeldLog::over(Arc::new(MemoryLog::new()));
    let system = started(&log, &Arc::default()).await;
    log.hold();
    let add = follow(&system, 1, Command::Add(1));
    eventually("a batch is under way", || log.held() == 1).await;
    let panic = follow(&system, 1, Command::Panic);
    tokio::time::sleep(Duration::from_millis(1)).await;
    log.stop_holding();
    add.await.unwrap().unwrap();
    assert!(matches!(panic.await.unwrap(), Err(Error::Interrupted { .. })));
    let others: Vec<_> = (0..10).map(|_| follow(&system, 1, Command::Add(1))).collect();
    for other in others {
        other.await.unwrap().unwrap();
    }
    assert_eq!(count_of(&system, 1).await, 11);
}

#[tokio::test(start_paused = true)]
async fn one_that_always_fails_is_quarantined_while_a_thousand_others_go_on() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&log, &world).await;
    join_all((2..1002).map(|nth| start(&system, nth))).await;
    let began = tokio::time::Instant::now();
    // It had its chance to advance five times more; the others come while it fails.
    world.set("advance", Mood::Panics(6));
    follow(&system, 1, Command::Add(1)).await.unwrap().unwrap();
    eventually("it is paused", || summary_of(log.as_ref(), 1).status == Status::Paused).await;
    assert!(began.elapsed() < Duration::from_secs(3));
    let answers = join_all((2..1002).map(|nth| follow(&system, nth, Command::Add(1)))).await;
    assert!(answers.into_iter().all(|answer| answer.unwrap().is_ok()));

    let row = summary_of(log.as_ref(), 1);
    assert!(!row.awake);
    assert_eq!(row.note.as_deref(), Some("panicked: advance was told to panic"));
    eventually("it leaves", || !system.is_live(execution(1))).await;
    let answer = system.address(execution(1)).ask(Command::Add(1)).await;
    let Err(Error::Paused { reason, .. }) = answer else { panic!("{answer:?}") };
    assert!(reason.contains("told to panic"));

    system.resume(execution(1)).await.unwrap();
    let state = system.address(execution(1)).ask(Command::Add(1)).await.unwrap();
    assert_eq!((state.total, state.adds), (2, 2));
    let state = system.address(execution(1)).ask(Command::Get).await.unwrap();
    assert_eq!(state.seen, 2, "what was given while it failed was taken notice of once");
    assert_eq!(summary_of(log.as_ref(), 1).status, Status::Running);
    assert_eq!(summary_of(log.as_ref(), 1).note, None);
}

#[tokio::test(start_paused = true)]
async fn one_whose_every_command_panics_is_quarantined_and_its_askers_are_told() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = quickly(&log, &world).await;
    world.set("decide", Mood::Panics(u32::MAX));
    let address = system.address(execution(1));
    for _ in 0..3 {
        assert!(matches!(address.ask(Command::Add(1)).await, Err(Error::Interrupted { .. })));
    }
    eventually("it is paused", || summary_of(log.as_ref(), 1).status == Status::Paused).await;
    assert!(matches!(address.ask(Command::Add(1)).await, Err(Error::Paused { .. })));
    assert_eq!(address.ask(Command::Peek).await.unwrap().total, 0, "some commands are for paused ones too");
}

#[tokio::test(start_paused = true)]
async fn one_that_cannot_be_recovered_is_quarantined_and_reopening_tries_it_once_more() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    drop(quickly(&log, &world).await);
    world.set("apply", Mood::Panics(u32::MAX));
    let system = builder(&log, &world).restart(quick()).open().await.unwrap();
    eventually("it is paused", || summary_of(log.as_ref(), 1).status == Status::Paused).await;
    eventually("it leaves", || system.live() == 0).await;
    assert!(matches!(system.resume(execution(1)).await, Err(Error::Paused { .. })));
    drop(system);

    let system = open(&log, &world).await;
    eventually("it has failed again", || system.live() == 0).await;
    assert_eq!(summary_of(log.as_ref(), 1).status, Status::Paused);
    drop(system);

    world.mend();
    let system = open(&log, &world).await;
    eventually("it goes on", || summary_of(log.as_ref(), 1).status == Status::Running).await;
    assert_eq!(system.address(execution(1)).ask(Command::Add(1)).await.unwrap().total, 1);
}

#[tokio::test(start_paused = true)]
async fn a_fault_pauses_at_once_and_what_was_given_is_recorded() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&log, &world).await;
    world.set("advance", Mood::Faults("the code has changed"));
    let state = system.address(execution(1)).ask(Command::Add(5)).await.unwrap();
    assert_eq!(state.total, 5);
    let row = summary_of(log.as_ref(), 1);
    assert_eq!((row.status, row.note.as_deref()), (Status::Paused, Some("the code has changed")));
    let still = system.resume(execution(1)).await;
    assert!(matches!(&still, Err(Error::Paused { reason, .. }) if reason == "the code has changed"), "{still:?}");
    assert_eq!(summary_of(log.as_ref(), 1).status, Status::Paused);

    world.mend();
    system.resume(execution(1)).await.unwrap();
    let state = system.address(execution(1)).ask(Command::Get).await.unwrap();
    assert_eq!((state.total, state.adds, state.seen), (5, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_fault_in_a_handler_pauses_at_once() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&log, &world).await;
    system.address(execution(1)).ask(Command::Fault).await.unwrap();
    assert_eq!(summary_of(log.as_ref(), 1).note.as_deref(), Some("asked to fault"));
    eventually("it leaves", || system.live() == 0).await;
    assert_eq!(world.departures(), [execution(1)]);
}

#[tokio::test(start_paused = true)]
async fn a_fault_in_replay_pauses_without_a_restart() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    drop(started(&log, &world).await);
    world.set("replay", Mood::Faults("another operation was recorded"));
    let system = open(&log, &world).await;
    let row = || summary_of(log.as_ref(), 1);
    eventually("it is paused", || row().status == Status::Paused).await;
    assert_eq!(row().note.as_deref(), Some("another operation was recorded"));
    assert!(matches!(system.resume(execution(1)).await, Err(Error::Paused { .. })));
    world.mend();
    system.resume(execution(1)).await.unwrap();
    assert_eq!(row().status, Status::Running);
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_advancing_loses_nothing_that_was_given() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&log, &world).await;
    world.set("advance", Mood::Panics(2));
    let address = system.address(execution(1));
    assert_eq!(address.ask(Command::Add(5)).await.unwrap().total, 5, "recorded, and so answered");
    let state = address.ask(Command::Add(2)).await.unwrap();
    assert_eq!((state.total, state.adds), (7, 2));
    // Asked again, since the first answer shows the state before the advance of its turn.
    address.ask(Command::Get).await.unwrap();
    let state = address.ask(Command::Get).await.unwrap();
    assert_eq!((state.total, state.seen), (7, 2));
}

#[tokio::test(start_paused = true)]
async fn that_a_missed_advance_was_made_up_for_is_recorded_even_when_nothing_follows() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = open(&log, &world).await;
    world.set("advance", Mood::Panics(1));
    // Nothing is asked for after a start, so the turn that makes up for it has no events.
    start(&system, 1).await.unwrap();
    let polled = |log: &MemoryLog| {
        let record = log.last(execution(1)).unwrap().unwrap();
        duramen_actors::decode_turn(system.behavior(), record.kind, &record.body).unwrap().polled
    };
    assert!(!polled(&log));
    eventually("it has advanced", || polled(&log)).await;
    assert_eq!(log.version(execution(1)).unwrap(), Version::new(2));
}

#[tokio::test(start_paused = true)]
async fn a_paused_one_may_be_stopped_and_is_closed_then() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&log, &world).await;
    let address = system.address(execution(1));
    address.ask(Command::Fault).await.unwrap();
    assert!(address.ask(Command::Stop).await.unwrap().closed);
    assert_eq!(summary_of(log.as_ref(), 1).status, Status::Succeeded);
    eventually("it leaves", || system.live() == 0).await;
    assert!(address.ask(Command::Get).await.unwrap().closed, "a closed one is not a paused one");
}

#[tokio::test(start_paused = true)]
async fn a_paused_one_that_is_resumed_with_nothing_to_do_is_paused_no_more() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&log, &world).await;
    let address = system.address(execution(1));
    address.ask(Command::Fault).await.unwrap();
    system.resume(execution(1)).await.unwrap();
    assert_eq!(summary_of(log.as_ref(), 1).status, Status::Running);
    drop(system);
    let system = open(&log, &world).await;
    assert_eq!(system.address(execution(1)).ask(Command::Add(1)).await.unwrap().total, 1);
}

#[tokio::test(start_paused = true)]
async fn a_paused_one_asked_and_resumed_at_once_keeps_what_it_was_asked() {
    let memory = Arc::new(MemoryLog::new());
    let log = HeldLog::over(Arc::clone(&memory));
    let world = Arc::new(World::default());
    let system = Arc::new(started(&log, &world).await);
    system.address(execution(1)).ask(Command::Fault).await.unwrap();
    log.hold();
    let stop = follow(&system, 1, Command::Stop);
    let resume = tokio::spawn({
        let system = Arc::clone(&system);
        async move { system.resume(execution(1)).await }
    });
    eventually("a batch is under way", || log.held() == 1).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!resume.is_finished() && !stop.is_finished());
    log.stop_holding();
    assert!(stop.await.unwrap().unwrap().closed);
    resume.await.unwrap().unwrap();
    assert_eq!(summary_of(memory.as_ref(), 1).status, Status::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_whenever_it_comes_in_is_quarantined_although_it_leaves_in_between() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = quickly(&log, &world).await;
    let until = counter::BASE_MS + 30_000;
    system.address(execution(1)).ask(Command::SleepUntil(until)).await.unwrap();
    eventually("it sleeps", || system.live() == 0).await;
    world.set("due", Mood::Panics(u32::MAX));
    eventually("it is paused", || summary_of(log.as_ref(), 1).status == Status::Paused).await;
    eventually("it leaves", || system.live() == 0).await;
    world.mend();
    system.resume(execution(1)).await.unwrap();
    assert_eq!(system.address(execution(1)).ask(Command::Get).await.unwrap().rang, 1);
    assert_eq!(log.timers(None, u64::MAX, 10).unwrap(), [], "the timer of the sleep is gone");
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_before_it_has_begun_is_restarted_as_any_other() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = open(&log, &world).await;
    world.set("initial", Mood::Panics(1));
    assert_eq!(start(&system, 1).await.unwrap().name, "counter-1");
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_while_it_leaves_harms_nobody_who_comes_after_it() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = builder(&log, &world).idle(Duration::from_millis(100)).open().await.unwrap();
    start(&system, 1).await.unwrap();
    world.set("departed", Mood::Panics(20));
    for nth in 1..=20 {
        eventually("it leaves", || system.live() == 0).await;
        let state = system.address(execution(1)).ask(Command::Add(1)).await.unwrap();
        assert_eq!(state.total, nth);
    }
    assert_eq!(summary_of(log.as_ref(), 1).status, Status::Running);
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_while_it_performs_an_effect_performs_it_again() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&log, &world).await;
    world.set("perform", Mood::Panics(1));
    system.address(execution(1)).ask(Command::Work(1)).await.unwrap();
    eventually("it is begun again", || world.performed() == [(1, 1), (1, 1)]).await;
    world.end_works(1);
    let address = system.address(execution(1));
    eventually("it has ended", || log.version(execution(1)).unwrap() == Version::new(3)).await;
    assert_eq!(address.ask(Command::Get).await.unwrap().worked, 1);
}

#[tokio::test(start_paused = true)]
async fn a_restarted_one_that_only_waits_still_leaves_when_idle() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = builder(&log, &world).idle(Duration::from_secs(1)).open().await.unwrap();
    start(&system, 1).await.unwrap();
    assert!(system.address(execution(1)).ask(Command::Panic).await.is_err());
    eventually("it leaves", || system.live() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_in_its_first_turn_after_opening_still_leaves_when_idle() {
    let (memory, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    drop(started(&memory, &world).await);
    let log = HeldLog::over(memory);
    log.slow_summaries.store(true, Ordering::SeqCst);
    let system = builder(&log, &world).idle(Duration::from_secs(1)).open().await.unwrap();
    let panics = follow(&system, 1, Command::Panic);
    tokio::task::yield_now().await;
    log.slow_summaries.store(false, Ordering::SeqCst);
    assert!(matches!(panics.await.unwrap(), Err(Error::Interrupted { .. })));
    eventually("it leaves", || system.live() == 0).await;
}
