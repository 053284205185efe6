//! What a system tells the recorder that was there when it was opened.

#![allow(clippy::unwrap_used, clippy::panic, clippy::float_cmp, reason = "a test; the figures are whole numbers")]

mod counter;
mod told;

use std::sync::Arc;
use std::time::Duration;

use counter::{
    Command, HeldLog, Mood, World, builder, eventually, execution, follow, open, quick, start, started, summary_of,
};
use duramen_actors::meters;
use duramen_storage::{MemoryLog, Status};
use told::Recorder;

#[tokio::test(start_paused = true)]
async fn who_sleeps_and_who_comes_back_is_counted() {
    let mut recorder = Recorder::begin();
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = builder(&log, &world).idle(Duration::from_secs(10)).open().await.unwrap();
    for nth in 1..=3 {
        start(&system, nth).await.unwrap();
    }
    assert_eq!(recorder.told().gauge(meters::LIVE), 3.0);
    eventually("they leave", || system.live() == 0).await;
    let told = recorder.told();
    assert_eq!((told.gauge(meters::LIVE), told.gauge(meters::ASLEEP)), (0.0, 3.0));
    assert_eq!(told.counter(meters::PASSIVATIONS, &[]), 3);
    assert_eq!(told.counter(meters::RECOVERIES, &[]), 0, "who is new is not read from the log");

    follow(&system, 1, Command::Add(1)).await.unwrap().unwrap();
    let told = recorder.told();
    assert_eq!((told.gauge(meters::LIVE), told.gauge(meters::ASLEEP)), (1.0, 2.0));
    assert_eq!(told.counter(meters::RECOVERIES, &[("behavior", "entity")]), 1);
    assert_eq!(told.histogram(meters::RECOVERY_TURNS, &[]), [1.0]);
    assert_eq!(told.histogram(meters::RECOVERY_SECONDS, &[]).len(), 1);

    system.address(execution(1)).ask(Command::Close).await.unwrap();
    eventually("it leaves", || system.live() == 0).await;
    assert_eq!(recorder.told().gauge(meters::ASLEEP), 2.0, "who has ended does not sleep");
    drop(system);
    assert_eq!(recorder.told().gauge(meters::ASLEEP), 0.0, "what it added it takes back");

    let system = open(&log, &world).await;
    follow(&system, 2, Command::Add(1)).await.unwrap().unwrap();
    let told = recorder.told();
    assert_eq!((told.gauge(meters::LIVE), told.gauge(meters::ASLEEP)), (1.0, -1.0), "it slept before the opening");
}

#[tokio::test(start_paused = true)]
async fn restarts_and_quarantines_are_counted_and_who_is_paused_stays_so_over_openings() {
    let mut recorder = Recorder::begin();
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = builder(&log, &world).restart(quick()).open().await.unwrap();
    start(&system, 1).await.unwrap();
    world.set("advance", Mood::Panics(3));
    follow(&system, 1, Command::Add(1)).await.unwrap().unwrap();
    eventually("it is paused", || summary_of(log.as_ref(), 1).status == Status::Paused).await;
    eventually("it leaves", || system.live() == 0).await;
    let told = recorder.told();
    assert_eq!((told.counter(meters::RESTARTS, &[]), told.counter(meters::QUARANTINES, &[])), (2, 1));
    assert_eq!(told.counter(meters::RECOVERIES, &[]), 2);
    assert_eq!((told.gauge(meters::PAUSED), told.gauge(meters::ASLEEP)), (1.0, 0.0));
    drop(system);
    assert_eq!(recorder.told().gauge(meters::PAUSED), 0.0);

    world.set("replay", Mood::Faults("torn"));
    let system = open(&log, &world).await;
    eventually("it was tried again", || system.live() == 0).await;
    assert_eq!(recorder.told().gauge(meters::PAUSED), 1.0, "it was so at the opening and is so still");
    world.mend();
    system.resume(execution(1)).await.unwrap();
    assert_eq!(recorder.told().gauge(meters::PAUSED), 0.0);
}

#[tokio::test(start_paused = true)]
async fn one_that_faults_while_it_is_brought_in_at_the_opening_is_paused_once() {
    let mut recorder = Recorder::begin();
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&log, &world).await;
    drop(system);
    world.set("replay", Mood::Faults("torn"));
    let system = open(&log, &world).await;
    eventually("it is paused", || summary_of(log.as_ref(), 1).status == Status::Paused).await;
    eventually("it leaves", || system.live() == 0).await;
    let told = recorder.told();
    assert_eq!((told.gauge(meters::PAUSED), told.gauge(meters::ASLEEP)), (1.0, 0.0));
    assert_eq!(told.counter(meters::RECOVERIES, &[]), 1, "it is not tried again at once");
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_counted_by_its_limit_and_what_a_turn_finds_is_sampled() {
    let mut recorder = Recorder::begin();
    let log = HeldLog::over(Arc::new(MemoryLog::new()));
    let system = builder(&log, &Arc::default()).max_inbox(5).max_commands(7).open().await.unwrap();
    start(&system, 1).await.unwrap();
    log.hold();
    let first = follow(&system, 1, Command::Add(1));
    eventually("a batch is under way", || log.held() == 1).await;
    let waiting: Vec<_> = (0..5).map(|_| follow(&system, 1, Command::Add(1))).collect();
    tokio::time::sleep(Duration::from_millis(1)).await;
    let address = system.address(execution(1));
    address.ask(Command::Add(1)).await.unwrap_err();
    let last = follow(&system, 2, Command::Start("counter-2".to_owned()));
    tokio::time::sleep(Duration::from_millis(1)).await;
    address.ask(Command::Add(1)).await.unwrap_err();
    log.stop_holding();
    first.await.unwrap().unwrap();
    last.await.unwrap().unwrap();
    for waiting in waiting {
        waiting.await.unwrap().unwrap();
    }
    let told = recorder.told();
    let over = |limit| told.counter(meters::OVERLOADED, &[("behavior", "entity"), ("limit", limit)]);
    assert_eq!((over("inbox"), over("commands"), over("live")), (1, 1, 0));
    let mut inputs = told.histogram(meters::INPUTS, &[]);
    inputs.sort_by(f64::total_cmp);
    assert_eq!(inputs.last(), Some(&5.0), "{inputs:?}");
}
