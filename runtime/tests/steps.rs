//! Steps are retried, recorded once, and run outside of the workflow.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use duramen::{Context, Error, Event, Failure, Handle, Jitter, Retry, Status};
use duramen_storage::MemoryLog;
use ground::{Deeds, in_memory, on};
use tokio::time::Instant;

/// Fails until the attempt of this number.
async fn flaky(counter: Arc<AtomicU32>, succeeds_at: u32) -> Result<u32, Failure> {
    let attempt = counter.fetch_add(1, Ordering::SeqCst) + 1;
    if attempt < succeeds_at { Err(Failure::new("Flaky", format!("attempt {attempt}"))) } else { Ok(attempt) }
}

fn exact() -> Retry {
    Retry::exponential().first(Duration::from_secs(1)).jitter(Jitter::None)
}

async fn run(retry: Retry, succeeds_at: u32) -> (Result<u32, Error>, Duration, Vec<Event>) {
    let runtime = in_memory()
        .workflow("flaky", move |ctx: Context, (): ()| {
            let retry = retry.clone();
            async move {
                let counter = Arc::new(AtomicU32::new(0));
                ctx.step("call", || flaky(counter.clone(), succeeds_at)).retry(retry).await
            }
        })
        .open()
        .await
        .unwrap();
    let begin = Instant::now();
    let handle: Handle<u32> = runtime.start("flaky", "f", ()).await.unwrap();
    let result = handle.result().await;
    let took = begin.elapsed();
    (result, took, handle.history().await.unwrap().into_iter().map(|line| line.event).collect())
}

#[tokio::test(start_paused = true)]
async fn a_failed_step_is_tried_again_after_growing_pauses() {
    let (result, took, _) = run(exact(), 4).await;
    assert_eq!(result.unwrap(), 4);
    let seconds = took.as_secs_f64();
    assert!((7.0..7.1).contains(&seconds), "1 s, 2 s and 4 s passed: {seconds}");
}

#[tokio::test(start_paused = true)]
async fn pauses_are_capped() {
    let (result, took, _) = run(exact().cap(Duration::from_secs(2)), 5).await;
    assert_eq!(result.unwrap(), 5);
    let seconds = took.as_secs_f64();
    assert!((7.0..7.1).contains(&seconds), "1 s, 2 s, 2 s and 2 s passed: {seconds}");
}

#[tokio::test(start_paused = true)]
async fn the_last_failure_is_what_the_step_gives() {
    let (result, _, events) = run(exact().limit(3), 9).await;
    let failure = result.unwrap_err().failure().unwrap().clone();
    assert_eq!((failure.name(), failure.cause()), ("Flaky", "attempt 3"));
    let starts = events.iter().filter(|event| event.kind() == "StepStarted").count();
    let last = events.iter().rfind(|event| event.kind() == "StepFailed").unwrap();
    assert_eq!(starts, 3);
    assert!(matches!(last, Event::StepFailed { attempt: 3, retry_at_ms: None, .. }));
}

