//! What a crash leaves behind is enough: state, work that is owed, snapshots, and every prefix of the log.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod counter;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use counter::{
    BASE_MS, Command, Counter, HeldLog, Mood, State, World, builder_of, change, count_of, eventually, execution, open,
    reopened, start, started,
};
use duramen_actors::{System, decode_turn};
use duramen_storage::{Log, MemoryLog, Version};
use proptest::prelude::*;

/// What the records in the log add up to.
fn in_log(log: &MemoryLog, nth: u64) -> State {
    let behavior = Counter::<1, 0> { world: Arc::default() };
    let mut state = State::default();
    for record in log.read(execution(nth), Version::NONE, usize::MAX).unwrap() {
        let turn = decode_turn(&behavior, record.kind, &record.body).unwrap();
        turn.events().for_each(|event| change(&mut state, event));
    }
    state
}

#[tokio::test(start_paused = true)]
async fn after_a_crash_all_pending_work_is_done_again() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&log, &world).await;
    for work in 1..=3 {
        system.address(execution(1)).ask(Command::Work(work)).await.unwrap();
    }
    drop(system);
    let again = reopened(&log, &world).await;
    eventually("all begin again", || world.performed().len() == 6).await;
    assert_eq!(world.performed()[3..], [(1, 1), (2, 1), (3, 1)]);
    world.end_works(6);
    let address = again.address(execution(1));
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(address.ask(Command::Get).await.unwrap().worked, 3, "what was done twice counts once");
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_an_old_attempt_changes_nothing() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&log, &world).await;
    let address = system.address(execution(1));
    address.ask(Command::Work(1)).await.unwrap();
    address.ask(Command::Again(1)).await.unwrap();
    let before = log.batches();
    let state = address.ask(Command::Worked { work: 1, attempt: 1 }).await.unwrap();
    assert_eq!((state.worked, log.batches()), (0, before));
    let state = address.ask(Command::Worked { work: 1, attempt: 2 }).await.unwrap();
    assert_eq!(state.worked, 1);
    address.tell(Command::Worked { work: 1, attempt: 2 });
    assert_eq!(address.ask(Command::Get).await.unwrap().worked, 1);
}

async fn with_snapshots(log: &Arc<impl Log>, world: &Arc<World>) -> System<Counter<1, 4>> {
    builder_of(log, world).idle(Duration::from_millis(100)).open().await.unwrap()
}

/// Nineteen turns: the newest snapshot stands for the sixteenth.
async fn nineteen_turns(log: &Arc<MemoryLog>, world: &Arc<World>) {
    let system = with_snapshots(log, world).await;
    start(&system, 1).await.unwrap();
    for amount in 1..=18 {
        system.address(execution(1)).ask(Command::Add(amount)).await.unwrap();
    }
    eventually("it sleeps", || system.live() == 0).await;
    assert_eq!(log.snapshot(execution(1)).unwrap().unwrap().version, Version::new(16));
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_with_what_came_later_is_as_good_as_all_events() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    nineteen_turns(&log, &world).await;
    let system = with_snapshots(&log, &world).await;
    let state = system.address(execution(1)).ask(Command::Get).await.unwrap();
    assert_eq!(world.restored(), 1);
    assert_eq!(state, in_log(&log, 1));
    assert_eq!((state.total, state.seen), (171, 18));
}

