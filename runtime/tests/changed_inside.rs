//! Code that was changed inside of child contexts and of branches that run at once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod tape;

use std::time::Duration;

use duramen::{Context, Failure, Handle, Status};
use futures::FutureExt;
use futures::future::BoxFuture;
use tape::{Tape, outcome};

type Code = fn(Context) -> BoxFuture<'static, Result<(), Failure>>;

async fn step(ctx: &Context, name: &'static str) -> Result<(), Failure> {
    ctx.step(name, || async { Ok::<_, Failure>(()) }).await
}

async fn minute(ctx: &Context) -> Result<(), Failure> {
    ctx.wait("a minute", Duration::from_secs(60)).await
}

/// Begins with one code until it waits for its first minute, goes on with another, and says what came of it.
async fn changed(from: Code, to: Code) -> Result<(), String> {
    let workflow = |code: Code| {
        move |ctx: Context, (): ()| async move {
            code(ctx.clone()).await?;
            minute(&ctx).await?;
            Ok::<_, Failure>("done".to_owned())
        }
    };
    let tape = Tape::new();
    let runtime = tape.builder().workflow("w", workflow(from)).open().await.unwrap();
    runtime.start::<String>("w", "w", ()).await.unwrap();
    tape.at(5_000).await;
    drop(runtime);

    let tape = tape.cut();
    let runtime = tape.builder().workflow("w", workflow(to)).open().await.unwrap();
    let handle: Handle<String> = runtime.get("w", "w").await.unwrap();
    tape.at(200_000).await;
    let status = handle.status().await.unwrap();
    drop(runtime);
    let Status::Paused { reason, .. } = status else {
        assert_eq!(status, Status::Succeeded);
        return Ok(());
    };
    // With the code it began with it goes on.
    let tape = tape.cut();
    let runtime = tape.builder().workflow("w", workflow(from)).open().await.unwrap();
    let handle: Handle<String> = runtime.get("w", "w").await.unwrap();
    assert_eq!(outcome(&handle).await, "done");
    Err(reason)
}

/// The reason, which must say that the code and the history do not match, and where.
async fn mismatch(from: Code, to: Code) -> String {
    let reason = changed(from, to).await.expect_err("the change was not found");
    assert!(reason.contains("does not match the history"), "{reason}");
    reason
}

macro_rules! code {
    (|$ctx:ident| $body:expr) => {{
        let code: Code = |$ctx: Context| async move { $body }.boxed();
        code
    }};
}

