//! What a saga did is undone when it fails, the newest first.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use duramen::{Context, Event, Failure, Handle, Retry, Status, StepRole};
use duramen_storage::MemoryLog;
use futures::FutureExt;
use ground::{Deeds, in_memory, on};

/// Three steps of which the one with this name is refused.
async fn trip(ctx: Context, deeds: Deeds, refused: String) -> Result<String, Failure> {
    let saga = ctx.saga();
    let act = |name: &'static str| {
        let (deeds, refused) = (deeds.clone(), refused == name);
        async move { if refused { deeds.misdeed(name).await } else { deeds.deed(name).await } }
    };
    saga.settle(async {
        saga.step("flight", || act("flight")).undo(|| deeds.clone().deed("undo flight")).retry(Retry::none()).await?;
        saga.step("hotel", || act("hotel")).undo(|| deeds.clone().deed("undo hotel")).retry(Retry::none()).await?;
        ctx.wait("think", Duration::from_secs(60)).await?;
        saga.step("car", || act("car")).undo(|| deeds.clone().deed("undo car")).retry(Retry::none()).await
    })
    .await
}

async fn run(refused: &str) -> (Result<String, duramen::Error>, Vec<String>, Vec<Event>) {
    let deeds = Deeds::default();
    let runtime = in_memory()
        .workflow("trip", {
            let deeds = deeds.clone();
            move |ctx, refused| trip(ctx, deeds.clone(), refused)
        })
        .open()
        .await
        .unwrap();
    let handle: Handle<String> = runtime.start("trip", "t", refused).await.unwrap();
    let result = handle.result().await;
    (result, deeds.all(), handle.history().await.unwrap().into_iter().map(|line| line.event).collect())
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_succeeds_undoes_nothing() {
    let (result, deeds, _) = run("nothing").await;
    assert_eq!(result.unwrap(), "car");
    assert_eq!(deeds, ["flight", "hotel", "car"]);
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_fails_undoes_the_newest_first_and_gives_its_failure() {
    let (result, deeds, events) = run("car").await;
    assert_eq!(result.unwrap_err().failure().unwrap().name(), "Refused");
    assert_eq!(deeds, ["flight", "hotel", "car", "undo car", "undo hotel", "undo flight"]);
    let undos: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::StepStarted { name, role: StepRole::Undo, .. } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(undos, ["car", "hotel", "flight"]);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_failed_is_undone_as_well_and_later_ones_are_not() {
    let (_, deeds, _) = run("hotel").await;
    assert_eq!(deeds, ["flight", "hotel", "undo hotel", "undo flight"]);
}

#[tokio::test(start_paused = true)]
async fn an_undo_that_fails_is_tried_again() {
    let deeds = Deeds::default();
    let runtime = in_memory()
        .workflow("stubborn", {
            let deeds = deeds.clone();
            move |ctx: Context, (): ()| {
                let deeds = deeds.clone();
                async move {
                    let saga = ctx.saga();
                    let undo = || {
                        let deeds = deeds.clone();
                        async move {
                            deeds.note("undo");
                            if deeds.count("undo") < 20 { Err(Failure::new("Busy", "")) } else { Ok(()) }
                        }
                    };
                    let refused = || deeds.clone().misdeed("do");
                    saga.settle(async { saga.step("do", refused).undo(undo).retry(Retry::none()).await }).await
                }
            }
        })
        .open()
        .await
        .unwrap();
    let handle: Handle<String> = runtime.start("stubborn", "s", ()).await.unwrap();
    assert_eq!(handle.result().await.unwrap_err().failure().unwrap().name(), "Refused");
    assert_eq!(deeds.count("undo"), 20);
}

#[tokio::test(start_paused = true)]
async fn an_undo_that_gives_up_pauses_with_what_is_left_to_undo_until_it_is_resumed() {
    let deeds = Deeds::default();
    let broken = Arc::new(AtomicBool::new(true));
    let log = Arc::new(MemoryLog::new());
    let build = |log: &Arc<MemoryLog>| {
        let (deeds, broken) = (deeds.clone(), Arc::clone(&broken));
        on(log).workflow("half", move |ctx: Context, (): ()| {
            let (deeds, broken) = (deeds.clone(), Arc::clone(&broken));
            async move {
                let saga = ctx.saga();
                saga.settle(async {
                    saga.step("a", || deeds.clone().deed("a")).undo(|| deeds.clone().deed("undo a")).await?;
                    saga.step("b", || deeds.clone().deed("b"))
                        .undo(|| match broken.load(Ordering::SeqCst) {
                            true => deeds.clone().misdeed("undo b").boxed(),
                            false => deeds.clone().deed("undo b").boxed(),
                        })
                        .undo_retry(Retry::none())
                        .await?;
                    saga.step("c", || deeds.clone().misdeed("c")).retry(Retry::none()).await
                })
                .await
            }
        })
    };
    let runtime = build(&log).open().await.unwrap();
    let handle: Handle<String> = runtime.start("half", "h", ()).await.unwrap();
    let (reason, compensation) = paused(&handle).await;
    assert_eq!(compensation, ["b", "a"]);
    assert!(reason.contains("step `b`") && reason.contains("Refused: undo b"), "{reason}");
    assert!(reason.contains("sagas.rs") && reason.contains("Refused: c"), "{reason}");

    // It stays so over an opening, and while the undo still fails.
    drop(runtime);
    let runtime = build(&Arc::new(log.reopen())).open().await.unwrap();
    let handle: Handle<String> = runtime.get("half", "h").await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(paused(&handle).await.1, ["b", "a"]);
    handle.resume().await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(paused(&handle).await.1, ["b", "a"]);

    broken.store(false, Ordering::SeqCst);
    handle.resume().await.unwrap();
    let error = handle.result().await.unwrap_err();
    assert_eq!(error.failure().unwrap().cause(), "c", "{error}");
    assert_eq!(deeds.all(), ["a", "b", "c", "undo b", "undo b", "undo b", "undo a"]);
}

/// Waits until it is paused; gives the reason, and what is left to undo.
async fn paused(handle: &Handle<String>) -> (String, Vec<String>) {
    loop {
        match handle.status().await.unwrap() {
            Status::Paused { reason, compensation } => return (reason, compensation),
            Status::Running => tokio::time::sleep(Duration::from_millis(10)).await,
            other => panic!("it is {other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_crash_point_of_a_saga_ends_in_the_same_result_with_every_step_undone() {
    for refused in ["nothing", "flight", "hotel", "car"] {
        let whole = Arc::new(MemoryLog::new());
        let deeds = Deeds::default();
        let build = |log: &Arc<MemoryLog>, deeds: &Deeds| {
            let deeds = deeds.clone();
            on(log).workflow("trip", move |ctx, refused| trip(ctx, deeds.clone(), refused))
        };
        let runtime = build(&whole, &deeds).open().await.unwrap();
        let handle: Handle<String> = runtime.start("trip", "t", refused).await.unwrap();
        let expected = handle.result().await.map_err(|error| error.failure().cloned());
        let history = events(&handle).await;
        drop(runtime);

        assert!(whole.batches() >= 3);
        for batches in 1..=whole.batches() {
            let log = Arc::new(whole.prefix(batches));
            let again = Deeds::default();
            let runtime = build(&log, &again).open().await.unwrap();
            let handle: Handle<String> = runtime.get("trip", "t").await.unwrap();
            let result = handle.result().await.map_err(|error| error.failure().cloned());
            assert_eq!(result, expected, "after {batches} batches");
            assert_eq!(events(&handle).await, history, "after {batches} batches");
            let all = deeds.all();
            assert!(all.ends_with(&again.all()), "after {batches} batches, what is left is done: {:?}", again.all());
        }
    }
}

/// What happened, without the times.
async fn events(handle: &Handle<String>) -> Vec<(String, Option<String>)> {
    let history = handle.history().await.unwrap();
    history.iter().map(|line| (line.event.kind().to_owned(), line.event.operation().map(ToString::to_string))).collect()
}