#[tokio::test(start_paused = true)]
async fn a_damaged_snapshot_is_passed_over() {
    let (memory, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    nineteen_turns(&memory, &world).await;
    let log = HeldLog::over(Arc::clone(&memory));
    log.damaged_snapshots.store(true, Ordering::SeqCst);
    let system = with_snapshots(&log, &world).await;
    assert_eq!(system.address(execution(1)).ask(Command::Add(1)).await.unwrap().total, 172);
    assert_eq!(world.restored(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_its_behaviour_cannot_read_is_passed_over() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    nineteen_turns(&log, &world).await;
    let mut snapshot = log.snapshot(execution(1)).unwrap().unwrap();
    snapshot.body.truncate(1);
    let version = log.version(execution(1)).unwrap();
    log.append(duramen_storage::Batch::new(execution(1), version).snapshot(snapshot)).unwrap();
    let system = with_snapshots(&log, &world).await;
    assert_eq!(system.address(execution(1)).ask(Command::Get).await.unwrap(), in_log(&log, 1));
    assert_eq!(world.restored(), 1, "it was tried");
}

#[tokio::test(start_paused = true)]
async fn one_that_often_leaves_takes_snapshots_all_the_same() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = with_snapshots(&log, &world).await;
    start(&system, 1).await.unwrap();
    for _ in 0..10 {
        eventually("it sleeps", || system.live() == 0).await;
        system.address(execution(1)).ask(Command::Add(1)).await.unwrap();
    }
    assert_eq!(log.snapshot(execution(1)).unwrap().unwrap().version, Version::new(8));
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_never_hides_that_an_advance_was_missed() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = with_snapshots(&log, &world).await;
    start(&system, 1).await.unwrap();
    let address = system.address(execution(1));
    address.ask(Command::Add(1)).await.unwrap();
    address.ask(Command::Add(1)).await.unwrap();
    world.set("advance", Mood::Panics(1));
    address.ask(Command::Add(1)).await.unwrap();
    eventually("it has advanced", || in_log(&log, 1).seen == 3).await;
}

#[tokio::test(start_paused = true)]
async fn two_behaviours_on_one_log_leave_each_others_entities_alone() {
    let (log, ours, theirs) = (Arc::new(MemoryLog::new()), Arc::new(World::default()), Arc::new(World::default()));
    let one: System<Counter<1, 0>> = builder_of(&log, &ours).open().await.unwrap();
    let two: System<Counter<2, 0>> = builder_of(&log, &theirs).open().await.unwrap();
    start(&one, 1).await.unwrap();
    // The same name is free for another kind.
    let name = Command::Start("counter-1".to_owned());
    assert!(two.start(execution(2), name).await.is_ok());
    one.address(execution(1)).ask(Command::SleepUntil(BASE_MS + 60_000)).await.unwrap();
    two.address(execution(2)).ask(Command::SleepUntil(BASE_MS + 60_000)).await.unwrap();
    eventually("both sleep", || one.live() + two.live() == 0).await;
    tokio::time::sleep(Duration::from_secs(61)).await;
    let (mine, other) = (one.address(execution(1)), two.address(execution(2)));
    assert_eq!(mine.ask(Command::Get).await.unwrap().rang, 1);
    assert_eq!(other.ask(Command::Get).await.unwrap().rang, 1);
    assert!(!one.is_live(execution(2)) && !two.is_live(execution(1)));

    assert_eq!(count_of(&one, 2).await, 0);
    let answer = one.address(execution(2)).ask(Command::Add(1)).await;
    assert!(answer.is_err(), "the stream of another behaviour is not written to: {answer:?}");
    drop((mine, other, one, two));

    let (ours, theirs) = (Arc::new(World::default()), Arc::new(World::default()));
    let one: System<Counter<1, 0>> = builder_of(&log, &ours).open().await.unwrap();
    assert_eq!((one.is_live(execution(1)), one.is_live(execution(2))), (true, false));
    let two: System<Counter<2, 0>> = builder_of(&log, &theirs).open().await.unwrap();
    assert_eq!((two.is_live(execution(1)), two.is_live(execution(2))), (false, true));
}

fn any_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => (1..100_u64).prop_map(Command::Add),
        1 => Just(Command::Get),
        1 => Just(Command::Panic),
        2 => (1..4_u32).prop_map(Command::Work),
        2 => (1..4_u32, 1..3_u32).prop_map(|(work, attempt)| Command::Worked { work, attempt }),
        2 => (1..200_u64).prop_map(|seconds| Command::SleepUntil(BASE_MS + seconds * 1_000)),
        1 => Just(Command::Fault),
        1 => Just(Command::Stop),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_prefix_of_the_log_recovers_to_what_its_batches_give(
        commands in prop::collection::vec((1..3_u64, any_command()), 1..25),
    ) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
            let system: System<Counter<1, 3>> = builder_of(&log, &world).open().await.unwrap();
            start(&system, 1).await.unwrap();
            start(&system, 2).await.unwrap();
            for (nth, command) in commands {
                // Refusals are as good as answers here: what matters is what the log has.
                let _ = system.address(execution(nth)).ask(command).await;
            }
            drop(system);
            for batches in 0..=log.batches() {
                let crashed = Arc::new(log.prefix(batches));
                let (one, two) = (in_log(&crashed, 1), in_log(&crashed, 2));
                let system: System<Counter<1, 3>> = builder_of(&crashed, &Arc::default()).open().await.unwrap();
                for (nth, expected) in [(1, one), (2, two)] {
                    let found = system.address(execution(nth)).ask(Command::Peek).await.unwrap();
                    // What has come due since is all that may differ.
                    let rang = found.rang - expected.rang;
                    assert_eq!(found.until_ms.len() as u64 + rang, expected.until_ms.len() as u64);
                    let same = State { rang: expected.rang, until_ms: expected.until_ms.clone(), ..found };
                    assert_eq!(same, expected, "after {batches} batches");
                }
            }
        });
    }
}

#[tokio::test(start_paused = true)]
async fn an_entity_with_a_long_history_comes_back_whole() {
    let (log, world) = (Arc::new(MemoryLog::new()), Arc::new(World::default()));
    let system = started(&log, &world).await;
    for _ in 0..1_000 {
        system.address(execution(1)).ask(Command::Add(1)).await.unwrap();
    }
    drop(system);
    let system = open(&log, &world).await;
    let state = system.address(execution(1)).ask(Command::Get).await.unwrap();
    assert_eq!(state, in_log(&log, 1));
    assert_eq!(state.total, 1_000);
}
