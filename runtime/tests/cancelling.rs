//! An execution can be cancelled in every phase, and a crash anywhere on the way changes nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod tape;

use std::sync::Arc;
use std::time::Duration;

use duramen::{Builder, Context, Event, Failure, Handle, Jitter, Retry, Status};
use futures::FutureExt;
use futures::future::BoxFuture;
use tape::{Tape, outcome, survives_every_crash};

const SECOND: Duration = Duration::from_secs(1);

type Phase = fn(Context) -> BoxFuture<'static, Result<(), Failure>>;

/// Something that goes on for a minute, behind a step that is undone.
fn undone(on: Builder, phase: Phase) -> Builder {
    on.workflow("minute", |ctx: Context, (): ()| async move { ctx.wait("minute", 60 * SECOND).await }).workflow(
        "w",
        move |ctx: Context, (): ()| async move {
            let saga = ctx.saga();
            saga.settle(async {
                let step = saga.step("do", || async { Ok::<_, Failure>(()) });
                step.undo(|| async { Ok::<_, Failure>(()) }).await?;
                phase(ctx.clone()).await?;
                Ok("done".to_owned())
            })
            .await
        },
    )
}

/// What came of it when it is cancelled after so many ms, and which steps were undone.
async fn cancelled(tape: Arc<Tape>, phase: Phase, ms: u64) -> (String, Vec<String>) {
    let runtime = undone(tape.builder(), phase).open().await.unwrap();
    let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
    tape.at(ms).await;
    let _ = handle.cancel("enough").await;
    let outcome = outcome(&handle).await;
    let undone = handle.history().await.unwrap().into_iter().filter_map(|line| match line.event {
        Event::StepStarted { name, role: duramen::StepRole::Undo, .. } => Some(name),
        _ => None,
    });
    (outcome, undone.collect())
}

async fn is_cancelled_and_undone(phase: Phase, ms: u64) {
    let (outcome, undone) = survives_every_crash(async |tape| cancelled(tape, phase, ms).await).await;
    assert_eq!(outcome, "failed: Cancelled: enough");
    assert_eq!(undone, ["do"]);
}

#[tokio::test(start_paused = true)]
async fn before_its_first_step_has_ended() {
    let phase: Phase = |ctx| ctx.wait("minute", 60 * SECOND).boxed();
    let outcome = survives_every_crash(async |tape| cancelled(tape, phase, 0).await.0).await;
    assert_eq!(outcome, "failed: Cancelled: enough");
}

#[tokio::test(start_paused = true)]
async fn in_a_step() {
    let phase: Phase = |ctx| ctx.step("never", std::future::pending::<Result<(), Failure>>).boxed();
    is_cancelled_and_undone(phase, 5_500).await;
}

#[tokio::test(start_paused = true)]
async fn in_the_pause_before_another_attempt() {
    let phase: Phase = |ctx| {
        let retry = Retry::fixed(10 * SECOND).jitter(Jitter::None).unlimited();
        ctx.step("flaky", || async { Err::<(), _>(Failure::new("Flaky", "")) }).retry(retry).boxed()
    };
    is_cancelled_and_undone(phase, 5_500).await;
}

#[tokio::test(start_paused = true)]
async fn in_a_wait() {
    is_cancelled_and_undone(|ctx| ctx.wait("minute", 60 * SECOND).boxed(), 5_500).await;
}

#[tokio::test(start_paused = true)]
async fn in_a_callback() {
    is_cancelled_and_undone(|ctx| ctx.callback("answer").boxed(), 5_500).await;
}

#[tokio::test(start_paused = true)]
async fn in_a_signal_and_in_an_update() {
    is_cancelled_and_undone(|ctx| ctx.signal("word").boxed(), 5_500).await;
    let update: Phase = |ctx| async move { ctx.update::<()>("word").await.map(|update| update.accept(&())) }.boxed();
    is_cancelled_and_undone(update, 5_500).await;
}

#[tokio::test(start_paused = true)]
async fn in_an_invoked_execution_which_is_cancelled_too() {
    is_cancelled_and_undone(|ctx| ctx.invoke("minute", ()).boxed(), 5_500).await;
    let tape = Tape::new();
    let runtime = undone(tape.builder(), |ctx| ctx.invoke("minute", ()).named("child").boxed()).open().await.unwrap();
    let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
    tape.at(5_500).await;
    handle.cancel("enough").await.unwrap();
    tape.at(7_000).await;
    let child: Handle<()> = runtime.get("minute", "child").await.unwrap();
    assert_eq!(child.status().await.unwrap(), Status::Stopped);
}

