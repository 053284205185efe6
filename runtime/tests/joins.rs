//! Operations run side by side with plain combinators, and replay so.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::sync::Arc;
use std::time::Duration;

use duramen::{Context, Failure, Handle};
use duramen_storage::{Log, MemoryLog};
use futures::future::{join_all, try_join_all};
use ground::{Deeds, in_memory, on};

#[tokio::test(start_paused = true)]
async fn steps_that_are_joined_run_at_the_same_time() {
    let runtime = in_memory()
        .workflow("both", |ctx: Context, (): ()| async move {
            let second = || async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok::<_, Failure>(1)
            };
            let (a, b) = tokio::join!(ctx.step("a", second), ctx.step("b", second));
            Ok::<_, Failure>(a? + b?)
        })
        .open()
        .await
        .unwrap();
    let begin = tokio::time::Instant::now();
    let handle: Handle<u32> = runtime.start("both", "b", ()).await.unwrap();
    assert_eq!(handle.result().await.unwrap(), 2);
    assert!(begin.elapsed() < Duration::from_millis(1500));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_steps_at_once_take_a_few_batches() {
    let log = Arc::new(MemoryLog::new());
    let runtime = on(&log)
        .workflow("wide", |ctx: Context, width: u64| async move {
            let steps = (0..width).map(|nth| ctx.step("nth", move || async move { Ok::<_, Failure>(nth) }));
            let sum: u64 = try_join_all(steps).await?.into_iter().sum();
            Ok::<_, Failure>(sum)
        })
        .open()
        .await
        .unwrap();
    let handle: Handle<u64> = runtime.start("wide", "w", 1000).await.unwrap();
    assert_eq!(handle.result().await.unwrap(), 499_500);
    let batches = log.figures().batches;
    assert!(batches < 1000, "completions that arrive together share a turn: {batches} batches");
}

#[tokio::test(start_paused = true)]
async fn children_have_ids_and_results_of_their_own() {
    let runtime = in_memory()
        .workflow("parent", |ctx: Context, (): ()| async move {
            let child = |name: &'static str| {
                ctx.child(name, move |ctx: Context| async move {
                    let a = ctx.step("a", || named(name)).await?;
                    let inner =
                        ctx.child("inner", |ctx| async move { ctx.step("b", || async { Ok::<_, Failure>(1) }).await });
                    Ok::<_, Failure>((a, inner.await?))
                })
            };
            let (left, right) = tokio::join!(child("left"), child("right"));
            let failed = ctx.child("fails", |_| async { Err::<(), _>(Failure::new("Odd", "one out")) }).await;
            Ok::<_, Failure>((left?, right?, failed.unwrap_err().name().to_owned()))
        })
        .open()
        .await
        .unwrap();
    type Result = ((String, u32), (String, u32), String);
    let handle: Handle<Result> = runtime.start("parent", "p", ()).await.unwrap();
    let expected = (("left".to_owned(), 1), ("right".to_owned(), 1), "Odd".to_owned());
    assert_eq!(handle.result().await.unwrap(), expected);
    let history = handle.history().await.unwrap();
    let mut begun: Vec<_> =
        history.iter().filter_map(|line| Some(format!("{} {}", line.event.operation()?, line.event.name()?))).collect();
    begun.sort();
    let expected = ["1 left", "1.1 a", "1.2 inner", "1.2.1 b", "2 right", "2.1 a", "2.2 inner", "2.2.1 b", "3 fails"];
    assert_eq!(begun, expected);
    let ends = history.iter().filter(|line| line.event.kind().starts_with("Context")).count();
    assert_eq!(ends, 10, "each of the five contexts begins and ends");
}

async fn named(name: &'static str) -> Result<String, Failure> {
    Ok(name.to_owned())
}

/// Two branches that share a context, so that which ids their later steps get depends on who is first.
async fn interleaved(ctx: Context, deeds: Deeds, (): ()) -> Result<Vec<String>, Failure> {
    let branch = |name: &'static str, waits: [u64; 2]| {
        let (ctx, deeds) = (&ctx, &deeds);
        async move {
            let mut log = Vec::new();
            for ms in waits {
                ctx.wait("pause", Duration::from_millis(ms)).await?;
                log.push(ctx.step(name, || deeds.clone().deed(name)).await?);
            }
            Ok::<_, Failure>(log)
        }
    };
    let (a, b, c) = tokio::join!(branch("a", [30, 1]), branch("b", [10, 10]), branch("c", [20, 20]));
    let many = join_all((0..40).map(|nth| ctx.wait("many", Duration::from_millis(nth % 7)))).await;
    many.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok([a?, b?, c?].concat())
}

#[tokio::test(start_paused = true)]
async fn interleavings_replay_at_every_crash_point() {
    let whole = Arc::new(MemoryLog::new());
    let build = |log: &Arc<MemoryLog>, deeds: &Deeds| {
        let deeds = deeds.clone();
        on(log).workflow("interleaved", move |ctx, input| interleaved(ctx, deeds.clone(), input))
    };
    let runtime = build(&whole, &Deeds::default()).open().await.unwrap();
    let handle: Handle<Vec<String>> = runtime.start("interleaved", "i", ()).await.unwrap();
    let expected = handle.result().await.unwrap();
    drop(runtime);
    for batches in 1..=whole.batches() {
        let runtime = build(&Arc::new(whole.prefix(batches)), &Deeds::default()).open().await.unwrap();
        let handle: Handle<Vec<String>> = runtime.get("interleaved", "i").await.unwrap();
        assert_eq!(handle.result().await.unwrap(), expected, "after {batches} batches");
    }
}
