//! Which executions of a folder a program would break is told beforehand, and the folder is as before.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use duramen::{Builder, Context, Error, Failure, Runtime};
use duramen_storage::{Log, MemoryLog};
use ground::{Deeds, on};

fn order(name: &'static str) -> impl Fn(Context, Vec<u32>) -> futures::future::BoxFuture<'static, Result<(), Failure>> {
    move |ctx, prices| {
        Box::pin(async move {
            for price in prices {
                ctx.child("item", move |ctx| async move {
                    ctx.step(name, move || async move { Ok::<_, Failure>(price) }).await
                })
                .await?;
            }
            ctx.step(name, || async { Ok::<_, Failure>(()) }).await?;
            ctx.wait("cooling off", Duration::from_secs(3600)).await
        })
    }
}

fn yesterday(builder: Builder) -> Builder {
    builder
        .workflow("order", order("charge"))
        .workflow("idle", |ctx: Context, (): ()| async move { ctx.wait("long", Duration::from_secs(3600)).await })
        .workflow("done", |_: Context, (): ()| async { Ok::<_, Failure>(()) })
}

/// Has executions of all kinds under way, and one that has ended.
async fn fill(runtime: &Runtime) {
    runtime.start::<()>("order", "few", vec![1, 2]).await.unwrap();
    // More turns than a snapshot needs.
    let many = runtime.start::<()>("order", "many", (0..400).collect::<Vec<u32>>()).await.unwrap();
    runtime.start::<()>("idle", "idle", ()).await.unwrap();
    let paused = runtime.start::<()>("order", "paused", Vec::<u32>::new()).await.unwrap();
    runtime.start::<()>("done", "done", ()).await.unwrap().result().await.unwrap();
    let waits = |text: String| text.contains("`cooling off`");
    while !waits(many.history_text().await.unwrap()) || !waits(paused.history_text().await.unwrap()) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    paused.pause("a look at it").await.unwrap();
}

fn files(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, std::time::SystemTime)> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            files.extend(self::files(&entry.path()));
        } else {
            let modified = entry.metadata().unwrap().modified().unwrap();
            files.insert(entry.path(), (std::fs::read(entry.path()).unwrap(), modified));
        }
    }
    files
}

#[tokio::test]
async fn a_folder_is_checked_without_a_trace_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = yesterday(Runtime::builder(folder.path())).open().await.unwrap();
    fill(&runtime).await;
    let opened = yesterday(Runtime::builder(folder.path())).check().await;
    assert!(matches!(opened, Err(Error::Log(duramen_storage::Error::Locked { .. }))), "{opened:?}");
    runtime.shutdown(Duration::from_secs(5)).await.unwrap();
    drop(runtime);

    let before = files(folder.path());
    let good = yesterday(Runtime::builder(folder.path())).check().await.unwrap();
    assert_eq!((good.checked, good.broken.as_slice()), (4, [].as_slice()));

    let today = Runtime::builder(folder.path()).workflow("order", order("bill"));
    let check = today.check().await.unwrap();
    assert_eq!(files(folder.path()), before, "nothing was written");
    assert_eq!(check.checked, 4);
    let broken: BTreeMap<_, _> = check.broken.iter().map(|broken| (broken.name.as_str(), broken)).collect();
    assert_eq!(broken.keys().copied().collect::<Vec<_>>(), ["few", "idle", "many", "paused"]);
    for (name, operation) in [("few", "operation 3"), ("many", "operation 401"), ("paused", "operation 1")] {
        let reason = &broken[name].reason;
        assert!(reason.contains(&format!("{operation}, step `charge`")) && reason.contains("`bill`"), "{reason}");
    }
    assert!(broken["idle"].reason.contains("`idle`, which is not registered"), "{}", broken["idle"].reason);
    assert_eq!(broken["paused"].paused.as_deref(), Some("a look at it"));
    assert_eq!(broken["few"].paused, None);
    assert!(check.to_string().starts_with("4 of 4 executions under way would not go on\n"), "{check}");

    let runtime = yesterday(Runtime::builder(folder.path())).open().await.unwrap();
    assert_eq!(runtime.get::<()>("order", "few").await.unwrap().history().await.unwrap().len(), 12);
}

#[tokio::test(start_paused = true)]
async fn a_log_is_checked_as_it_is_and_nothing_is_performed() {
    let log = Arc::new(MemoryLog::new());
    let deeds = Deeds::default();
    let did = deeds.clone();
    let setup = move |builder: Builder| {
        let did = did.clone();
        builder.workflow("hangs", move |ctx: Context, (): ()| {
            let did = did.clone();
            async move {
                ctx.step("hang", || {
                    did.note("hang");
                    std::future::pending::<Result<(), Failure>>()
                })
                .await
            }
        })
    };
    let runtime = setup(on(&log)).open().await.unwrap();
    runtime.start::<()>("hangs", "h", ()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let batches = log.batches();
    let check = setup(Runtime::on_log(log.clone() as Arc<dyn Log>)).check().await.unwrap();
    assert_eq!((check.checked, check.broken.len()), (1, 0), "{check}");
    assert_eq!((log.batches(), deeds.count("hang")), (batches, 1));
}

#[tokio::test(start_paused = true)]
async fn the_run_that_is_to_begin_needs_its_code_too() {
    let log = Arc::new(MemoryLog::new());
    let again = |ctx: Context, round: u32| async move {
        ctx.wait("a while", Duration::from_secs(3600)).await?;
        ctx.continue_as_new::<Result<(), Failure>>(round + 1).await
    };
    let runtime = on(&log).workflow("again", again).open().await.unwrap();
    runtime.start::<()>("again", "a", 0).await.unwrap();
    tokio::time::sleep(Duration::from_secs(4000)).await;
    drop(runtime);
    let between = (1..=log.batches()).map(|batches| Arc::new(log.prefix(batches)));
    let mut broken = 0;
    for log in between {
        assert!(on(&log).workflow("again", again).check().await.unwrap().broken.is_empty());
        broken += on(&log).check().await.unwrap().broken.len();
    }
    assert_eq!(broken, log.batches(), "between two runs too");
}

#[tokio::test]
async fn a_folder_without_a_log_is_an_error_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere");
    let check = Runtime::builder(&nowhere).check().await;
    assert!(matches!(check, Err(Error::Log(duramen_storage::Error::Io { .. }))), "{check:?}");
    assert!(!nowhere.exists());
}
