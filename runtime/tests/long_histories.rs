//! Long histories: what lies in finished child contexts is neither read nor run again, and what came of it is the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod tape;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use duramen::{Builder, Context, Failure, Handle, Runtime};
use duramen_storage::{Log, MemoryLog};
use futures::future::join_all;
use tape::{Tape, outcome};

/// Chapters of so many steps, one after another, and in each the same once more inside of an inner context.
const STEPS: usize = 40;
const CHAPTERS: usize = 10;

/// Counts how often code inside of child contexts is called.
fn chapters(on: Builder, bodies: &Arc<AtomicUsize>) -> Builder {
    let bodies = Arc::clone(bodies);
    on.workflow("w", move |ctx: Context, (): ()| {
        let bodies = Arc::clone(&bodies);
        async move {
            let mut sum = 0;
            for chapter in 0..CHAPTERS {
                let bodies = &bodies;
                sum += ctx
                    .child("chapter", async move |ctx: Context| {
                        bodies.fetch_add(1, Ordering::Relaxed);
                        let mut sum = count(&ctx, STEPS).await?;
                        sum += ctx.child("inner", |ctx| async move { count(&ctx, STEPS).await }).await?;
                        let signal: usize = ctx.signal("chapter").await?;
                        Ok::<_, Failure>(sum + signal)
                    })
                    .await?;
                ctx.publish("chapter", &chapter)?;
            }
            Ok::<_, Failure>(sum.to_string())
        }
    })
}

async fn count(ctx: &Context, steps: usize) -> Result<usize, Failure> {
    let mut sum = 0;
    for nth in 0..steps {
        sum += ctx.step("count", move || async move { Ok::<_, Failure>(nth) }).await?;
    }
    Ok(sum)
}

fn expected() -> String {
    (CHAPTERS * (2 * (0..STEPS).sum::<usize>()) + (0..CHAPTERS).sum::<usize>()).to_string()
}

#[tokio::test(start_paused = true)]
async fn an_execution_with_snapshots_gives_the_same_after_a_crash_anywhere() {
    let whole = Tape::new();
    let runtime = chapters(whole.builder(), &Arc::default()).open().await.unwrap();
    let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
    for chapter in 0..CHAPTERS {
        handle.signal("chapter", &chapter).await.unwrap();
    }
    let all_signals_sent = whole.batches();
    assert_eq!(outcome(&handle).await, expected());
    assert!(whole.snapshot(handle.execution()).unwrap().is_some(), "no snapshot was taken");
    drop(runtime);

    for batches in (all_signals_sent..whole.batches()).step_by(37) {
        let crashed = whole.prefix(batches);
        let runtime = chapters(crashed.builder(), &Arc::default()).open().await.unwrap();
        let handle: Handle<String> = runtime.get("w", "w").await.unwrap();
        assert_eq!(outcome(&handle).await, expected(), "after {batches} batches");
    }
}