#[tokio::test(start_paused = true)]
async fn without_retry_one_failure_is_enough() {
    let (result, took, _) = run(Retry::none(), 2).await;
    assert_eq!(result.unwrap_err().failure().unwrap().cause(), "attempt 1");
    assert!(took < Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn a_pause_between_attempts_outlasts_a_crash() {
    let log = Arc::new(MemoryLog::new());
    let counter = Arc::new(AtomicU32::new(0));
    let build = |log: &Arc<MemoryLog>| {
        let counter = Arc::clone(&counter);
        on(log).workflow("flaky", move |ctx: Context, (): ()| {
            let counter = Arc::clone(&counter);
            async move { ctx.step("call", || flaky(counter.clone(), 2)).retry(exact()).await }
        })
    };
    let runtime = build(&log).open().await.unwrap();
    runtime.start::<u32>("flaky", "f", ()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(runtime);
    let runtime = build(&Arc::new(log.reopen())).open().await.unwrap();
    assert_eq!(runtime.get::<u32>("flaky", "f").await.unwrap().result().await.unwrap(), 2);
    assert_eq!(counter.load(Ordering::SeqCst), 2, "the first attempt was recorded and did not run again");
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_step_is_a_failure_and_is_tried_again() {
    let runtime = in_memory()
        .workflow("panics", |ctx: Context, (): ()| async move {
            let attempts = Arc::new(AtomicU32::new(0));
            let run = || {
                let attempt = attempts.fetch_add(1, Ordering::SeqCst);
                async move {
                    assert!(attempt > 0, "the shelf is empty");
                    Ok::<_, Failure>(attempt)
                }
            };
            let first = ctx.step("panics once", run).retry(Retry::none()).await.unwrap_err();
            let second = ctx.step("recovers", run).await?;
            Ok::<_, Failure>((first.name().to_owned(), first.cause().to_owned(), second))
        })
        .open()
        .await
        .unwrap();
    let handle: Handle<(String, String, u32)> = runtime.start("panics", "p", ()).await.unwrap();
    assert_eq!(handle.result().await.unwrap(), ("Panic".to_owned(), "the shelf is empty".to_owned(), 1));
}

#[tokio::test(start_paused = true)]
async fn errors_of_any_kind_become_failures_by_the_question_mark() {
    let runtime = in_memory()
        .workflow("reads", |ctx: Context, path: String| async move {
            let read = || {
                let path = path.clone();
                async move { std::fs::read_to_string(path) }
            };
            let text = ctx.step("read", read).retry(Retry::none()).await?;
            let number: u32 = text.parse()?;
            Ok::<_, Failure>(number)
        })
        .open()
        .await
        .unwrap();
    let missing: Handle<u32> = runtime.start("reads", "r", "/nowhere/at/all").await.unwrap();
    let error = missing.result().await.unwrap_err();
    assert_eq!(error.failure().unwrap().name(), "io::Error", "{error}");
    assert!(error.failure().unwrap().cause().contains("No such file"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_result_above_the_limit_fails_the_step_and_says_the_sizes() {
    let runtime = in_memory()
        .max_payload(1000)
        .workflow("large", |ctx: Context, bytes: usize| async move {
            let large = ctx.step("large", || async move { Ok::<_, Failure>("x".repeat(bytes)) }).retry(Retry::none());
            large.await.map(|text| text.len())
        })
        .open()
        .await
        .unwrap();
    let fits: Handle<usize> = runtime.start("large", "fits", 998).await.unwrap();
    assert_eq!(fits.result().await.unwrap(), 998);
    let too_large: Handle<usize> = runtime.start("large", "too large", 999).await.unwrap();
    let error = too_large.result().await.unwrap_err();
    assert_eq!(error.failure().unwrap().name(), "PayloadTooLarge");
    assert!(error.to_string().contains("1001 bytes") && error.to_string().contains("1000"), "{error}");
    let input = runtime.start::<usize>("large", "input", "y".repeat(2000)).await.unwrap_err();
    assert!(matches!(input, Error::TooLarge { what: "the input", bytes: 2002, limit: 1000 }), "{input}");
}

#[tokio::test(flavor = "multi_thread")]
async fn payloads_of_many_megabytes_come_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let build = || {
        duramen::Runtime::builder(folder.path()).workflow("large", |ctx: Context, text: String| async move {
            let copy = ctx.step("copy", || {
                let text = text.clone();
                async move { Ok::<_, Failure>(text + "!") }
            });
            copy.await
        })
    };
    let text = "0123456789".repeat(600_000);
    let runtime = build().open().await.unwrap();
    let handle: Handle<String> = runtime.start("large", "l", &text).await.unwrap();
    assert_eq!(handle.result().await.unwrap().len(), text.len() + 1);
    runtime.shutdown(Duration::from_secs(5)).await.unwrap();
    let runtime = build().open().await.unwrap();
    let handle: Handle<String> = runtime.get("large", "l").await.unwrap();
    assert_eq!(handle.result().await.unwrap(), text + "!");
}

#[tokio::test(start_paused = true)]
async fn a_recorded_step_does_not_run_again_after_a_crash() {
    let log = Arc::new(MemoryLog::new());
    let deeds = Deeds::default();
    let build = |log: &Arc<MemoryLog>| {
        let deeds = deeds.clone();
        on(log).workflow("two", move |ctx: Context, (): ()| {
            let deeds = deeds.clone();
            async move {
                ctx.step("first", || deeds.clone().deed("first")).await?;
                ctx.wait("a while", Duration::from_secs(60)).await?;
                ctx.step("second", || deeds.clone().deed("second")).await
            }
        })
    };
    let runtime = build(&log).open().await.unwrap();
    runtime.start::<String>("two", "t", ()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(runtime);
    let runtime = build(&Arc::new(log.reopen())).open().await.unwrap();
    let handle: Handle<String> = runtime.get("two", "t").await.unwrap();
    assert_eq!(handle.result().await.unwrap(), "second");
    assert_eq!(deeds.all(), ["first", "second"]);
    assert_eq!(handle.status().await.unwrap(), Status::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_was_running_at_the_crash_runs_again() {
    let log = Arc::new(MemoryLog::new());
    let deeds = Deeds::default();
    let build = |log: &Arc<MemoryLog>, hangs: bool| {
        let deeds = deeds.clone();
        on(log).workflow("one", move |ctx: Context, (): ()| {
            let deeds = deeds.clone();
            async move {
                let run = || {
                    let deeds = deeds.clone();
                    async move {
                        deeds.note("begun");
                        if hangs {
                            std::future::pending::<()>().await;
                        }
                        Ok::<_, Failure>("done".to_owned())
                    }
                };
                ctx.step("hangs", run).await
            }
        })
    };
    let runtime = build(&log, true).open().await.unwrap();
    runtime.start::<String>("one", "o", ()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(runtime);
    let runtime = build(&Arc::new(log.reopen()), false).open().await.unwrap();
    assert_eq!(runtime.get::<String>("one", "o").await.unwrap().result().await.unwrap(), "done");
    assert_eq!(deeds.count("begun"), 2);
}
