//! Tokens of callbacks that cannot be used, and why.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod tape;

use std::time::Duration;

use duramen::{CallbackRefused, CallbackToken, Context, Error, Failure, Handle, Runtime};
use tape::{Tape, outcome};

const SECOND: Duration = Duration::from_secs(1);

/// A callback that times out after ten seconds, then a minute; `given_up` gives it up at once.
async fn workflow(ctx: Context, given_up: bool) -> Result<String, Failure> {
    let mut callback = ctx.callback::<String>("callback").timeout(10 * SECOND);
    ctx.publish("token", &callback.token())?;
    if given_up {
        drop(callback);
    } else {
        let answer = callback.await.unwrap_or_else(|failure| failure.name().to_owned());
        ctx.publish("answer", &answer)?;
    }
    ctx.wait("a minute", 60 * SECOND).await?;
    Ok("done".to_owned())
}

async fn begun(tape: &std::sync::Arc<Tape>, given_up: bool) -> (Runtime, Handle<String>, CallbackToken) {
    let runtime = tape.builder().workflow("w", workflow).open().await.unwrap();
    let handle: Handle<String> = runtime.start("w", "w", given_up).await.unwrap();
    let token = handle.query("token").await.unwrap().unwrap();
    (runtime, handle, token)
}

fn why(told: Result<(), Error>) -> CallbackRefused {
    match told {
        Err(Error::Callback { why, .. }) => why,
        other => panic!("it is {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_was_used_is_refused_also_after_another_opening() {
    let tape = Tape::new();
    let (runtime, handle, token) = begun(&tape, false).await;
    runtime.succeed_callback(&token, "yes").await.unwrap();
    assert_eq!(why(runtime.succeed_callback(&token, "no").await), CallbackRefused::Answered);
    assert_eq!(why(runtime.fail_callback(&token, Failure::new("No", "")).await), CallbackRefused::Answered);
    assert_eq!(why(runtime.heartbeat_callback(&token).await), CallbackRefused::Answered);
    drop(runtime);
    drop(handle);
    let tape = tape.cut();
    let runtime = tape.builder().workflow("w", workflow).open().await.unwrap();
    assert_eq!(why(runtime.succeed_callback(&token, "no").await), CallbackRefused::Answered);
    let handle: Handle<String> = runtime.get("w", "w").await.unwrap();
    assert_eq!(handle.query::<String>("answer").await.unwrap().unwrap(), "yes");
}

#[tokio::test(start_paused = true)]
async fn one_that_is_late_is_told_whether_it_timed_out_was_given_up_or_its_execution_ended() {
    let tape = Tape::new();
    let (runtime, handle, token) = begun(&tape, false).await;
    tape.at(11_000).await;
    assert_eq!(why(runtime.succeed_callback(&token, "yes").await), CallbackRefused::TimedOut);
    assert_eq!(outcome(&handle).await, "done");
    assert_eq!(why(runtime.succeed_callback(&token, "yes").await), CallbackRefused::TimedOut);

    let (runtime, _, token) = begun(&Tape::new(), true).await;
    assert_eq!(why(runtime.succeed_callback(&token, "yes").await), CallbackRefused::Cancelled);

    let (runtime, handle, token) = begun(&Tape::new(), false).await;
    handle.stop(Failure::new("Stopped", "")).await.unwrap();
    assert_eq!(why(runtime.succeed_callback(&token, "yes").await), CallbackRefused::Closed);
}

#[tokio::test(start_paused = true)]
async fn one_that_was_forged_or_damaged_answers_nothing() {
    let tape = Tape::new();
    let (runtime, handle, token) = begun(&tape, false).await;
    let text = token.to_string();
    let mut refused = 0;
    for place in 0..text.len() {
        for by in ['A', '5', '_'] {
            let forged = format!("{}{by}{}", &text[..place], &text[place + 1..]);
            if forged == text {
                continue;
            }
            // Either it is no token at all, or one of a callback that nobody has begun.
            match forged.parse::<CallbackToken>() {
                Ok(forged) if forged == token => {}
                Ok(forged) => {
                    let told = runtime.succeed_callback(&forged, "forged").await;
                    assert!(matches!(told, Err(Error::Callback { why: CallbackRefused::Unknown, .. })), "{told:?}");
                    refused += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > text.len());
    for damaged in ["", "?", &text[1..], &text[..text.len() - 3], &format!("{text}A"), "AQ", &"A".repeat(10_000)] {
        if let Ok(damaged) = damaged.parse::<CallbackToken>() {
            assert_eq!(why(runtime.succeed_callback(&damaged, "damaged").await), CallbackRefused::Unknown);
        }
    }
    runtime.succeed_callback(&token, "yes").await.unwrap();
    assert_eq!(handle.query::<String>("answer").await.unwrap().unwrap(), "yes");
}