#[tokio::test(start_paused = true)]
async fn what_finished_before_the_snapshot_is_neither_read_nor_called_again() {
    let whole = Tape::new();
    let runtime = chapters(whole.builder(), &Arc::default()).open().await.unwrap();
    let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
    // All but the last chapter.
    for chapter in 0..CHAPTERS - 1 {
        handle.signal("chapter", &chapter).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    let records = whole.version(handle.execution()).unwrap().get();
    assert!(records > 600, "{records} records");
    drop(runtime);

    let (crashed, bodies) = (whole.cut(), Arc::default());
    let runtime = chapters(crashed.builder(), &bodies).open().await.unwrap();
    let handle: Handle<String> = runtime.get("w", "w").await.unwrap();
    handle.signal("chapter", &(CHAPTERS - 1)).await.unwrap();
    assert_eq!(outcome(&handle).await, expected());
    assert_eq!(bodies.load(Ordering::Relaxed), 1, "only the chapter under way is run again");
    // What came since the last snapshot, and about three of each finished chapter.
    assert!(crashed.records_read() < 400, "{} of {records} records were read", crashed.records_read());
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_finished_children_are_read_as_few_records() {
    const CHILDREN: usize = 10_000;
    let register = |on: Builder, bodies: &Arc<AtomicUsize>| {
        let bodies = Arc::clone(bodies);
        on.max_payload(1 << 30).workflow("w", move |ctx: Context, (): ()| {
            let bodies = Arc::clone(&bodies);
            async move {
                let bodies = &bodies;
                let all = ctx
                    .map("children", 0..CHILDREN, async move |ctx: Context, nth: usize, _| {
                        bodies.fetch_add(1, Ordering::Relaxed);
                        ctx.step("step", move || async move { Ok::<_, Failure>(nth) }).await
                    })
                    .max_concurrency(10)
                    .await?
                    .or_failure()?;
                ctx.signal::<()>("go on").await?;
                Ok::<_, Failure>(all.len().to_string())
            }
        })
    };
    let whole = Tape::new();
    let runtime = register(whole.builder(), &Arc::default()).open().await.unwrap();
    let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let events = handle.history().await.unwrap().len();
    assert!(events > 4 * CHILDREN, "{events} events");
    drop(runtime);

    let (crashed, bodies) = (whole.cut(), Arc::default());
    let runtime = register(crashed.builder(), &bodies).open().await.unwrap();
    let handle: Handle<String> = runtime.get("w", "w").await.unwrap();
    handle.signal("go on", &()).await.unwrap();
    assert_eq!(outcome(&handle).await, CHILDREN.to_string());
    assert_eq!(bodies.load(Ordering::Relaxed), 0);
    // Where they began, where they ended, and little beside.
    assert!(crashed.records_read() < 10, "{} records were read", crashed.records_read());
}

#[tokio::test(start_paused = true)]
async fn an_execution_of_a_hundred_thousand_operations_ends_and_recovers() {
    const OPERATIONS: usize = 100_000;
    let workflow = |ctx: Context, (): ()| async move {
        let mut sum = 0;
        for nth in 0..OPERATIONS / 10 {
            let ten = (nth * 10..nth * 10 + 10).map(|n| ctx.step("count", move || async move { Ok::<_, Failure>(n) }));
            sum += ctx.all(ten).await?.into_iter().sum::<usize>();
        }
        ctx.signal::<()>("go on").await?;
        Ok::<_, Failure>(sum.to_string())
    };
    let whole = Tape::new();
    let runtime = whole.builder().workflow("w", workflow).open().await.unwrap();
    runtime.start::<String>("w", "w", ()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    drop(runtime);
    let crashed = whole.cut();
    let runtime = crashed.builder().workflow("w", workflow).open().await.unwrap();
    let handle: Handle<String> = runtime.get("w", "w").await.unwrap();
    handle.signal("go on", &()).await.unwrap();
    assert_eq!(outcome(&handle).await, (0..OPERATIONS).sum::<usize>().to_string());
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_signals_are_taken_in_order_and_none_is_lost() {
    const SIGNALS: usize = 100_000;
    const AT_ONCE: usize = 500;
    let workflow = |ctx: Context, (): ()| async move {
        for expected in 0..SIGNALS / AT_ONCE {
            // Those of one burst come in the order in which they were sent.
            for nth in 0..AT_ONCE {
                let (burst, number): (usize, usize) = ctx.signal("number").await?;
                if (burst, number) != (expected, nth) {
                    return Err(Failure::new("OutOfOrder", format!("{burst}.{number} came as {expected}.{nth}")));
                }
            }
        }
        Ok::<_, Failure>("all".to_owned())
    };
    let log = Arc::new(MemoryLog::new());
    let runtime = Runtime::on_log(log as Arc<dyn Log>).workflow("w", workflow).open().await.unwrap();
    let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
    for burst in 0..SIGNALS / AT_ONCE {
        let handle = &handle;
        let sent = (0..AT_ONCE).map(async |nth| handle.signal("number", &(burst, nth)).await);
        for sent in join_all(sent).await {
            sent.unwrap();
        }
    }
    assert_eq!(outcome(&handle).await, "all");
}
