//! When the disk fails, everybody is told, and nothing that was acknowledged is lost.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::sync::Arc;
use std::time::Duration;

use duramen::{Builder, Context, Error, Failure, Handle};
use duramen_storage::{Error as LogError, Log, MemoryLog};
use ground::{Deeds, on};

async fn five(ctx: Context, deeds: Deeds, (): ()) -> Result<u32, Failure> {
    let mut sum = 0;
    for _ in 0..5 {
        let run = || {
            let deeds = deeds.clone();
            async move {
                deeds.note("step");
                Ok::<_, Failure>(1)
            }
        };
        sum += ctx.step("step", run).await?;
    }
    Ok(sum)
}

fn build(log: &Arc<MemoryLog>, deeds: &Deeds) -> Builder {
    let deeds = deeds.clone();
    on(log).workflow("five", move |ctx, input| five(ctx, deeds.clone(), input))
}

#[tokio::test(start_paused = true)]
async fn a_failed_write_is_told_to_those_who_wait_and_stops_everything_until_the_next_opening() {
    for appends in 0..6 {
        let log = Arc::new(MemoryLog::builder().fail_after(appends).build());
        let deeds = Deeds::default();
        let runtime = build(&log, &deeds).open().await.unwrap();
        let error = match runtime.start::<u32>("five", "f", ()).await {
            Ok(handle) => tokio::time::timeout(Duration::from_secs(60), handle.result()).await.unwrap().unwrap_err(),
            Err(error) => error,
        };
        assert!(matches!(error, Error::Log(_)), "after {appends}: {error}");
        let again = runtime.start::<u32>("five", "another", ()).await.unwrap_err();
        assert!(matches!(again, Error::Log(_)), "after {appends}: {again}");
        let ran = deeds.count("step");
        assert_eq!(ran, usize::try_from(appends).unwrap(), "no step runs before what asks for it is durable");
        drop(runtime);

        let log = Arc::new(log.reopen());
        let runtime = build(&log, &deeds).open().await.unwrap();
        let handle: Handle<u32> = runtime.start("five", "f", ()).await.unwrap();
        assert_eq!(handle.result().await.unwrap(), 5);
    }
}

#[tokio::test(start_paused = true)]
async fn an_acknowledgement_that_is_lost_is_no_lost_start() {
    let log = Arc::new(MemoryLog::builder().lose_ack_after(0).build());
    let runtime = build(&log, &Deeds::default()).open().await.unwrap();
    assert!(runtime.start::<u32>("five", "f", ()).await.is_err());
    drop(runtime);
    let runtime = build(&Arc::new(log.reopen()), &Deeds::default()).open().await.unwrap();
    let found: Handle<u32> = runtime.get("five", "f").await.unwrap();
    assert_eq!(found.result().await.unwrap(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_runtime_on_a_folder_is_refused_at_once_and_told_who_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let first = duramen::Runtime::builder(folder.path()).open().await.unwrap();
    let second = duramen::Runtime::builder(folder.path()).open().await.unwrap_err();
    assert!(matches!(second, Error::Log(LogError::Locked { .. })), "{second}");
    assert!(second.to_string().contains(&format!("process {}", std::process::id())), "{second}");
    first.shutdown(Duration::from_secs(1)).await.unwrap();
    duramen::Runtime::builder(folder.path()).open().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_damaged_record_is_named_and_everything_else_goes_on() {
    let log = Arc::new(MemoryLog::new());
    let runtime = build(&log, &Deeds::default()).open().await.unwrap();
    let damaged: Handle<u32> = runtime.start("five", "damaged", ()).await.unwrap();
    damaged.result().await.unwrap();
    let version = log.version(damaged.execution()).unwrap();
    // What a later schema would have written.
    let alien = duramen_storage::Batch::new(damaged.execution(), version)
        .record(duramen_storage::RecordKind(999), b"from the future".to_vec());
    log.append(alien).unwrap();
    let error = damaged.history().await.unwrap_err();
    assert!(error.to_string().contains(&damaged.execution().to_string()), "{error}");
    assert!(error.to_string().contains("schema 999"), "{error}");
    let sound: Handle<u32> = runtime.start("five", "sound", ()).await.unwrap();
    assert_eq!(sound.result().await.unwrap(), 5);
}
