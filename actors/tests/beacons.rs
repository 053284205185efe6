//! Sleeping entities that wait for somebody who does not know of them are found by their beacons.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod counter;

use std::sync::Arc;
use std::time::Duration;

use counter::{BEACON, Command, World, builder, eventually, execution, start};
use duramen_storage::MemoryLog;

#[tokio::test(start_paused = true)]
async fn a_beacon_is_lit_while_the_entity_sleeps_and_outlasts_the_process() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = builder(&log, &world).idle(Duration::from_millis(100)).open().await.unwrap();
    for nth in 1..=3 {
        start(&system, nth).await.unwrap();
    }
    for nth in [1, 3] {
        system.address(execution(nth)).ask(Command::Add(BEACON)).await.unwrap();
    }
    assert_eq!(system.beacons(None, 10).await.unwrap(), [], "they are awake");
    eventually("all leave", || system.live() == 0).await;
    assert_eq!(system.beacons(None, 10).await.unwrap(), [execution(1), execution(3)]);
    assert_eq!(system.beacons(None, 1).await.unwrap(), [execution(1)]);
    assert_eq!(system.beacons(Some(execution(1)), 10).await.unwrap(), [execution(3)]);
    drop(system);

    let system = builder(&log, &world).idle(Duration::from_millis(100)).open().await.unwrap();
    assert_eq!(system.live(), 0, "none is woken");
    let before = log.batches();
    assert_eq!(system.address(execution(1)).ask(Command::Get).await.unwrap().total, BEACON);
    eventually("it leaves again", || system.live() == 0).await;
    assert_eq!(log.batches(), before, "a look changes nothing");
    assert_eq!(system.beacons(None, 10).await.unwrap(), [execution(1), execution(3)]);
}

#[tokio::test(start_paused = true)]
async fn a_beacon_goes_out_when_the_entity_goes_on() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = builder(&log, &world).idle(Duration::from_millis(100)).open().await.unwrap();
    for nth in 1..=2 {
        start(&system, nth).await.unwrap();
        system.address(execution(nth)).ask(Command::Add(BEACON)).await.unwrap();
    }
    eventually("both leave", || system.live() == 0).await;
    system.address(execution(1)).ask(Command::Add(1)).await.unwrap();
    assert_eq!(system.beacons(None, 10).await.unwrap(), [execution(2)]);
    eventually("it leaves", || system.live() == 0).await;
    assert_eq!(system.beacons(None, 10).await.unwrap(), [execution(2)]);
    system.address(execution(2)).ask(Command::Close).await.unwrap();
    assert_eq!(system.beacons(None, 10).await.unwrap(), []);
}
