//! An attempt that is due while the execution is being paused, or whose turn failed, is run once it goes on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;
mod tape;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use duramen::{Context, Failure, Handle, Jitter, Retry};
use ground::Deeds;
use tape::{Tape, outcome, survives_every_crash};

const SECOND: Duration = Duration::from_secs(1);

fn every_second() -> Retry {
    Retry::exponential().first(SECOND).rate(1.0).jitter(Jitter::None).unlimited()
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_is_due_in_the_turn_of_a_pause_runs_after_the_resuming() {
    let deeds = Deeds::default();
    let tape = Tape::new();
    let runtime = tape
        .builder()
        .workflow("w", {
            let deeds = deeds.clone();
            move |ctx: Context, (): ()| {
                let deeds = deeds.clone();
                async move {
                    ctx.step_with("flaky", |step| {
                        let deeds = deeds.clone();
                        async move {
                            deeds.note(format!("attempt {}", step.attempt()));
                            if step.attempt() < 3 { Err(Failure::new("Flaky", "")) } else { Ok("done".to_owned()) }
                        }
                    })
                    .retry(every_second())
                    .await
                }
            }
        })
        .open()
        .await
        .unwrap();
    let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
    tape.at(500).await;
    // The thread sleeps past the time at which the retry is due, so that the pause comes into the turn of it.
    tape.at(1_000).await;
    handle.pause("at the same time").await.unwrap();
    tape.at(10_000).await;
    handle.resume().await.unwrap();
    assert_eq!(outcome(&handle).await, "done");
    assert_eq!(deeds.all(), ["attempt 1", "attempt 2", "attempt 3"]);
}

#[tokio::test(start_paused = true)]
async fn pausing_at_any_moment_and_resuming_loses_no_step() {
    for ms in (0..4_000).step_by(250) {
        let result = survives_every_crash(async |tape: Arc<Tape>| {
            let workflow = |ctx: Context, (): ()| async move {
                let tries = |name: &'static str| {
                    ctx.step_with(name, move |step| async move {
                        tokio::time::sleep(SECOND / 2).await;
                        if step.attempt() < 3 { Err(Failure::new("Flaky", "")) } else { Ok(name.to_owned()) }
                    })
                    .retry(every_second())
                };
                let (one, other) = tokio::join!(tries("one"), tries("other"));
                Ok::<_, Failure>(one? + &other?)
            };
            let runtime = tape.builder().workflow("w", workflow).open().await.unwrap();
            let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
            tape.at(ms).await;
            let _ = handle.pause("for a while").await;
            tape.at(20_000).await;
            let _ = handle.resume().await;
            outcome(&handle).await
        })
        .await;
        assert_eq!(result, "oneother", "paused after {ms} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_whose_turn_panicked_runs_all_the_same() {
    let (panics, attempts) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU32::new(0)));
    let tape = Tape::new();
    let runtime = tape
        .builder()
        .workflow("w", {
            let (panics, attempts) = (Arc::clone(&panics), Arc::clone(&attempts));
            move |ctx: Context, (): ()| {
                let (panics, attempts) = (Arc::clone(&panics), Arc::clone(&attempts));
                async move {
                    let flaky = ctx
                        .step_with("flaky", |step| {
                            attempts.fetch_add(1, Ordering::Relaxed);
                            async move {
                                if step.attempt() < 2 { Err(Failure::new("Flaky", "")) } else { Ok("done".to_owned()) }
                            }
                        })
                        .retry(every_second());
                    // Both are due in the same turn, and the code behind the wait panics once.
                    let panicking = async {
                        ctx.wait("a second", SECOND).await?;
                        assert!(!panics.swap(false, Ordering::Relaxed), "once");
                        Ok::<_, Failure>(())
                    };
                    let (waited, done) = tokio::join!(panicking, flaky);
                    waited?;
                    done
                }
            }
        })
        .open()
        .await
        .unwrap();
    let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
    assert_eq!(outcome(&handle).await, "done");
    assert!(!panics.load(Ordering::Relaxed));
}
