//! Executions that live long: finished child contexts, further runs, versions and patches.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use duramen::{Builder, Context, Event, Failure, Handle, Status};
use duramen_storage::MemoryLog;
use futures::TryStreamExt;
use ground::on;

async fn count_up(ctx: Context, n: u64) -> Result<String, Failure> {
    let word = ctx.signal::<String>("word").await?;
    ctx.step("s", || async { Ok::<_, Failure>(()) }).await?;
    if word == "stop" {
        return Ok(format!("{n} in run {}", ctx.run()));
    }
    ctx.continue_as_new(n + 1).await
}

#[tokio::test(start_paused = true)]
async fn a_workflow_begins_again_with_what_was_sent_meanwhile_at_every_crash_point() {
    let build = |log: &Arc<MemoryLog>| on(log).workflow("count", count_up).idle(Duration::from_secs(5));
    let whole = Arc::new(MemoryLog::new());
    let runtime = build(&whole).open().await.unwrap();
    let handle = runtime.start::<String>("count", "c", 1).await.unwrap();
    let words = ["a", "b", "c", "stop"];
    for word in words {
        handle.signal("word", word).await.unwrap();
    }
    assert_eq!(handle.result().await.unwrap(), "4 in run 3");
    let history = handle.history().await.unwrap();
    assert_eq!(history.iter().filter(|line| matches!(line.event, Event::ExecutionContinued { .. })).count(), 3);
    for batches in 1..=whole.batches() {
        let runtime = build(&Arc::new(whole.prefix(batches))).open().await.unwrap();
        let handle: Handle<String> = runtime.get("count", "c").await.unwrap();
        let history = handle.history().await.unwrap();
        let sent = history.iter().filter(|line| matches!(line.event, Event::SignalReceived { .. })).count();
        for word in &words[sent..] {
            handle.signal("word", word).await.unwrap();
        }
        assert_eq!(handle.result().await.unwrap(), "4 in run 3", "after {batches} batches");
    }
}

/// Counts how often the body of the child context was entered.
async fn outer(ctx: Context, entered: Arc<AtomicUsize>) -> Result<usize, Failure> {
    let sum = ctx
        .child("inner", |ctx| async move {
            entered.fetch_add(1, Ordering::SeqCst);
            let mut sum = 0;
            for n in 0..700 {
                sum += ctx.step("s", move || async move { Ok::<usize, Failure>(n) }).await?;
            }
            Ok::<_, Failure>(sum)
        })
        .await?;
    ctx.wait("long", Duration::from_secs(1000)).await?;
    Ok(sum)
}

#[tokio::test(start_paused = true)]
async fn a_finished_child_context_is_replayed_as_its_result() {
    let entered = Arc::new(AtomicUsize::new(0));
    let build = |log: &Arc<MemoryLog>| {
        let entered = Arc::clone(&entered);
        on(log).workflow("outer", move |ctx, (): ()| outer(ctx, Arc::clone(&entered)))
    };
    let log = Arc::new(MemoryLog::new());
    let runtime = build(&log).open().await.unwrap();
    runtime.start::<usize>("outer", "o", ()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(500)).await;
    assert_eq!(runtime.live(), 0);
    drop(runtime);
    let runtime = build(&Arc::new(log.reopen())).open().await.unwrap();
    let handle: Handle<usize> = runtime.get("outer", "o").await.unwrap();
    assert_eq!(handle.result().await.unwrap(), 699 * 700 / 2);
    assert_eq!(entered.load(Ordering::SeqCst), 1);
}

fn way(text: &'static str) -> impl Fn() -> std::future::Ready<Result<String, Failure>> {
    move || std::future::ready(Ok(text.to_owned()))
}

async fn old(ctx: Context, (): ()) -> Result<String, Failure> {
    let first = ctx.step("old", way("old")).await?;
    ctx.wait("long", Duration::from_secs(1000)).await?;
    Ok(first + &ctx.step("old", way("old")).await?)
}

async fn patched(ctx: Context, (): ()) -> Result<String, Failure> {
    let step = |ctx: Context| async move {
        if ctx.patched("new way") { ctx.step("new", way("new")).await } else { ctx.step("old", way("old")).await }
    };
    let first = step(ctx.clone()).await?;
    ctx.wait("long", Duration::from_secs(1000)).await?;
    Ok(first + &step(ctx.clone()).await?)
}

#[tokio::test(start_paused = true)]
async fn a_patch_is_taken_by_new_executions_and_not_by_those_that_went_by() {
    let log = Arc::new(MemoryLog::new());
    let runtime = on(&log).workflow("w", old).open().await.unwrap();
    runtime.start::<String>("w", "before", ()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(100)).await;
    drop(runtime);
    let log = Arc::new(log.reopen());
    let runtime = on(&log).workflow("w", patched).open().await.unwrap();
    runtime.start::<String>("w", "after", ()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(100)).await;
    drop(runtime);
    let runtime = on(&Arc::new(log.reopen())).workflow("w", patched).open().await.unwrap();
    let before: Handle<String> = runtime.get("w", "before").await.unwrap();
    let after: Handle<String> = runtime.get("w", "after").await.unwrap();
    assert_eq!(before.result().await.unwrap(), "oldold");
    assert_eq!(after.result().await.unwrap(), "newnew");
}

