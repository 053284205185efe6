//! Opening systems of counters, and waiting for what they come to.

use std::sync::Arc;
use std::time::Duration;

use duramen_actors::{Behavior, Builder, Error, Restart, System};
use duramen_storage::{ExecutionId, Log, MemoryLog, Summary};

use super::{Command, Counter, State, World};

/// When the clock of a test starts.
pub(crate) const BASE_MS: u64 = 1_700_000_000_000;

/// The id of the `nth` counter of a test.
pub(crate) fn execution(nth: u64) -> ExecutionId {
    let mut entropy = [0; 10];
    entropy[..8].copy_from_slice(&nth.to_be_bytes());
    ExecutionId::new(BASE_MS, entropy)
}

pub(crate) fn builder(log: &Arc<impl Log>, world: &Arc<World>) -> Builder<Counter> {
    builder_of(log, world)
}

/// As `builder`, of another kind or with snapshots.
pub(crate) fn builder_of<const KIND: u8, const SNAPSHOTS: u64>(
    log: &Arc<impl Log>,
    world: &Arc<World>,
) -> Builder<Counter<KIND, SNAPSHOTS>> {
    let behavior = Counter { world: Arc::clone(world) };
    System::builder(Arc::clone(log) as Arc<dyn Log>, behavior).clock(Arc::new(world.clock))
}

pub(crate) async fn open(log: &Arc<impl Log>, world: &Arc<World>) -> System<Counter> {
    builder(log, world).open().await.unwrap()
}

/// What a system would find on `log` after a crash, opened.
pub(crate) async fn reopened(log: &MemoryLog, world: &Arc<World>) -> System<Counter> {
    open(&Arc::new(log.reopen()), world).await
}

/// Few restarts, soon after one another.
pub(crate) fn quick() -> Restart {
    Restart::default().intensity(2, Duration::from_secs(60)).first_delay(Duration::from_millis(10))
}

/// Starts the `nth` counter.
pub(crate) async fn start<B>(system: &System<B>, nth: u64) -> Result<State, Error>
where
    B: Behavior<Command = Command, Reply = State>,
{
    system.start(execution(nth), Command::Start(format!("counter-{nth}"))).await
}

/// A system on `log` with one counter, the first.
pub(crate) async fn started(log: &Arc<impl Log>, world: &Arc<World>) -> System<Counter> {
    let system = open(log, world).await;
    start(&system, 1).await.unwrap();
    system
}

pub(crate) async fn count_of<B>(system: &System<B>, nth: u64) -> u64
where
    B: Behavior<Command = Command, Reply = State>,
{
    system.address(execution(nth)).ask(Command::Get).await.unwrap().total
}

pub(crate) fn summary_of(log: &impl Log, nth: u64) -> Summary {
    log.summary(execution(nth)).unwrap().unwrap()
}

/// Asks in a task of its own.
pub(crate) fn follow<B>(system: &System<B>, nth: u64, command: Command) -> tokio::task::JoinHandle<Result<State, Error>>
where
    B: Behavior<Command = Command, Reply = State>,
{
    let address = system.address(execution(nth));
    tokio::spawn(async move { address.ask(command).await })
}

/// Waits until it is so, which it must be within a minute of the clock of tokio.
pub(crate) async fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    for _ in 0..60_000 {
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("never: {what}");
}
