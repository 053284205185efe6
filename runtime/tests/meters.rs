//! What a runtime tells the recorder that was there when it was opened.

#![allow(clippy::unwrap_used, clippy::panic, clippy::float_cmp, reason = "a test; the figures are whole numbers")]

mod ground;
#[path = "../../actors/tests/told/mod.rs"]
mod told;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use duramen::meters::{self, entities};
use duramen::{Builder, CallbackToken, Context, Failure, Handle, Jitter, Retry, Status};
use duramen_storage::MemoryLog;
use ground::{in_memory, on};
use told::{Recorder, Told};

const HOUR: Duration = Duration::from_secs(3600);

/// Fails once and then takes two seconds; waits; and fails if it is told to.
fn with_order(builder: Builder) -> Builder {
    builder.workflow("order", |ctx: Context, fails: bool| async move {
        let attempts = Arc::new(AtomicU32::new(0));
        let reserve = || {
            let attempt = attempts.fetch_add(1, Ordering::SeqCst);
            async move {
                tokio::time::sleep(Duration::from_secs(2)).await;
                if attempt == 0 { Err(Failure::new("Flaky", "once")) } else { Ok(7_u32) }
            }
        };
        let retry = Retry::exponential().first(Duration::from_secs(1)).jitter(Jitter::None);
        let reserved = ctx.step("reserve", reserve).retry(retry).await?;
        ctx.wait("cooling off", HOUR).await?;
        let refuse = || async { Err::<(), _>(Failure::new("Refused", "by the bank")) };
        if fails {
            ctx.step("charge", refuse).retry(Retry::none()).await?;
        }
        Ok::<_, Failure>(reserved)
    })
}

fn count(told: &Told, name: &str) -> u64 {
    told.counter(name, &[("workflow", "order")])
}

fn outcome(told: &Told, name: &str, outcome: &str) -> u64 {
    told.counter(name, &[("workflow", "order"), ("outcome", outcome)])
}

#[tokio::test(start_paused = true)]
async fn an_execution_is_counted_from_its_start_over_its_sleep_to_its_end() {
    let mut recorder = Recorder::begin();
    let runtime = with_order(in_memory()).open().await.unwrap();
    assert_eq!(count(&recorder.told(), meters::EXECUTIONS_STARTED), 0, "it is there from the opening on");

    let succeeds: Handle<u32> = runtime.start("order", "succeeds", false).await.unwrap();
    let fails: Handle<u32> = runtime.start("order", "fails", true).await.unwrap();
    let told = recorder.told();
    assert_eq!((count(&told, meters::EXECUTIONS_STARTED), count(&told, meters::STEPS_STARTED)), (2, 2));
    assert_eq!((told.gauge(entities::LIVE), told.gauge(entities::ASLEEP)), (2.0, 0.0));

    tokio::time::sleep(HOUR / 2).await;
    let told = recorder.told();
    assert_eq!((count(&told, meters::STEPS_STARTED), count(&told, meters::STEP_RETRIES)), (0, 2));
    assert_eq!(outcome(&told, meters::STEPS_ENDED, "succeeded"), 2);
    assert_eq!(told.histogram(meters::STEP_SECONDS, &[("workflow", "order")]), [2.0; 4]);
    assert_eq!((told.gauge(entities::LIVE), told.gauge(entities::ASLEEP)), (0.0, 2.0));
    assert_eq!(told.counter(entities::PASSIVATIONS, &[("behavior", "durable_function")]), 2);

    assert_eq!(succeeds.result().await.unwrap(), 7);
    fails.result().await.unwrap_err();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let told = recorder.told();
    assert_eq!(outcome(&told, meters::EXECUTIONS_ENDED, "succeeded"), 1);
    assert_eq!(outcome(&told, meters::EXECUTIONS_ENDED, "failed"), 1);
    assert_eq!(outcome(&told, meters::EXECUTIONS_ENDED, "stopped"), 0);
    assert_eq!(outcome(&told, meters::STEPS_ENDED, "succeeded"), 0);
    assert_eq!(outcome(&told, meters::STEPS_ENDED, "failed"), 1);
    assert_eq!(told.counter(entities::RECOVERIES, &[]), 2);
    assert_eq!((told.gauge(entities::LIVE), told.gauge(entities::ASLEEP)), (0.0, 0.0));
    // The wait is over; of one execution, the step has failed too.
    assert_eq!(count(&told, meters::TURNS), 3);
}

#[tokio::test(start_paused = true)]
async fn what_is_read_from_the_log_again_is_not_counted_again() {
    let log = Arc::new(MemoryLog::new());
    let runtime = with_order(on(&log)).open().await.unwrap();
    runtime.start::<u32>("order", "o", false).await.unwrap();
    tokio::time::sleep(HOUR / 2).await;
    drop(runtime);

    let mut recorder = Recorder::begin();
    let runtime = with_order(on(&Arc::new(log.reopen()))).open().await.unwrap();
    let handle: Handle<u32> = runtime.get("order", "o").await.unwrap();
    assert_eq!(handle.result().await.unwrap(), 7);
    let told = recorder.told();
    assert_eq!((count(&told, meters::EXECUTIONS_STARTED), count(&told, meters::STEPS_STARTED)), (0, 0));
    assert_eq!((count(&told, meters::STEP_RETRIES), outcome(&told, meters::STEPS_ENDED, "succeeded")), (0, 0));
    assert_eq!((count(&told, meters::TURNS), outcome(&told, meters::EXECUTIONS_ENDED, "succeeded")), (1, 1));
    assert_eq!(told.gauge(entities::ASLEEP), -1.0, "it slept before the opening");
}