#[tokio::test(start_paused = true)]
async fn versions_run_side_by_side_and_are_counted() {
    async fn with(ctx: Context, text: &'static str) -> Result<String, Failure> {
        ctx.wait("long", Duration::from_secs(1000)).await?;
        Ok(format!("{text} as version {}", ctx.version()))
    }
    let one = |on: Builder| on.workflow("w", |ctx, (): ()| with(ctx, "one"));
    let two = |on: Builder| on.version("w", 2, |ctx, (): ()| with(ctx, "two"));
    let log = Arc::new(MemoryLog::new());
    let runtime = one(on(&log)).open().await.unwrap();
    runtime.start::<String>("w", "first", ()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(runtime);

    let log = Arc::new(log.reopen());
    let runtime = two(one(on(&log))).open().await.unwrap();
    let second = runtime.start::<String>("w", "second", ()).await.unwrap();
    let third = runtime.start::<String>("w", "third", ()).version(1).await.unwrap();
    let unknown = runtime.start::<String>("w", "fourth", ()).version(3).await.unwrap_err();
    assert!(unknown.to_string().contains("known versions are: [1, 2]"), "{unknown}");
    let counted = runtime.versions().await.unwrap();
    let counted: Vec<_> = counted.iter().map(|in_use| (in_use.version, in_use.running, in_use.paused)).collect();
    assert_eq!(counted, [(1, 2, 0), (2, 1, 0)]);
    let first: Handle<String> = runtime.get("w", "first").await.unwrap();
    assert_eq!(first.describe().await.unwrap().version, 1);
    drop((runtime, first, second, third));

    let log = Arc::new(log.reopen());
    let runtime = two(on(&log)).open().await.unwrap();
    tokio::time::sleep(Duration::from_secs(2000)).await;
    let first: Handle<String> = runtime.get("w", "first").await.unwrap();
    let Status::Paused { reason, .. } = first.status().await.unwrap() else { panic!("it is not paused") };
    assert!(reason.contains("version 1 of workflow `w`") && reason.contains("known versions are: 2"), "{reason}");
    drop((runtime, first));

    let runtime = two(one(on(&Arc::new(log.reopen())))).open().await.unwrap();
    let first: Handle<String> = runtime.get("w", "first").await.unwrap();
    let second: Handle<String> = runtime.get("w", "second").await.unwrap();
    assert_eq!(first.result().await.unwrap(), "one as version 1");
    assert_eq!(second.result().await.unwrap(), "two as version 2");
}

#[tokio::test(start_paused = true)]
async fn events_are_streamed_as_they_happen_and_resumed_by_number() {
    async fn slow(ctx: Context, (): ()) -> Result<u64, Failure> {
        let mut sum = 0;
        for n in 0..3 {
            ctx.wait("w", Duration::from_secs(100)).await?;
            sum += ctx.step("s", move || async move { Ok::<u64, Failure>(n) }).await?;
        }
        Ok(sum)
    }
    let runtime = on(&Arc::new(MemoryLog::new())).workflow("slow", slow).open().await.unwrap();
    let handle = runtime.start::<u64>("slow", "s", ()).await.unwrap();
    let streamed: Vec<_> = handle.events(0).try_collect().await.unwrap();
    let history = handle.history().await.unwrap();
    assert_eq!(streamed, history);
    let resumed: Vec<_> = handle.events(7).try_collect().await.unwrap();
    assert_eq!(resumed, history[7..]);
    assert!(handle.history_text().await.unwrap().lines().count() == history.len());
}

#[tokio::test(start_paused = true)]
async fn recorded_values_are_the_same_after_a_crash() {
    async fn values(ctx: Context, (): ()) -> Result<(u64, String, u64, String), Failure> {
        let (random, uuid, now) = (ctx.random(), ctx.uuid().to_string(), ctx.now_ms());
        let setting = ctx.record("setting", || "blue".to_owned())?;
        ctx.publish("seen", &random)?;
        ctx.wait("long", Duration::from_secs(1000)).await?;
        Ok((random, uuid, now, setting))
    }
    let log = Arc::new(MemoryLog::new());
    let runtime = on(&log).workflow("values", values).open().await.unwrap();
    let handle = runtime.start::<(u64, String, u64, String)>("values", "v", ()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(100)).await;
    let seen: u64 = handle.query("seen").await.unwrap().unwrap();
    drop((runtime, handle));
    let runtime = on(&Arc::new(log.reopen())).workflow("values", values).open().await.unwrap();
    let handle: Handle<(u64, String, u64, String)> = runtime.get("values", "v").await.unwrap();
    let (random, uuid, now, setting) = handle.result().await.unwrap();
    assert_eq!(random, seen);
    assert_eq!((uuid.len(), now, setting.as_str()), (36, 1_700_000_000_000, "blue"));
}
