//! What a step may be told: at most once, timeouts, heartbeats, idempotency keys; and conditions.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::sync::Arc;
use std::time::Duration;

use duramen::{Condition, Context, Failure, Handle, Jitter, Retry, StepContext};
use duramen_storage::MemoryLog;
use ground::{Deeds, in_memory, on};

#[tokio::test(start_paused = true)]
async fn an_attempt_that_takes_too_long_or_is_silent_fails() {
    async fn silent(_: StepContext) -> Result<(), Failure> {
        tokio::time::sleep(Duration::from_secs(1000)).await;
        Ok(())
    }
    async fn beating(step: StepContext) -> Result<u32, Failure> {
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_secs(20)).await;
            step.heartbeat();
        }
        Ok(step.attempt())
    }
    let runtime = in_memory()
        .workflow("w", |ctx: Context, (): ()| async move {
            let late = ctx.step_with("late", silent).timeout(Duration::from_secs(100)).retry(Retry::none()).await;
            let begin = ctx.now_ms();
            let silent = ctx.step_with("silent", silent).heartbeat(Duration::from_secs(30)).retry(Retry::none()).await;
            let took = ctx.now_ms() - begin;
            let beats = ctx.step_with("beating", beating).heartbeat(Duration::from_secs(30)).await?;
            let names = [late.unwrap_err().name().to_owned(), silent.unwrap_err().name().to_owned()];
            Ok::<_, Failure>((names, took / 1000, beats))
        })
        .open()
        .await
        .unwrap();
    let handle: Handle<([String; 2], u64, u32)> = runtime.start("w", "w", ()).await.unwrap();
    let ([late, silent], took, beats) = handle.result().await.unwrap();
    assert_eq!((late.as_str(), silent.as_str()), (Failure::STEP_TIMEOUT, Failure::STEP_HEARTBEAT));
    assert_eq!((took, beats), (30, 1));
}

#[tokio::test(start_paused = true)]
async fn the_key_is_the_same_for_all_attempts_and_another_for_each_step() {
    let deeds = Deeds::default();
    let noted = deeds.clone();
    let runtime = in_memory()
        .workflow("w", move |ctx: Context, (): ()| {
            let deeds = noted.clone();
            async move {
                let run = |step: StepContext| {
                    let deeds = deeds.clone();
                    async move {
                        deeds.note(step.key());
                        if step.attempt() < 3 { Err(Failure::new("Again", "")) } else { Ok(step.key().to_owned()) }
                    }
                };
                ctx.step_with("one", run).await?;
                ctx.step_with("two", run).await
            }
        })
        .open()
        .await
        .unwrap();
    let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
    let last = handle.result().await.unwrap();
    let keys = deeds.all();
    assert_eq!(keys.len(), 6);
    assert!(keys[..3].iter().all(|key| *key == keys[0]) && keys[3..].iter().all(|key| *key == last));
    assert_ne!(keys[0], last);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_runs_at_most_once_is_not_run_again_after_a_crash() {
    let deeds = Deeds::default();
    let build = |log: &Arc<MemoryLog>, limit: u32| {
        let deeds = deeds.clone();
        on(log).workflow("w", move |ctx: Context, (): ()| {
            let deeds = deeds.clone();
            async move {
                ctx.step_with("pay", |step| {
                    let deeds = deeds.clone();
                    async move {
                        deeds.note(format!("attempt {}", step.attempt()));
                        tokio::time::sleep(Duration::from_secs(50)).await;
                        Ok::<_, Failure>(step.attempt())
                    }
                })
                .at_most_once()
                .retry(Retry::exponential().limit(limit))
                .await
            }
        })
    };
    for (limit, expected) in [(1, Err(Failure::STEP_INTERRUPTED)), (2, Ok(2))] {
        let log = Arc::new(MemoryLog::new());
        let runtime = build(&log, limit).open().await.unwrap();
        runtime.start::<u32>("w", "w", ()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(10)).await;
        drop(runtime);
        let runtime = build(&Arc::new(log.reopen()), limit).open().await.unwrap();
        let handle: Handle<u32> = runtime.get("w", "w").await.unwrap();
        let result = handle.result().await;
        assert_eq!(result.as_ref().map_err(|error| error.failure().unwrap().name()).copied(), expected);
    }
    assert_eq!(deeds.all(), ["attempt 1", "attempt 1", "attempt 2"]);
}

#[tokio::test(start_paused = true)]
async fn a_condition_carries_its_state_from_look_to_look_across_crashes() {
    let build = |log: &Arc<MemoryLog>| {
        on(log).workflow("w", |ctx: Context, looks: u32| async move {
            ctx.wait_for_condition("ready", 5, move |state: u32| async move {
                Ok::<_, Failure>(if state < 8 { Condition::NotYet(state + 1) } else { Condition::Met(state + 100) })
            })
            .poll_every(Retry::polling().limit(looks).first(Duration::from_secs(100)).jitter(Jitter::None))
            .await
        })
    };
    let whole = Arc::new(MemoryLog::new());
    let runtime = build(&whole).open().await.unwrap();
    let handle: Handle<u32> = runtime.start("w", "w", 10).await.unwrap();
    assert_eq!(handle.result().await.unwrap(), 108);
    let error = runtime.start::<u32>("w", "impatient", 3).await.unwrap().result().await.unwrap_err();
    assert_eq!(error.failure().unwrap().name(), Failure::CONDITION_NOT_MET, "{error}");
    assert!(error.to_string().contains("3 polls") && error.to_string().contains("gave 8"), "{error}");
    for batches in 1..whole.batches() {
        let runtime = build(&Arc::new(whole.prefix(batches))).open().await.unwrap();
        let handle: Handle<u32> = runtime.start("w", "w", 10).await.unwrap();
        assert_eq!(handle.result().await.unwrap(), 108, "after {batches} batches");
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_that_fails_is_not_tried_again() {
    let runtime =
        in_memory()
            .workflow("w", |ctx: Context, (): ()| async move {
                ctx.wait_for_condition("ready", (), |(): ()| async move {
                    Err::<Condition<()>, _>(Failure::new("Blind", ""))
                })
                .await
            })
            .open()
            .await
            .unwrap();
    let handle = runtime.start::<()>("w", "w", ()).await.unwrap();
    assert_eq!(handle.result().await.unwrap_err().failure().unwrap().name(), "Blind");
    let lines = handle.history().await.unwrap().len();
    assert_eq!(lines, 4, "it started, looked, failed, ended");
}
