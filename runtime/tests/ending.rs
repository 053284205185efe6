//! Executions are cancelled, paused, resumed, and run out of time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::sync::Arc;
use std::time::Duration;

use duramen::{Builder, Context, Error, Event, Failure, Handle, Status};
use duramen_storage::MemoryLog;
use ground::{Deeds, on};

async fn hour(ctx: Context, deeds: Deeds) -> Result<String, Failure> {
    let saga = ctx.saga();
    saga.settle(async {
        saga.step("a", || deeds.clone().deed("a")).undo(|| deeds.clone().deed("undo a")).await?;
        saga.step_with("b", |step| {
            let deeds = deeds.clone();
            async move {
                deeds.note("b");
                step.cancelled().await;
                deeds.note("b tidies up");
                tokio::time::sleep(Duration::from_secs(3)).await;
                deeds.note("b is tidy");
                Ok::<_, Failure>(())
            }
        })
        .grace(Duration::from_secs(10))
        .undo(|| deeds.clone().deed("undo b"))
        .await?;
        ctx.step("c", || deeds.clone().deed("c")).await
    })
    .await
}

async fn steps(ctx: Context, deeds: Deeds) -> Result<String, Failure> {
    for _ in 0..3 {
        ctx.wait("between", Duration::from_secs(100)).await?;
        ctx.step("tick", || deeds.clone().deed("tick")).await?;
    }
    Ok("done".to_owned())
}

fn build(log: &Arc<MemoryLog>, deeds: &Deeds) -> Builder {
    let (one, other) = (deeds.clone(), deeds.clone());
    on(log)
        .workflow("hour", move |ctx, (): ()| hour(ctx, one.clone()))
        .workflow("steps", move |ctx, (): ()| steps(ctx, other.clone()))
        .idle(Duration::from_secs(5))
}

#[tokio::test(start_paused = true)]
async fn cancelling_breaks_off_what_runs_then_undoes_newest_first() {
    let deeds = Deeds::default();
    let runtime = build(&Arc::new(MemoryLog::new()), &deeds).open().await.unwrap();
    let handle = runtime.start::<String>("hour", "h", ()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    handle.cancel("the customer has gone").await.unwrap();
    handle.cancel("twice").await.unwrap();
    let error = handle.result().await.unwrap_err();
    assert!(matches!(&error, Error::Stopped { .. }), "{error}");
    assert_eq!(error.failure().unwrap(), &Failure::new(Failure::CANCELLED, "the customer has gone"));
    assert_eq!(deeds.all(), ["a", "b", "b tidies up", "b is tidy", "undo b", "undo a"]);
    assert!(matches!(handle.cancel("late").await.unwrap_err(), Error::Closed { .. }));
}

#[tokio::test(start_paused = true)]
async fn an_execution_whose_time_is_up_is_undone_and_has_timed_out() {
    let deeds = Deeds::default();
    let runtime = build(&Arc::new(MemoryLog::new()), &deeds).open().await.unwrap();
    let handle = runtime.start::<String>("hour", "h", ()).timeout(Duration::from_secs(20)).await.unwrap();
    let error = handle.result().await.unwrap_err();
    assert!(matches!(&error, Error::TimedOut { .. }), "{error}");
    assert_eq!(error.failure().unwrap().name(), Failure::EXECUTION_TIMEOUT);
    assert_eq!(handle.status().await.unwrap(), Status::TimedOut);
    assert_eq!(deeds.all(), ["a", "b", "b tidies up", "b is tidy", "undo b", "undo a"]);
}

#[tokio::test(start_paused = true)]
async fn a_paused_execution_begins_nothing_until_it_is_resumed_and_its_time_does_not_pass() {
    let deeds = Deeds::default();
    let log = Arc::new(MemoryLog::new());
    let runtime = build(&log, &deeds).open().await.unwrap();
    let handle = runtime.start::<String>("steps", "s", ()).timeout(Duration::from_secs(400)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(150)).await;
    assert_eq!(deeds.count("tick"), 1);
    handle.pause("the bank holiday").await.unwrap();
    tokio::time::sleep(Duration::from_secs(10_000)).await;
    assert_eq!(runtime.live(), 0, "a paused execution leaves memory");
    let paused = Status::Paused { reason: "the bank holiday".to_owned(), compensation: Vec::new() };
    assert_eq!(handle.status().await.unwrap(), paused);
    assert_eq!(deeds.count("tick"), 1);
    drop((runtime, handle));

    let runtime = build(&Arc::new(log.reopen()), &deeds).open().await.unwrap();
    let handle: Handle<String> = runtime.get("steps", "s").await.unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(handle.status().await.unwrap(), paused, "it stays so over an opening");
    handle.resume().await.unwrap();
    assert_eq!(handle.result().await.unwrap(), "done");
    assert_eq!(deeds.count("tick"), 3);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_runs_when_it_is_paused_may_end_and_is_recorded_once() {
    let deeds = Deeds::default();
    let work = {
        let deeds = deeds.clone();
        move |ctx: Context, (): ()| {
            let deeds = deeds.clone();
            async move {
                ctx.step("long", || {
                    let deeds = deeds.clone();
                    async move {
                        tokio::time::sleep(Duration::from_secs(60)).await;
                        deeds.deed("long").await
                    }
                })
                .await?;
                ctx.step("next", || deeds.clone().deed("next")).await
            }
        }
    };
    let runtime = on(&Arc::new(MemoryLog::new())).workflow("work", work).open().await.unwrap();
    let handle = runtime.start::<String>("work", "w", ()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(30)).await;
    handle.pause("wait").await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(deeds.all(), ["long"]);
    let history = handle.history().await.unwrap();
    assert!(history.iter().any(|line| matches!(line.event, Event::StepSucceeded { .. })));
    handle.resume().await.unwrap();
    assert_eq!(handle.result().await.unwrap(), "next");
    assert_eq!(deeds.all(), ["long", "next"]);
}

#[tokio::test(start_paused = true)]
async fn an_execution_has_settled_when_it_is_paused_and_when_it_has_ended() {
    let deeds = Deeds::default();
    let runtime = build(&Arc::new(MemoryLog::new()), &deeds).open().await.unwrap();
    let handle = runtime.start::<String>("steps", "s", ()).await.unwrap();
    let other = handle.clone();
    let settled = tokio::spawn(async move { other.settled().await });
    tokio::time::sleep(Duration::from_secs(150)).await;
    handle.pause("lunch").await.unwrap();
    assert_eq!(settled.await.unwrap().unwrap().to_string(), "paused: lunch");
    handle.resume().await.unwrap();
    assert_eq!(handle.settled().await.unwrap(), Status::Succeeded);
}
