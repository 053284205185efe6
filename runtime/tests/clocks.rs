//! Clocks that jump: nothing that waits is forgotten, and nothing comes before its time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use duramen::{Clock, Context, Failure, Handle, Jitter, Retry, Runtime, TokioClock};
use duramen_storage::{Log, MemoryLog};

const HOUR: Duration = Duration::from_secs(3600);

/// A clock that follows tokio's, and can be set.
#[derive(Clone)]
struct SetClock {
    clock: TokioClock,
    ahead_ms: Arc<AtomicI64>,
}

impl SetClock {
    fn new() -> Self {
        Self { clock: TokioClock::starting_at(1_700_000_000_000), ahead_ms: Arc::default() }
    }

    fn set_ahead(&self, by: Duration) {
        self.ahead_ms.store(i64::try_from(by.as_millis()).unwrap(), Ordering::Relaxed);
    }

    fn set_back(&self, by: Duration) {
        self.ahead_ms.store(-i64::try_from(by.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now_ms(&self) -> u64 {
        self.clock.now_ms().saturating_add_signed(self.ahead_ms.load(Ordering::Relaxed))
    }
}

/// Waits an hour in each way there is: a wait, a retry, a callback, its heartbeat.
async fn an_hour_each(ctx: Context, (): ()) -> Result<Vec<String>, Failure> {
    let retry = Retry::fixed(HOUR).jitter(Jitter::None).limit(2);
    let name = |failure: Failure| failure.name().to_owned();
    let wait = async {
        ctx.wait("wait", HOUR).await?;
        Ok("waited".to_owned())
    };
    let step = ctx.step_with("step", |step| async move {
        if step.attempt() == 1 { Err(Failure::new("Flaky", "")) } else { Ok("tried again".to_owned()) }
    });
    let silent = ctx.callback::<String>("silent").timeout(HOUR);
    let dead = ctx.callback::<String>("dead").heartbeat(HOUR);
    let all = ctx.all_settled::<_, String>([
        Box::pin(wait) as futures::future::BoxFuture<'_, Result<String, Failure>>,
        Box::pin(step.retry(retry)),
        Box::pin(silent),
        Box::pin(dead),
    ]);
    Ok(all.await.into_iter().map(|ended| ended.unwrap_or_else(name)).collect())
}

fn expected() -> Vec<String> {
    ["waited", "tried again", Failure::CALLBACK_TIMEOUT, Failure::CALLBACK_HEARTBEAT].map(str::to_owned).to_vec()
}

async fn begun(clock: &SetClock, idle: Duration) -> (Runtime, Handle<Vec<String>>) {
    let log = Arc::new(MemoryLog::new()) as Arc<dyn Log>;
    let builder = Runtime::on_log(log).clock(clock.clone()).idle(idle).workflow("hour", an_hour_each);
    let runtime = builder.open().await.unwrap();
    let handle = runtime.start("hour", "h", ()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    (runtime, handle)
}

/// In memory, and asleep.
const IDLES: [Duration; 2] = [Duration::from_secs(100_000), Duration::from_secs(1)];

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_ahead_brings_what_is_due_at_once() {
    for idle in IDLES {
        let clock = SetClock::new();
        let (_runtime, handle) = begun(&clock, idle).await;
        clock.set_ahead(2 * HOUR);
        let soon = tokio::time::timeout(Duration::from_secs(5), handle.result()).await;
        assert_eq!(soon.expect("it came late").unwrap(), expected());
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_makes_it_wait_longer_and_not_for_ever() {
    for idle in IDLES {
        let clock = SetClock::new();
        let (_runtime, handle) = begun(&clock, idle).await;
        clock.set_back(2 * HOUR);
        let early = tokio::time::timeout(HOUR * 29 / 10, handle.result()).await;
        assert!(early.is_err(), "it came early");
        let then = tokio::time::timeout(HOUR / 5, handle.result()).await;
        assert_eq!(then.expect("it was forgotten").unwrap(), expected());
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_ahead_and_is_set_right_forgets_nothing() {
    for idle in IDLES {
        let clock = SetClock::new();
        let (_runtime, handle) = begun(&clock, idle).await;
        clock.set_ahead(HOUR / 2);
        tokio::time::sleep(Duration::from_secs(10)).await;
        clock.set_back(Duration::ZERO);
        let early = tokio::time::timeout(HOUR * 9 / 10, handle.result()).await;
        assert!(early.is_err(), "it came early");
        let then = tokio::time::timeout(HOUR / 5, handle.result()).await;
        assert_eq!(then.expect("it was forgotten").unwrap(), expected());
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_of_an_execution_follows_the_clock() {
    let clock = SetClock::new();
    let log = Arc::new(MemoryLog::new()) as Arc<dyn Log>;
    let forever = |ctx: Context, (): ()| async move { ctx.signal::<()>("never").await };
    let runtime = Runtime::on_log(log).clock(clock.clone()).workflow("w", forever).open().await.unwrap();
    let handle: Handle<()> = runtime.start("w", "w", ()).timeout(HOUR).await.unwrap();
    clock.set_back(HOUR);
    assert!(tokio::time::timeout(HOUR * 19 / 10, handle.result()).await.is_err(), "it came early");
    clock.set_ahead(HOUR);
    let ended = tokio::time::timeout(Duration::from_secs(5), handle.result()).await.expect("it came late");
    assert!(matches!(ended, Err(duramen::Error::TimedOut { .. })), "{ended:?}");
}