#[tokio::test(start_paused = true)]
async fn code_that_does_not_match_is_counted_and_so_is_who_is_paused_by_it() {
    let log = Arc::new(MemoryLog::new());
    let runtime = with_order(on(&log)).open().await.unwrap();
    runtime.start::<u32>("order", "o", false).await.unwrap();
    tokio::time::sleep(HOUR / 2).await;
    drop(runtime);

    let mut recorder = Recorder::begin();
    let other = |ctx: Context, _: bool| async move {
        ctx.wait("at once", HOUR).await?;
        Ok::<_, Failure>(7_u32)
    };
    let runtime = on(&Arc::new(log.reopen())).workflow("order", other).open().await.unwrap();
    let handle: Handle<u32> = runtime.get("order", "o").await.unwrap();
    tokio::time::sleep(2 * HOUR).await;
    assert!(matches!(handle.status().await.unwrap(), Status::Paused { .. }));
    let told = recorder.told();
    assert_eq!(count(&told, meters::REPLAY_MISMATCHES), 1);
    assert_eq!((told.gauge(entities::PAUSED), told.gauge(entities::ASLEEP)), (1.0, -1.0));

    handle.stop(Failure::new("Given up", "it cannot go on")).await.unwrap();
    let told = recorder.told();
    assert_eq!(told.gauge(entities::PAUSED), 0.0);
    assert_eq!(outcome(&told, meters::EXECUTIONS_ENDED, "stopped"), 1);
}

#[tokio::test(start_paused = true)]
async fn executions_whose_workflow_is_not_registered_are_counted_together() {
    let log = Arc::new(MemoryLog::new());
    let runtime = with_order(on(&log)).open().await.unwrap();
    runtime.start::<u32>("order", "o", false).await.unwrap();
    tokio::time::sleep(HOUR / 2).await;
    drop(runtime);

    let mut recorder = Recorder::begin();
    let runtime = on(&Arc::new(log.reopen())).open().await.unwrap();
    let handle: Handle<u32> = runtime.get("order", "o").await.unwrap();
    handle.stop(Failure::new("Given up", "its code is gone")).await.unwrap();
    let told = recorder.told();
    let labels = [("workflow", "(other)"), ("outcome", "stopped")];
    assert_eq!(told.counter(meters::EXECUTIONS_ENDED, &labels), 1);
}

#[tokio::test(start_paused = true)]
async fn what_comes_in_from_outside_is_counted() {
    let mut recorder = Recorder::begin();
    let tokens = Arc::new(Mutex::new(Vec::<CallbackToken>::new()));
    let sent = Arc::clone(&tokens);
    let order = move |ctx: Context, (): ()| {
        let sent = Arc::clone(&sent);
        async move {
            let go: u32 = ctx.signal("go").await?;
            let no_more_than_nine = |to: &u32| {
                if *to > 9 { Err(Failure::new("Refused", "too many")) } else { Ok(()) }
            };
            let update = ctx.update::<u32>("amount").validate(no_more_than_nine).await?;
            let amount = update.accept("it is so");
            let send = |token: CallbackToken| {
                sent.lock().unwrap().push(token);
                async { Ok::<_, Failure>(()) }
            };
            let approved: u32 = ctx.wait_for_callback("approval", send).await?;
            Ok::<_, Failure>(go + amount + approved)
        }
    };
    let runtime = in_memory().workflow("order", order).open().await.unwrap();
    let handle: Handle<u32> = runtime.start("order", "o", ()).await.unwrap();
    handle.signal("go", &1).await.unwrap();
    handle.update::<String>("amount", &10).await.unwrap_err();
    handle.update::<String>("amount", &2).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let token = tokens.lock().unwrap().pop().unwrap();
    runtime.succeed_callback(&token, &3).await.unwrap();
    runtime.succeed_callback(&token, &4).await.unwrap_err();
    assert_eq!(handle.result().await.unwrap(), 6);

    let told = recorder.told();
    assert_eq!((count(&told, meters::SIGNALS_RECEIVED), count(&told, meters::UPDATES_REQUESTED)), (1, 2));
    let answered = |how| outcome(&told, meters::UPDATES_ANSWERED, how);
    assert_eq!((answered("accepted"), answered("refused")), (1, 1));
    let callbacks = |how| outcome(&told, meters::CALLBACKS_ANSWERED, how);
    assert_eq!((callbacks("succeeded"), callbacks("failed"), callbacks("timed_out")), (1, 0, 0));
}
