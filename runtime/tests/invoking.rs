//! One workflow invokes another, as an execution of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::sync::Arc;
use std::time::Duration;

use duramen::{Builder, Context, Error, Failure, Filter, Handle, Runtime, Status};
use duramen_storage::MemoryLog;
use ground::{Deeds, on};

async fn double(ctx: Context, n: u64) -> Result<u64, Failure> {
    if n == 0 {
        return Err(Failure::new("Nothing", "to double"));
    }
    ctx.wait("think", Duration::from_secs(n)).await?;
    ctx.step("double", move || async move { Ok::<_, Failure>(n * 2) }).await
}

async fn sum(ctx: Context, ns: Vec<u64>) -> Result<u64, Failure> {
    let doubled = ctx.all(ns.into_iter().map(|n| ctx.invoke::<u64>("double", n))).await?;
    Ok(doubled.into_iter().sum())
}

fn build(log: &Arc<MemoryLog>) -> Builder {
    on(log).workflow("double", double).workflow("sum", sum).idle(Duration::from_secs(5))
}

async fn all_settled(runtime: &Runtime) {
    loop {
        let open = runtime.list(&Filter::new()).await.unwrap().executions;
        if open.iter().all(|listed| listed.status.is_closed()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn children_run_by_themselves_and_give_their_results() {
    let runtime = build(&Arc::new(MemoryLog::new())).open().await.unwrap();
    let handle = runtime.start::<u64>("sum", "s", vec![1, 2, 3, 100]).await.unwrap();
    assert_eq!(handle.result().await.unwrap(), 212);
    all_settled(&runtime).await;
    let listed = runtime.list(&Filter::new().workflow("double")).await.unwrap().executions;
    assert_eq!(listed.len(), 4);
    let child: Handle<u64> = runtime.get_by_id(listed[0].execution).await.unwrap();
    assert!(child.result().await.unwrap() > 0);
}

#[tokio::test(start_paused = true)]
async fn a_failing_child_fails_its_parent_and_cancels_the_others() {
    let runtime = build(&Arc::new(MemoryLog::new())).open().await.unwrap();
    let handle = runtime.start::<u64>("sum", "s", vec![50, 0]).await.unwrap();
    let error = handle.result().await.unwrap_err();
    assert_eq!(error.failure().unwrap(), &Failure::new("Nothing", "to double"));
    all_settled(&runtime).await;
    let listed = runtime.list(&Filter::new().workflow("double")).await.unwrap().executions;
    let mut statuses: Vec<_> = listed.into_iter().map(|listed| listed.status).collect();
    statuses.sort_by_key(|status| format!("{status:?}"));
    assert_eq!(statuses, [Status::Failed, Status::Stopped]);
}

#[tokio::test(start_paused = true)]
async fn every_crash_point_of_parent_and_children_ends_in_the_same_sum() {
    let whole = Arc::new(MemoryLog::new());
    let runtime = build(&whole).open().await.unwrap();
    let handle = runtime.start::<u64>("sum", "s", vec![1, 2, 30]).await.unwrap();
    assert_eq!(handle.result().await.unwrap(), 66);
    all_settled(&runtime).await;
    drop((runtime, handle));
    for batches in 1..=whole.batches() {
        let log = Arc::new(whole.prefix(batches));
        let runtime = build(&log).open().await.unwrap();
        let handle: Handle<u64> = runtime.get("sum", "s").await.unwrap();
        assert_eq!(handle.result().await.unwrap(), 66, "after {batches} batches");
        all_settled(&runtime).await;
        let children = runtime.list(&Filter::new().workflow("double")).await.unwrap().executions;
        assert_eq!(children.len(), 3, "after {batches} batches");
        assert!(children.iter().all(|child| child.status == Status::Succeeded), "after {batches} batches");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_workflow_and_a_taken_name_fail_the_invocation() {
    let build = |log: &Arc<MemoryLog>| {
        build(log)
            .workflow("unknown", |ctx: Context, (): ()| async move { ctx.invoke::<u64>("triple", 1).await })
            .workflow("taken", |ctx: Context, (): ()| async move { ctx.invoke::<u64>("double", 2).named("d").await })
            .workflow("version", |ctx: Context, (): ()| async move { ctx.invoke::<u64>("double", 2).version(7).await })
    };
    let runtime = build(&Arc::new(MemoryLog::new())).open().await.unwrap();
    runtime.start::<u64>("double", "d", 1).await.unwrap();
    for (workflow, name, text) in [
        ("unknown", "UnknownWorkflow", "known are: double"),
        ("taken", "ExecutionAlreadyStarted", "`d`"),
        ("version", "UnknownWorkflow", "version 7"),
    ] {
        let error = runtime.start::<u64>(workflow, "x", ()).await.unwrap().result().await.unwrap_err();
        let failure = error.failure().unwrap();
        assert_eq!(failure.name(), name);
        assert!(failure.cause().contains(text), "{failure}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_child_that_takes_too_long_times_out_for_its_parent() {
    let runtime = build(&Arc::new(MemoryLog::new()))
        .workflow("hasty", |ctx: Context, (): ()| async move {
            ctx.invoke::<u64>("double", 100).timeout(Duration::from_secs(10)).await
        })
        .open()
        .await
        .unwrap();
    let error = runtime.start::<u64>("hasty", "h", ()).await.unwrap().result().await.unwrap_err();
    assert_eq!(error.failure().unwrap().name(), Failure::INVOKE_TIMEOUT, "{error}");
    all_settled(&runtime).await;
    let child = runtime.list(&Filter::new().workflow("double")).await.unwrap().executions.remove(0);
    assert_eq!(child.status, Status::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn cancelling_the_parent_undoes_what_the_child_did() {
    let deeds = Deeds::default();
    let work = {
        let deeds = deeds.clone();
        move |ctx: Context, (): ()| {
            let deeds = deeds.clone();
            async move {
                let saga = ctx.saga();
                saga.settle(async {
                    saga.step("do", || deeds.clone().deed("do")).undo(|| deeds.clone().deed("undo")).await?;
                    ctx.wait("long", Duration::from_secs(1000)).await
                })
                .await
            }
        }
    };
    let runtime = on(&Arc::new(MemoryLog::new()))
        .workflow("work", work)
        .workflow("boss", |ctx: Context, (): ()| async move { ctx.invoke::<()>("work", ()).await })
        .open()
        .await
        .unwrap();
    let handle = runtime.start::<()>("boss", "b", ()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(100)).await;
    handle.cancel("not needed").await.unwrap();
    assert!(matches!(handle.result().await.unwrap_err(), Error::Stopped { .. }));
    all_settled(&runtime).await;
    assert_eq!(deeds.all(), ["do", "undo"]);
}
