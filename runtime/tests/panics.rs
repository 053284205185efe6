//! Workflow code that panics pauses its own execution, and no other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use duramen::{Context, Failure, Filter, Handle, Status, StatusKind};
use duramen_storage::MemoryLog;
use ground::{Deeds, on};

async fn fragile(ctx: Context, deeds: Deeds, broken: Arc<AtomicBool>) -> Result<String, Failure> {
    ctx.step("before", || deeds.clone().deed("before")).await?;
    assert!(!broken.load(Ordering::SeqCst), "the table has three legs");
    ctx.step("after", || deeds.clone().deed("after")).await
}

#[tokio::test(start_paused = true)]
async fn a_panic_pauses_after_some_restarts_with_its_text_while_others_go_on() {
    let log = Arc::new(MemoryLog::new());
    let (deeds, broken) = (Deeds::default(), Arc::new(AtomicBool::new(true)));
    let build = |log: &Arc<MemoryLog>| {
        let (deeds, broken) = (deeds.clone(), Arc::clone(&broken));
        on(log)
            .workflow("fragile", move |ctx, (): ()| fragile(ctx, deeds.clone(), Arc::clone(&broken)))
            .workflow("sound", |ctx: Context, n: u32| async move {
                ctx.step("n", || async move { Ok::<_, Failure>(n) }).await
            })
    };
    let runtime = build(&log).open().await.unwrap();
    let handle: Handle<String> = runtime.start("fragile", "f", ()).await.unwrap();
    for n in 0..100 {
        let sound: Handle<u32> = runtime.start("sound", format!("s-{n}"), n).await.unwrap();
        assert_eq!(sound.result().await.unwrap(), n);
    }
    tokio::time::sleep(Duration::from_secs(10)).await;
    let Status::Paused { reason, .. } = handle.status().await.unwrap() else { panic!("it is not paused") };
    assert!(reason.contains("the table has three legs"), "{reason}");
    assert_eq!(runtime.list(&Filter::new().status(StatusKind::Paused)).await.unwrap().executions.len(), 1);
    assert_eq!(deeds.all(), ["before"], "what was recorded before the panic did not run again");

    broken.store(false, Ordering::SeqCst);
    handle.resume().await.unwrap();
    assert_eq!(handle.result().await.unwrap(), "after");
    assert_eq!(deeds.all(), ["before", "after"]);
}

#[tokio::test(start_paused = true)]
async fn one_that_was_paused_by_a_panic_is_tried_again_by_the_next_opening() {
    let log = Arc::new(MemoryLog::new());
    let build = |log: &Arc<MemoryLog>, broken: bool| {
        on(log)
            .workflow("fragile", move |ctx, (): ()| fragile(ctx, Deeds::default(), Arc::new(AtomicBool::new(broken))))
    };
    let runtime = build(&log, true).open().await.unwrap();
    runtime.start::<String>("fragile", "f", ()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    drop(runtime);
    let log = Arc::new(log.reopen());
    let runtime = build(&log, true).open().await.unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let handle: Handle<String> = runtime.get("fragile", "f").await.unwrap();
    assert!(matches!(handle.status().await.unwrap(), Status::Paused { .. }));
    drop((runtime, handle));
    let runtime = build(&Arc::new(log.reopen()), false).open().await.unwrap();
    let handle: Handle<String> = runtime.get("fragile", "f").await.unwrap();
    assert_eq!(handle.result().await.unwrap(), "after");
}
