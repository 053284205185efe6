//! A runtime ends in order, by its deadline.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::sync::Arc;
use std::time::Duration;

use duramen::{Builder, Context, Error, Failure, Handle, Runtime};
use duramen_storage::MemoryLog;
use ground::{Deeds, on};

fn build(log: &Arc<MemoryLog>, deeds: &Deeds, seconds: u64) -> Builder {
    let deeds = deeds.clone();
    on(log).workflow("slow", move |ctx: Context, (): ()| {
        let deeds = deeds.clone();
        async move {
            let slow = || {
                let deeds = deeds.clone();
                async move {
                    deeds.note("begun");
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                    Ok::<_, Failure>(())
                }
            };
            ctx.step("slow", slow).await?;
            ctx.step("next", || deeds.clone().deed("next")).await
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_step_that_ends_before_the_deadline_is_recorded_and_nothing_new_begins() {
    let (log, deeds) = (Arc::new(MemoryLog::new()), Deeds::default());
    let runtime = build(&log, &deeds, 5).open().await.unwrap();
    let handle: Handle<String> = runtime.start("slow", "s", ()).await.unwrap();
    let waiting = tokio::spawn(async move { handle.result().await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let ended = runtime.shutdown(Duration::from_secs(30)).await.unwrap();
    assert_eq!(ended.unfinished_steps, 0);
    assert_eq!(deeds.all(), ["begun"]);
    assert!(matches!(waiting.await.unwrap(), Err(Error::Execution(_))), "those who wait are told");
    let refused = runtime.start::<String>("slow", "t", ()).await.unwrap_err();
    assert!(refused.to_string().contains("shutting down") || refused.to_string().contains("closed"), "{refused}");
    drop(runtime);

    let runtime = build(&Arc::new(log.reopen()), &deeds, 5).open().await.unwrap();
    let handle: Handle<String> = runtime.get("slow", "s").await.unwrap();
    assert_eq!(handle.result().await.unwrap(), "next");
    assert_eq!(deeds.all(), ["begun", "next"], "the slow step was recorded by the shutdown");
}

#[tokio::test(start_paused = true)]
async fn a_step_that_never_ends_is_broken_off_at_the_deadline() {
    let (log, deeds) = (Arc::new(MemoryLog::new()), Deeds::default());
    let runtime = build(&log, &deeds, 1_000_000).open().await.unwrap();
    runtime.start::<String>("slow", "s", ()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let begin = tokio::time::Instant::now();
    let ended = runtime.shutdown(Duration::from_secs(30)).await.unwrap();
    assert_eq!(ended.unfinished_steps, 1);
    assert!(begin.elapsed() < Duration::from_secs(35), "{:?}", begin.elapsed());
    drop(runtime);
    let runtime = build(&Arc::new(log.reopen()), &deeds, 0).open().await.unwrap();
    let handle: Handle<String> = runtime.get("slow", "s").await.unwrap();
    assert_eq!(handle.result().await.unwrap(), "next");
    assert_eq!(deeds.count("begun"), 2, "it runs again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_can_be_opened_again_after_a_shutdown() {
    let folder = tempfile::tempdir().unwrap();
    let build = || {
        duramen::Runtime::builder(folder.path())
            .workflow("sleep", |ctx: Context, (): ()| async move { ctx.wait("long", Duration::from_secs(3600)).await })
    };
    for nth in 0..5 {
        let runtime = build().open().await.unwrap();
        runtime.start::<()>("sleep", format!("s-{nth}"), ()).await.unwrap();
        let listed = runtime.list(&duramen::Filter::new()).await.unwrap();
        assert_eq!(listed.executions.len(), nth + 1);
        runtime.shutdown(Duration::from_secs(5)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_free_as_soon_as_the_last_handle_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..20 {
        let open = Runtime::builder(folder.path()).workflow("slow", |ctx: Context, (): ()| async move {
            ctx.step("slow", || async {
                tokio::time::sleep(Duration::from_secs(1_000)).await;
                Ok::<_, Failure>(())
            })
            .await
        });
        let runtime = open.open().await.unwrap();
        let handle: Handle<()> = runtime.start("slow", "s", ()).await.unwrap();
        drop(runtime);
        drop(handle);
    }
}
