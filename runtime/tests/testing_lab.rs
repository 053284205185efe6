//! The lab: one way to test in memory and in a folder, on virtual time, through crashes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use duramen::testing::{Ended, Lab, Stub, ended, virtual_time};
use duramen::{Builder, Context, Error, Failure, Retry, Runtime, Status};

async fn order(ctx: Context, item: String) -> Result<String, Failure> {
    ctx.step("charge", || async { Ok::<_, Failure>(()) }).retry(Retry::exponential().limit(3)).await?;
    ctx.wait("cooling off", Duration::from_secs(30 * 24 * 3600)).await?;
    ctx.step("send", || std::future::ready(Ok::<_, Failure>(format!("{item} sent")))).await
}

fn workflows(builder: Builder) -> Builder {
    builder.workflow("order", order)
}

/// A lab in memory and one in a folder, which is there as long as its guard.
fn labs(setup: fn(Builder) -> Builder) -> (tempfile::TempDir, [Lab; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let labs = [Lab::in_memory(setup), Lab::in_folder(folder.path(), setup)];
    (folder, labs)
}

#[test]
fn a_month_passes_at_once_in_memory_and_in_a_folder() {
    let begun = Instant::now();
    virtual_time(async {
        let (_folder, labs) = labs(workflows);
        for mut lab in labs {
            let before = lab.now_ms();
            let handle = lab.start::<String>("order", "o", "a chair").await.unwrap();
            assert_eq!(ended(&handle).await.unwrap(), Ended::Succeeded("a chair sent".to_owned()));
            let passed = Duration::from_millis(lab.now_ms() - before);
            assert!(passed >= Duration::from_secs(30 * 24 * 3600), "{passed:?}");
            lab.shutdown().await.unwrap();
        }
    })
    .unwrap();
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn virtual_time_stands_while_the_disk_is_at_work() {
    let folder = tempfile::tempdir().unwrap();
    let mut lab = Lab::in_folder(folder.path(), |builder| {
        builder.workflow("steps", |ctx: Context, (): ()| async move {
            for _ in 0..50 {
                ctx.step("quick", || async { Ok::<_, Failure>(()) }).timeout(Duration::from_millis(1)).await?;
            }
            Ok::<_, Failure>(())
        })
    });
    let before = lab.now_ms();
    let handle = lab.start::<()>("steps", "s", ()).await.unwrap();
    handle.result().await.unwrap();
    assert_eq!(lab.now_ms(), before, "fifty syncs took no virtual time");
}

#[tokio::test(start_paused = true)]
async fn what_is_durable_is_there_after_a_crash_and_old_handles_say_so() {
    let (_folder, labs) = labs(workflows);
    for mut lab in labs {
        let old = lab.start::<String>("order", "o", "a chair").await.unwrap();
        tokio::time::sleep(Duration::from_secs(3600)).await;
        let runtime = lab.crash().await.unwrap();
        let handle = runtime.get::<String>("order", "o").await.unwrap();
        assert_eq!(handle.execution(), old.execution());
        assert_eq!(handle.history().await.unwrap().len(), 4);
        assert!(matches!(old.stop(Failure::new("Late", "")).await, Err(Error::Execution(_))));
        assert_eq!(ended(&handle).await.unwrap(), Ended::Succeeded("a chair sent".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_dies_behind_the_batch_it_is_told() {
    let (_folder, labs) = labs(workflows);
    for mut lab in labs {
        let charge = Stub::returns("charge", &());
        lab = lab.stub(&charge);
        let scenario = async |runtime: Runtime| ended(&runtime.start::<String>("order", "o", "x").await?).await;
        // Nothing at all, then the start with the beginning of the step, then its result with the beginning of the wait.
        for (batches, calls) in [(0, 0), (1, 1), (0, 2)] {
            assert!(lab.crash_after(batches, scenario).await.unwrap().is_none(), "{batches}");
            assert_eq!(charge.calls(), calls, "after {batches} batches more");
        }
        let ended = lab.crash_after(100, scenario).await.unwrap().expect("it has ended before").unwrap();
        assert_eq!(ended, Ended::Succeeded("x sent".to_owned()));
        assert_eq!(charge.calls(), 3);
        assert!(matches!(scenario(lab.open().await.unwrap()).await, Ok(Ended::Succeeded(_))));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_paused_has_ended_for_a_test() {
    let (_folder, labs) = labs(|builder| {
        builder.workflow("foreign", |_: Context, (): ()| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok::<_, Failure>(())
        })
    });
    for mut lab in labs {
        let handle = lab.start::<()>("foreign", "f", ()).await.unwrap();
        let Ended::Paused(reason) = ended(&handle).await.unwrap() else { panic!("it goes on") };
        assert!(matches!(handle.status().await.unwrap(), Status::Paused { reason: now, .. } if now == reason));
    }
}

#[tokio::test(start_paused = true)]
async fn failures_stops_and_timeouts_are_values_too() {
    let mut lab = Lab::in_memory(|builder| {
        builder
            .workflow("fails", |_: Context, (): ()| async { Err::<(), _>(Failure::new("No", "never")) })
            .workflow("waits", |ctx: Context, (): ()| async move { ctx.wait("long", Duration::from_secs(60)).await })
    });
    let runtime = lab.open().await.unwrap();
    let failed = ended(&runtime.start::<()>("fails", "f", ()).await.unwrap()).await.unwrap();
    assert_eq!(failed, Ended::Failed(Failure::new("No", "never")));
    assert_eq!(failed.failure().map(Failure::name), Some("No"));
    let late = runtime.start::<()>("waits", "late", ()).timeout(Duration::from_secs(1)).await.unwrap();
    assert!(matches!(ended(&late).await.unwrap(), Ended::TimedOut(_)));
    let stopped = runtime.start::<()>("waits", "stopped", ()).await.unwrap();
    stopped.stop(Failure::new("Enough", "")).await.unwrap();
    assert_eq!(ended(&stopped).await.unwrap(), Ended::Stopped(Failure::new("Enough", "")));
}

#[tokio::test(start_paused = true)]
async fn the_workflows_are_registered_anew_for_each_opening() {
    let openings = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&openings);
    let mut lab = Lab::in_memory(move |builder| {
        count.fetch_add(1, Ordering::Relaxed);
        workflows(builder)
    });
    lab.open().await.unwrap();
    lab.open().await.unwrap();
    assert_eq!(openings.load(Ordering::Relaxed), 1);
    lab.crash().await.unwrap();
    assert_eq!(openings.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_is_dropped_has_crashed_and_its_folder_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let mut lab = Lab::in_folder(folder.path(), workflows);
    let old = lab.start::<String>("order", "o", "a chair").await.unwrap();
    drop(lab);
    assert!(matches!(old.result().await, Err(Error::Execution(_) | Error::Log(_))));
    let mut lab = Lab::in_folder(folder.path(), workflows);
    let handle = lab.open().await.unwrap().get::<String>("order", "o").await.unwrap();
    assert_eq!(ended(&handle).await.unwrap(), Ended::Succeeded("a chair sent".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_works_with_many_threads_and_the_time_of_the_world() {
    let (_folder, labs) = labs(|builder| {
        builder.workflow("quick", |ctx: Context, (): ()| async move {
            ctx.wait("a little", Duration::from_millis(5)).await?;
            ctx.step("count", || async { Ok::<_, Failure>(3) }).await
        })
    });
    for mut lab in labs {
        lab.start::<u32>("quick", "q", ()).await.unwrap();
        let runtime = lab.crash().await.unwrap();
        let handle = runtime.get::<u32>("quick", "q").await.unwrap();
        assert_eq!(ended(&handle).await.unwrap(), Ended::Succeeded(3));
        lab.shutdown().await.unwrap();
    }
}
