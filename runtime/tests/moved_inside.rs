//! What was begun outside of a child context and is carried into it, and what would be lost there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod tape;

use std::sync::Arc;
use std::time::Duration;

use duramen::{CallbackToken, Context, Failure, Handle, Status};
use tape::{Tape, outcome, survives_every_crash};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn an_update_may_be_answered_inside_of_a_child_context() {
    let workflow = |ctx: Context, (): ()| async move {
        let update = ctx.update::<u32>("set").await?;
        let set = ctx
            .child("apply", |ctx| async move {
                ctx.wait("a second", SECOND).await?;
                let set = update.accept("done");
                ctx.wait("another second", SECOND).await?;
                Ok::<_, Failure>(set)
            })
            .await?;
        ctx.wait("a third second", SECOND).await?;
        Ok::<_, Failure>(set.to_string())
    };
    survives_every_crash(async |tape: Arc<Tape>| {
        let runtime = tape.builder().workflow("w", workflow).open().await.unwrap();
        let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
        let asking = tokio::spawn({
            let handle = handle.clone();
            async move { handle.update::<String>("set", &7).await }
        });
        let outcome = outcome(&handle).await;
        asking.abort();
        outcome
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_callback_that_was_begun_outside_may_be_awaited_inside() {
    let workflow = |ctx: Context, (): ()| async move {
        let mut callback = ctx.callback::<String>("answer");
        ctx.publish("token", &callback.token())?;
        let answer = ctx
            .child("ask", |ctx| async move {
                ctx.wait("a moment", SECOND).await?;
                let patience = async {
                    ctx.wait("patience", 60 * SECOND).await?;
                    Ok("none".to_owned())
                };
                tokio::select! {
                    biased;
                    answer = callback => answer,
                    none = patience => none,
                }
            })
            .await?;
        ctx.wait("a second", SECOND).await?;
        Ok::<_, Failure>(answer)
    };
    for answers in [true, false] {
        let result = survives_every_crash(async |tape: Arc<Tape>| {
            let runtime = tape.builder().workflow("w", workflow).open().await.unwrap();
            let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
            tape.at(10_000).await;
            if let Some(token) = handle.query::<CallbackToken>("token").await.unwrap().filter(|_| answers) {
                let _ = runtime.succeed_callback(&token, "yes").await;
            }
            outcome(&handle).await
        })
        .await;
        assert_eq!(result, if answers { "yes" } else { "none" });
    }
}

#[tokio::test(start_paused = true)]
async fn an_undo_that_would_be_lost_with_a_child_context_is_refused() {
    let workflow = |ctx: Context, (): ()| async move {
        let saga = ctx.saga();
        saga.settle(async {
            ctx.child("within", |ctx| {
                saga.on_failure("undo", || async { Ok::<_, Failure>(()) });
                async move { ctx.wait("a second", SECOND).await }
            })
            .await?;
            Ok(String::new())
        })
        .await
    };
    let tape = Tape::new();
    let runtime = tape.builder().workflow("w", workflow).open().await.unwrap();
    let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
    tape.at(60_000).await;
    let Status::Paused { reason, .. } = handle.status().await.unwrap() else {
        panic!("it is {:?}", handle.status().await.unwrap())
    };
    assert!(reason.contains("inside of child context 1") && reason.contains("moved_inside.rs:"), "{reason}");
}
