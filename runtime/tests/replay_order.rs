//! What runs at once goes on in the same order when child contexts are replayed as their result.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod tape;

use std::sync::Arc;
use std::time::Duration;

use duramen::{Builder, Context, Failure, Handle};
use futures::FutureExt;
use tape::{Tape, outcome, survives_every_crash};

const SECOND: Duration = Duration::from_secs(1);

async fn step(ctx: &Context, name: &'static str) -> Result<String, Failure> {
    ctx.step(name, move || async move { Ok::<_, Failure>(name.to_owned()) }).await
}

/// Runs a workflow `w` that is cancelled, if it is, so many ms after the beginning.
async fn run(tape: Arc<Tape>, register: impl Fn(Builder) -> Builder, cancel_at: Option<u64>) -> String {
    let runtime = register(tape.builder()).open().await.unwrap();
    let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
    if let Some(ms) = cancel_at {
        tape.at(ms).await;
        let _ = handle.cancel("enough").await;
    }
    outcome(&handle).await
}

#[tokio::test(start_paused = true)]
async fn two_branches_that_are_cancelled_at_once_undo_in_the_same_order() {
    let workflow = |ctx: Context, (): ()| async move {
        let (one, other) = (ctx.saga(), ctx.saga());
        let done = ctx
            .all_settled([
                one.settle(async {
                    one.step("one", || async { Ok::<_, Failure>(()) }).undo(|| async { Ok::<_, Failure>(()) }).await?;
                    ctx.wait("one", 60 * SECOND).await?;
                    Ok(String::new())
                })
                .boxed(),
                other
                    .settle(async {
                        other
                            .step("other", || async { Ok::<_, Failure>(()) })
                            .undo(|| async { Ok::<_, Failure>(()) })
                            .await?;
                        ctx.child("within", |ctx| async move { ctx.wait("other", 60 * SECOND).await }).await?;
                        Ok(String::new())
                    })
                    .boxed(),
            ])
            .await;
        Ok::<_, Failure>(format!("{done:?}"))
    };
    let result = survives_every_crash(async |tape| run(tape, |on| on.workflow("w", workflow), Some(5_000)).await).await;
    assert!(result.contains("Cancelled") && !result.contains("paused"), "{result}");
}

#[tokio::test(start_paused = true)]
async fn a_branch_that_is_busy_inside_does_not_fall_behind_another() {
    let workflow = |ctx: Context, (): ()| async move {
        let within = |ctx: Context| async move {
            let nested = |name| {
                let ctx = &ctx;
                async move {
                    let waits = [async {
                        ctx.wait(name, SECOND).await?;
                        ctx.wait(name, 100 * SECOND).await
                    }];
                    ctx.all(waits).await.map(|_| ())
                }
                .boxed()
            };
            ctx.race([nested("a"), nested("b"), async { ctx.wait("c", SECOND).await }.boxed()]).await
        };
        let done = ctx
            .all_settled([
                async {
                    ctx.child("within", within).await?;
                    step(&ctx, "behind the child").await
                }
                .boxed(),
                async {
                    ctx.wait("beside", SECOND).await?;
                    step(&ctx, "behind the wait").await
                }
                .boxed(),
            ])
            .await;
        ctx.wait("a while", SECOND).await?;
        Ok::<_, Failure>(format!("{done:?}"))
    };
    survives_every_crash(async |tape| run(tape, |on| on.workflow("w", workflow), None).await).await;
}

#[tokio::test(start_paused = true)]
async fn what_came_while_it_was_paused_is_looked_at_in_the_order_in_which_it_came() {
    let workflow = |ctx: Context, (): ()| async move {
        let slow = |name: &'static str, seconds| {
            move || async move {
                tokio::time::sleep(seconds * SECOND).await;
                Ok::<_, Failure>(name.to_owned())
            }
        };
        let done = ctx
            .all_settled([
                async {
                    ctx.step("beside", slow("beside", 20)).await?;
                    step(&ctx, "behind the step").await
                }
                .boxed(),
                async {
                    ctx.child("within", |ctx| async move { ctx.step("slow", slow("slow", 10)).await }).await?;
                    step(&ctx, "behind the child").await
                }
                .boxed(),
            ])
            .await;
        ctx.wait("a while", SECOND).await?;
        Ok::<_, Failure>(format!("{done:?}"))
    };
    survives_every_crash(async |tape| {
        let runtime = tape.builder().workflow("w", workflow).open().await.unwrap();
        let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
        tape.at(5_000).await;
        if tape.now_ms() < tape::BEGINNING + 60_000 {
            let _ = handle.pause("for a while").await;
            tape.at(60_000).await;
        }
        let _ = handle.resume().await;
        outcome(&handle).await
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn children_that_wait_for_the_same_signal_take_the_same_ones() {
    let workflow = |ctx: Context, (): ()| async move {
        let taking = (0..4_u32).map(|nth| {
            let ctx = ctx.clone();
            async move {
                let mut taken = Vec::new();
                for _ in 0..2 {
                    let words = ctx
                        .child("take", async |ctx: Context| {
                            let first: u64 = ctx.signal("word").await?;
                            ctx.wait("a while", nth * SECOND).await?;
                            let second: u64 = ctx.race([ctx.signal("word"), ctx.signal("other")]).await?;
                            Ok::<_, Failure>([first, second])
                        })
                        .await?;
                    taken.push(words);
                    step(&ctx, "taken").await?;
                }
                Ok::<_, Failure>(taken)
            }
        });
        let taken = ctx.all_settled(taking).await;
        ctx.wait("a while", SECOND).await?;
        Ok::<_, Failure>(format!("{taken:?}"))
    };
    for pace in [100, 400, 1100] {
        survives_every_crash(async |tape: Arc<Tape>| {
            let runtime = tape.builder().workflow("w", workflow).open().await.unwrap();
            let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
            let history = handle.history().await.unwrap();
            let sent = history.iter().filter(|line| line.event.kind() == "SignalReceived").count() as u64;
            for nth in sent..40 {
                // Never when a wait ends that began with another signal.
                tape.at(nth * pace + nth * 7).await;
                let _ = handle.signal(if nth % 5 == 4 { "other" } else { "word" }, &nth).await;
            }
            outcome(&handle).await
        })
        .await;
    }
}