#[tokio::test(start_paused = true)]
async fn in_a_map_of_which_some_have_not_begun() {
    let phase: Phase = |ctx| {
        async move {
            let items = ctx.map("items", 0..5, |ctx, _, _| async move { ctx.wait("item", 4 * SECOND).await });
            items.max_concurrency(2).await?.or_failure().map(|_| ())
        }
        .boxed()
    };
    is_cancelled_and_undone(phase, 5_500).await;
}

#[tokio::test(start_paused = true)]
async fn while_it_is_undone_it_changes_nothing() {
    let phase: Phase = |_| async { Err(Failure::new("Refused", "")) }.boxed();
    let slow = |on: Builder| {
        on.workflow("w", move |ctx: Context, (): ()| async move {
            let saga = ctx.saga();
            saga.settle(async {
                let undo = || async {
                    tokio::time::sleep(10 * SECOND).await;
                    Ok::<_, Failure>(())
                };
                saga.step("do", || async { Ok::<_, Failure>(()) }).undo(undo).await?;
                phase(ctx.clone()).await?;
                Ok(String::new())
            })
            .await
        })
    };
    let outcome = survives_every_crash(async |tape: Arc<Tape>| {
        let runtime = slow(tape.builder()).open().await.unwrap();
        let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
        tape.at(5_500).await;
        let _ = handle.cancel("enough").await;
        outcome(&handle).await
    })
    .await;
    assert_eq!(outcome, "failed: Refused: ");
}

#[tokio::test(start_paused = true)]
async fn while_it_is_paused_it_is_undone_once_it_is_resumed() {
    let result = survives_every_crash(async |tape: Arc<Tape>| {
        let runtime = undone(tape.builder(), |ctx| ctx.wait("minute", 60 * SECOND).boxed()).open().await.unwrap();
        let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
        tape.at(5_000).await;
        if tape.now_ms() < tape::BEGINNING + 15_000 {
            let _ = handle.pause("a moment").await;
        }
        tape.at(10_000).await;
        let _ = handle.cancel("enough").await;
        if tape.now_ms() < tape::BEGINNING + 15_000 {
            assert!(matches!(handle.status().await.unwrap(), Status::Paused { .. }));
        }
        tape.at(15_000).await;
        let _ = handle.resume().await;
        outcome(&handle).await
    })
    .await;
    assert_eq!(result, "failed: Cancelled: enough");
}

#[tokio::test(start_paused = true)]
async fn an_undo_waits_for_its_step_also_when_another_undo_has_waited_for_it() {
    let notes: Arc<std::sync::Mutex<Vec<&str>>> = Arc::default();
    let note = |what: &'static str| {
        let notes = Arc::clone(&notes);
        move || notes.lock().unwrap().push(what)
    };
    let (ended, undone) = (note("the step has ended"), note("it is undone"));
    let tape = Tape::new();
    let runtime = tape
        .builder()
        .workflow("w", move |ctx: Context, (): ()| {
            let (ended, undone) = (ended.clone(), undone.clone());
            async move {
                let (lost, refused) = (ctx.saga(), ctx.saga());
                let slow_to_end = lost.settle(async {
                    let run = |step: duramen::StepContext| {
                        let ended = ended.clone();
                        async move {
                            step.cancelled().await;
                            tokio::time::sleep(5 * SECOND).await;
                            ended();
                            std::future::pending::<Result<(), Failure>>().await
                        }
                    };
                    let undo = || {
                        let undone = undone.clone();
                        async move {
                            undone();
                            Ok::<_, Failure>(())
                        }
                    };
                    let step = lost.step_with("slow to end", run).grace(6 * SECOND).undo(undo);
                    ctx.race([step.boxed(), ctx.wait("a second", SECOND).boxed()]).await?;
                    ctx.wait("a second", SECOND).await?;
                    Err::<(), _>(Failure::new("Refused", ""))
                });
                let undone_before = refused.settle(async {
                    let step = refused.step("quick", || async { Ok::<_, Failure>(()) });
                    step.undo(|| async { Ok::<_, Failure>(()) }).await?;
                    ctx.wait("a while", 3 * SECOND / 2).await?;
                    Err::<(), _>(Failure::new("Refused", ""))
                });
                let _ = tokio::join!(slow_to_end, undone_before);
                Ok::<_, Failure>("done".to_owned())
            }
        })
        .open()
        .await
        .unwrap();
    let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
    assert_eq!(outcome(&handle).await, "done");
    assert_eq!(*notes.lock().unwrap(), ["the step has ended", "it is undone"]);
}