#[tokio::test(start_paused = true)]
async fn inside_of_a_child_that_has_ended_anything_may_change() {
    let from = code!(|ctx| {
        ctx.child("child", async |ctx: Context| {
            step(&ctx, "one").await?;
            step(&ctx, "two").await
        })
        .await
    });
    let to = code!(|ctx| ctx.child("child", async |ctx: Context| ctx.signal::<()>("other").await).await);
    assert_eq!(changed(from, to).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn inside_of_a_child_that_has_not_ended_nothing_may_change() {
    let from = code!(|ctx| {
        ctx.child("child", async |ctx: Context| {
            step(&ctx, "one").await?;
            minute(&ctx).await
        })
        .await
    });
    let renamed = code!(|ctx| {
        ctx.child("child", async |ctx: Context| {
            step(&ctx, "other").await?;
            minute(&ctx).await
        })
        .await
    });
    let reason = mismatch(from, renamed).await;
    assert!(reason.contains("operation 1.1, step `one`") && reason.contains("step `other`"), "{reason}");

    let fewer = code!(|ctx| ctx.child("child", async |ctx: Context| minute(&ctx).await).await);
    let reason = mismatch(from, fewer).await;
    assert!(reason.contains("step `one`") && reason.contains("wait `a minute`"), "{reason}");

    let more = code!(|ctx| {
        ctx.child("child", async |ctx: Context| {
            step(&ctx, "one").await?;
            tokio::try_join!(minute(&ctx), step(&ctx, "more")).map(|_| ())
        })
        .await
    });
    let reason = mismatch(from, more).await;
    assert!(reason.contains("nothing more") && reason.contains("step `more`"), "{reason}");

    let ends_early = code!(|ctx| ctx.child("child", async |ctx: Context| step(&ctx, "one").await).await);
    let reason = mismatch(from, ends_early).await;
    assert!(reason.contains("wait `a minute`") && reason.contains("the result of a child context"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_was_taken_out_renamed_or_made_flat() {
    let from = code!(|ctx| {
        ctx.child("child", async |ctx: Context| step(&ctx, "one").await).await?;
        step(&ctx, "behind").await
    });
    let taken_out = code!(|ctx| step(&ctx, "behind").await);
    let reason = mismatch(from, taken_out).await;
    assert!(reason.contains("child context `child`") && reason.contains("step `behind`"), "{reason}");

    let renamed = code!(|ctx| {
        ctx.child("other", async |ctx: Context| step(&ctx, "one").await).await?;
        step(&ctx, "behind").await
    });
    let reason = mismatch(from, renamed).await;
    assert!(reason.contains("child context `child`") && reason.contains("child context `other`"), "{reason}");

    let flat = code!(|ctx| {
        ctx.child("child", async |ctx: Context| step(&ctx, "one").await).flat().await?;
        step(&ctx, "behind").await
    });
    mismatch(from, flat).await;
}

#[tokio::test(start_paused = true)]
async fn a_map_that_became_a_parallel_or_has_other_items() {
    let from = code!(|ctx| {
        let map = ctx.map("all", ["a", "b"], |ctx, item, _| async move { step(&ctx, item).await });
        map.await?;
        Ok(())
    });
    let parallel = code!(|ctx| {
        let parallel = ctx.parallel("all").branch("map-item-0", |ctx| async move { step(&ctx, "a").await });
        parallel.branch("map-item-1", |ctx| async move { step(&ctx, "b").await }).await?;
        Ok(())
    });
    let reason = mismatch(from, parallel).await;
    assert!(reason.contains("map `all`") && reason.contains("parallel `all`"), "{reason}");

    let unfinished = code!(|ctx| {
        let map = ctx.map("all", ["a", "b"], |ctx, item, _| async move {
            step(&ctx, item).await?;
            minute(&ctx).await
        });
        map.await?;
        Ok(())
    });
    let more = code!(|ctx| {
        let map = ctx.map("all", ["a", "b", "c"], |ctx, item, _| async move {
            step(&ctx, item).await?;
            minute(&ctx).await
        });
        map.await?;
        Ok(())
    });
    let reason = mismatch(unfinished, more).await;
    assert!(reason.contains("map-item-2"), "{reason}");
    let reason = mismatch(more, unfinished).await;
    assert!(reason.contains("map-item-2"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn in_branches_that_run_at_once() {
    let from = code!(|ctx| {
        let one = async {
            step(&ctx, "a").await?;
            step(&ctx, "behind a").await
        };
        tokio::try_join!(one, minute(&ctx)).map(|_| ())
    });
    let renamed = code!(|ctx| {
        let one = async {
            step(&ctx, "a").await?;
            step(&ctx, "another").await
        };
        tokio::try_join!(one, minute(&ctx)).map(|_| ())
    });
    let reason = mismatch(from, renamed).await;
    assert!(reason.contains("step `behind a`") && reason.contains("step `another`"), "{reason}");

    let reordered = code!(|ctx| {
        let one = async {
            step(&ctx, "a").await?;
            step(&ctx, "behind a").await
        };
        tokio::try_join!(minute(&ctx), one).map(|_| ())
    });
    mismatch(from, reordered).await;

    let a_wait = code!(|ctx| {
        let one = async {
            step(&ctx, "a").await?;
            ctx.wait("behind a", Duration::from_secs(1)).await
        };
        tokio::try_join!(one, minute(&ctx)).map(|_| ())
    });
    let reason = mismatch(from, a_wait).await;
    assert!(reason.contains("step `behind a`") && reason.contains("wait `behind a`"), "{reason}");

    let one_more = code!(|ctx| {
        let one = async {
            step(&ctx, "a").await?;
            step(&ctx, "behind a").await
        };
        tokio::try_join!(one, minute(&ctx), step(&ctx, "more")).map(|_| ())
    });
    mismatch(from, one_more).await;
}

#[tokio::test(start_paused = true)]
async fn operations_that_wait_for_nobody_are_compared_too() {
    let from = code!(|ctx| {
        ctx.record("value", || 7)?;
        ctx.publish("value", &7)?;
        let _ = ctx.callback::<()>("callback").token();
        Ok(())
    });
    let unrecorded = code!(|ctx| {
        ctx.publish("value", &7)?;
        let _ = ctx.callback::<()>("callback").token();
        Ok(())
    });
    mismatch(from, unrecorded).await;
    let renamed = code!(|ctx| {
        ctx.record("value", || 7)?;
        ctx.publish("other", &7)?;
        let _ = ctx.callback::<()>("callback").token();
        Ok(())
    });
    let reason = mismatch(from, renamed).await;
    assert!(reason.contains("the publishing of `value`") && reason.contains("the publishing of `other`"), "{reason}");
    let awaited = code!(|ctx| {
        ctx.record("value", || 7)?;
        ctx.publish("value", &7)?;
        let mut callback = ctx.callback::<()>("callback");
        let _ = callback.token();
        callback.await
    });
    mismatch(from, awaited).await;
}
