//! Ends: stopping with children, the time that is up in a saga, what is asked of what has ended, code that is missing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;
mod tape;

use std::sync::Arc;
use std::time::Duration;

use duramen::{Context, Error, Event, Failure, Handle, Status};
use ground::Deeds;
use tape::{Tape, outcome, survives_every_crash};

const SECOND: Duration = Duration::from_secs(1);

async fn minute(ctx: Context, (): ()) -> Result<String, Failure> {
    ctx.wait("a minute", 60 * SECOND).await?;
    Ok("a minute has passed".to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_stopped_execution_leaves_those_it_invoked_alone() {
    let parent = |ctx: Context, (): ()| async move { ctx.invoke::<String>("minute", ()).named("child").await };
    let result = survives_every_crash(async |tape: Arc<Tape>| {
        let runtime = tape.builder().workflow("minute", minute).workflow("w", parent).open().await.unwrap();
        let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
        tape.at(5_000).await;
        let _ = handle.stop(Failure::new("Enough", "")).await;
        let child: Handle<String> = runtime.get("minute", "child").await.unwrap();
        (outcome(&handle).await, outcome(&child).await)
    })
    .await;
    assert_eq!(result, ("failed: Enough: ".to_owned(), "a minute has passed".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_saga_is_undone_when_the_time_of_the_execution_is_up() {
    let deeds = Deeds::default();
    let result = survives_every_crash(async |tape: Arc<Tape>| {
        let deeds = deeds.clone();
        let workflow = move |ctx: Context, (): ()| {
            let deeds = deeds.clone();
            async move {
                let saga = ctx.saga();
                saga.settle(async {
                    let step = saga.step("do", || async { Ok::<_, Failure>(()) });
                    step.undo(|| deeds.clone().deed("undone")).await?;
                    ctx.wait("a minute", 60 * SECOND).await?;
                    Ok(String::new())
                })
                .await
            }
        };
        let runtime = tape.builder().workflow("w", workflow).open().await.unwrap();
        let handle: Handle<String> = runtime.start("w", "w", ()).timeout(5 * SECOND).await.unwrap();
        let timed_out = matches!(handle.result().await, Err(Error::TimedOut { .. }));
        let ended_ms = handle.history().await.unwrap().last().unwrap().at_ms;
        (timed_out, ended_ms - tape::BEGINNING, handle.status().await.unwrap())
    })
    .await;
    assert_eq!(result, (true, 5_000, Status::TimedOut));
    assert!(deeds.count("undone") > 1);
}

#[tokio::test(start_paused = true)]
async fn what_has_ended_takes_nothing_more_and_an_update_that_was_not_answered_is_told() {
    let workflow = |ctx: Context, (): ()| async move {
        ctx.signal::<()>("end").await?;
        Ok::<_, Failure>("ended".to_owned())
    };
    let tape = Tape::new();
    let runtime = tape.builder().workflow("w", workflow).open().await.unwrap();
    let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
    let asking = tokio::spawn({
        let handle = handle.clone();
        async move { handle.update::<()>("nobody takes it", &()).await }
    });
    tape.at(1_000).await;
    assert!(!asking.is_finished());
    handle.signal("end", &()).await.unwrap();
    let closed = |told: Result<(), Error>| assert!(matches!(told, Err(Error::Closed { .. })), "{told:?}");
    closed(asking.await.unwrap());
    assert_eq!(outcome(&handle).await, "ended");
    closed(handle.update::<()>("set", &()).await);
    closed(handle.signal("end", &()).await);
    closed(handle.cancel("").await);
    closed(handle.pause("").await);
    closed(handle.resume().await);
    closed(handle.stop(Failure::new("", "")).await);
    let ends = handle.history().await.unwrap().into_iter().filter(|line| line.event.ends_execution());
    assert_eq!(ends.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_update_that_is_dropped_is_refused() {
    let workflow = |ctx: Context, (): ()| async move {
        drop(ctx.update::<()>("set").await?);
        Ok::<_, Failure>("ended".to_owned())
    };
    let tape = Tape::new();
    let runtime = tape.builder().workflow("w", workflow).open().await.unwrap();
    let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
    let refused = handle.update::<()>("set", &()).await.unwrap_err();
    assert_eq!(refused.failure().unwrap().name(), "NotAnswered");
}

#[tokio::test(start_paused = true)]
async fn code_that_is_missing_after_an_upgrade_pauses_what_needs_it_until_it_is_there_again() {
    let second = |_: Context, (): ()| async move { Ok::<_, Failure>("version 2".to_owned()) };
    let tape = Tape::new();
    let runtime = tape.builder().version("w", 1, minute).workflow("other", minute).open().await.unwrap();
    runtime.start::<String>("w", "w", ()).await.unwrap();
    runtime.start::<String>("other", "o", ()).await.unwrap();
    tape.at(5_000).await;
    drop(runtime);

    let tape = tape.cut();
    let runtime = tape.builder().version("w", 2, second).open().await.unwrap();
    let other: Handle<String> = runtime.get("other", "o").await.unwrap();
    let handle: Handle<String> = runtime.get("w", "w").await.unwrap();
    tape.at(70_000).await;
    let reason = async |handle: &Handle<String>| match handle.status().await.unwrap() {
        Status::Paused { reason, .. } => reason,
        status => panic!("it is {status:?}"),
    };
    assert!(reason(&handle).await.contains("version 1 of workflow `w`"), "{}", reason(&handle).await);
    assert!(reason(&other).await.contains("`other`, which is not registered"), "{}", reason(&other).await);
    let unknown = runtime.start::<String>("other", "another", ()).await.unwrap_err();
    assert!(matches!(unknown, Error::UnknownWorkflow { .. }), "{unknown}");
    let unknown = runtime.start::<String>("w", "another", ()).version(1).await.unwrap_err();
    assert!(matches!(unknown, Error::UnknownVersion { .. }), "{unknown}");
    // What is sent meanwhile waits.
    handle.signal("word", &()).await.unwrap();
    drop(runtime);

    let tape = tape.cut();
    let builder = tape.builder().version("w", 1, minute).version("w", 2, second).workflow("other", minute);
    let runtime = builder.open().await.unwrap();
    for (workflow, name) in [("w", "w"), ("other", "o")] {
        let handle: Handle<String> = runtime.get(workflow, name).await.unwrap();
        assert_eq!(outcome(&handle).await, "a minute has passed");
    }
}

#[tokio::test(start_paused = true)]
async fn an_invocation_of_code_that_is_not_registered_fails() {
    let result = survives_every_crash(async |tape: Arc<Tape>| {
        let workflow = |ctx: Context, (): ()| async move {
            let unknown = ctx.invoke::<String>("nothing", ()).await.unwrap_err();
            let version = ctx.invoke::<String>("minute", ()).version(9).await.unwrap_err();
            Ok::<_, Failure>(format!("{} {}", unknown.name(), version.name()))
        };
        let runtime = tape.builder().workflow("minute", minute).workflow("w", workflow).open().await.unwrap();
        let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
        outcome(&handle).await
    })
    .await;
    assert_eq!(result, "UnknownWorkflow UnknownWorkflow");
}

#[tokio::test(start_paused = true)]
async fn a_step_that_never_ends_is_broken_off_at_the_deadline_and_runs_again() {
    let deeds = Deeds::default();
    let workflow = |ends: bool| {
        let deeds = deeds.clone();
        move |ctx: Context, (): ()| {
            let deeds = deeds.clone();
            async move {
                let run = move || {
                    deeds.note("begun");
                    async move { if ends { Ok::<_, Failure>("ended".to_owned()) } else { std::future::pending().await } }
                };
                ctx.step("step", run).await
            }
        }
    };
    let tape = Tape::new();
    let runtime = tape.builder().workflow("w", workflow(false)).open().await.unwrap();
    let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
    tape.at(1_000).await;
    let shutdown = runtime.shutdown(5 * SECOND).await.unwrap();
    assert_eq!(shutdown.unfinished_steps, 1);
    assert_eq!(tape.now_ms(), tape::BEGINNING + 6_000);
    assert!(matches!(handle.signal("late", &()).await, Err(Error::Execution(_))));
    let tape = tape.cut();
    let runtime = tape.builder().workflow("w", workflow(true)).open().await.unwrap();
    let handle: Handle<String> = runtime.get("w", "w").await.unwrap();
    assert_eq!(outcome(&handle).await, "ended");
    assert_eq!(deeds.count("begun"), 2);
    let attempts = handle.history().await.unwrap().into_iter();
    let attempts = attempts.filter(|line| matches!(line.event, Event::StepStarted { .. }));
    assert_eq!(attempts.count(), 1, "it is the same attempt");
}
