//! What kind of error a call ended with can be told without knowing each of them, for a server to answer by.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::time::Duration;

use duramen::{Builder, CallbackToken, Context, Error, Failure, Handle, Runtime, Status};
use ground::in_memory;

async fn approval(ctx: Context, _: String) -> Result<bool, Failure> {
    let mut approval = ctx.callback("approval");
    ctx.publish("token", &approval.token())?;
    approval.await
}

fn build() -> Builder {
    in_memory().workflow("approval", approval).max_payload(100)
}

async fn start(runtime: &Runtime, name: &str, input: &str) -> Result<Handle<bool>, Error> {
    runtime.start("approval", name, input).await
}

/// Which kinds an error is of.
fn kinds(error: &Error) -> Vec<&'static str> {
    let kinds = [
        ("not found", error.is_not_found()),
        ("conflict", error.is_conflict()),
        ("too large", error.is_too_large()),
        ("overloaded", error.is_overloaded()),
        ("shutting down", error.is_shutting_down()),
        ("interrupted", error.is_interrupted()),
    ];
    kinds.into_iter().filter(|(_, is)| *is).map(|(kind, _)| kind).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_not_found() {
    let runtime = build().open().await.unwrap();
    let nobody = runtime.get::<bool>("approval", "nobody").await.unwrap_err();
    assert_eq!(kinds(&nobody), ["not found"], "{nobody}");
    let unknown = runtime.start::<bool>("refund", "a", ()).await.unwrap_err();
    assert_eq!(kinds(&unknown), ["not found"], "{unknown}");
    let version = runtime.start::<bool>("approval", "a", "").version(7).await.unwrap_err();
    assert_eq!(kinds(&version), ["not found"], "{version}");

    let token = token(&start(&runtime, "a", "").await.unwrap()).await;
    let elsewhere = build().open().await.unwrap();
    let forged = elsewhere.succeed_callback(&token, &true).await.unwrap_err();
    assert_eq!(kinds(&forged), ["not found"], "{forged}");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_go_with_where_it_stands_is_a_conflict() {
    let runtime = build().open().await.unwrap();
    let handle = start(&runtime, "a", "a chair").await.unwrap();
    let another = start(&runtime, "a", "a table").await.unwrap_err();
    assert_eq!(kinds(&another), ["conflict"], "{another}");

    let token = token(&handle).await;
    runtime.succeed_callback(&token, &true).await.unwrap();
    assert!(handle.result().await.unwrap());
    let twice = runtime.succeed_callback(&token, &true).await.unwrap_err();
    assert_eq!(kinds(&twice), ["conflict"], "{twice}");
    let late = handle.cancel("too late").await.unwrap_err();
    assert_eq!(kinds(&late), ["conflict"], "{late}");
}

#[tokio::test(start_paused = true)]
async fn what_is_above_a_limit_is_too_large_or_an_overload() {
    let runtime = build().open().await.unwrap();
    let large = start(&runtime, "a", &"x".repeat(100)).await.unwrap_err();
    assert_eq!(kinds(&large), ["too large"], "{large}");

    let full = build().max_commands(0).open().await.unwrap();
    let refused = start(&full, "a", "").await.unwrap_err();
    assert_eq!(kinds(&refused), ["overloaded"], "{refused}");
}

#[tokio::test(start_paused = true)]
async fn every_call_to_a_runtime_that_was_shut_down_says_so() {
    let runtime = build().open().await.unwrap();
    let handle = start(&runtime, "a", "").await.unwrap();
    runtime.shutdown(Duration::from_secs(1)).await.unwrap();
    let started = start(&runtime, "b", "").await.unwrap_err();
    assert_eq!(kinds(&started), ["shutting down"], "{started}");
    let cancelled = handle.cancel("late").await.unwrap_err();
    assert_eq!(kinds(&cancelled), ["shutting down"], "{cancelled}");
    let described = handle.status().await.unwrap_err();
    assert_eq!(kinds(&described), ["shutting down"], "{described}");
    let awaited = handle.result().await.unwrap_err();
    assert_eq!(kinds(&awaited), ["shutting down"], "{awaited}");
}

#[tokio::test(start_paused = true)]
async fn how_an_execution_ended_is_of_no_such_kind() {
    let runtime = build().open().await.unwrap();
    let handle = start(&runtime, "a", "").await.unwrap();
    runtime.fail_callback(&token(&handle).await, Failure::new("No", "not today")).await.unwrap();
    let failed = handle.result().await.unwrap_err();
    assert!(kinds(&failed).is_empty(), "{failed}");
    assert_eq!(failed.failure().unwrap().name(), "No");
    assert_eq!(handle.status().await.unwrap(), Status::Failed);
}

/// The token that the execution has published, once it has.
async fn token(handle: &Handle<bool>) -> CallbackToken {
    loop {
        if let Some(token) = handle.query("token").await.unwrap() {
            return token;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
