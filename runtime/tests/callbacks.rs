//! A callback waits for somebody outside, who has its token.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::sync::Arc;
use std::time::Duration;

use duramen::{CallbackRefused, CallbackToken, Context, Error, Failure, Handle, Runtime};
use duramen_storage::MemoryLog;
use ground::on;
use tokio::sync::mpsc;

type Tokens = mpsc::UnboundedSender<CallbackToken>;

async fn send(to: Tokens, token: CallbackToken) -> Result<(), Failure> {
    to.send(token).map_err(|_| Failure::new("NobodyListens", ""))
}

async fn approve(ctx: Context, tokens: Tokens, minutes: u64) -> Result<String, Failure> {
    let mut approval = ctx
        .callback::<String>("approval")
        .timeout(Duration::from_secs(minutes * 60))
        .heartbeat(Duration::from_secs(600));
    let token = approval.token();
    ctx.step("ask", || send(tokens.clone(), token.clone())).await?;
    approval.await
}

async fn open(log: &Arc<MemoryLog>) -> (Runtime, mpsc::UnboundedReceiver<CallbackToken>) {
    let (to, from) = mpsc::unbounded_channel();
    let other = to.clone();
    let runtime = on(log)
        .workflow("approve", move |ctx, minutes| approve(ctx, to.clone(), minutes))
        .workflow("submit", move |ctx: Context, (): ()| {
            let to = other.clone();
            async move {
                let answer: Result<String, Failure> =
                    ctx.wait_for_callback("approval", move |token| send(to.clone(), token)).await;
                answer
            }
        })
        .open()
        .await
        .unwrap();
    (runtime, from)
}

fn why(error: &Error) -> CallbackRefused {
    let Error::Callback { why, .. } = error else { panic!("{error}") };
    *why
}

#[tokio::test(start_paused = true)]
async fn a_callback_gives_what_was_sent_also_after_a_crash() {
    let log = Arc::new(MemoryLog::new());
    let (runtime, mut tokens) = open(&log).await;
    runtime.start::<String>("approve", "a", 60).await.unwrap();
    let token = tokens.recv().await.unwrap();
    drop(runtime);

    let (runtime, _tokens) = open(&Arc::new(log.reopen())).await;
    let token: CallbackToken = token.to_string().parse().unwrap();
    runtime.succeed_callback(&token, "yes").await.unwrap();
    let handle: Handle<String> = runtime.get("approve", "a").await.unwrap();
    assert_eq!(handle.result().await.unwrap(), "yes");
}

#[tokio::test(start_paused = true)]
async fn a_failure_from_outside_is_what_the_workflow_gets() {
    let (runtime, mut tokens) = open(&Arc::new(MemoryLog::new())).await;
    let handle = runtime.start::<String>("approve", "a", 60).await.unwrap();
    let token = tokens.recv().await.unwrap();
    runtime.fail_callback(&token, Failure::new("Rejected", "too dear")).await.unwrap();
    assert_eq!(handle.result().await.unwrap_err().failure().unwrap(), &Failure::new("Rejected", "too dear"));
}

#[tokio::test(start_paused = true)]
async fn it_times_out_and_without_heartbeats_earlier() {
    let (runtime, mut tokens) = open(&Arc::new(MemoryLog::new())).await;
    let silent = runtime.start::<String>("approve", "silent", 60).await.unwrap();
    assert_eq!(silent.result().await.unwrap_err().failure().unwrap().name(), Failure::CALLBACK_HEARTBEAT);
    let late = tokens.recv().await.unwrap();
    assert_eq!(why(&runtime.succeed_callback(&late, "yes").await.unwrap_err()), CallbackRefused::TimedOut);

    let beating = runtime.start::<String>("approve", "beating", 60).await.unwrap();
    let token = tokens.recv().await.unwrap();
    for _ in 0..11 {
        tokio::time::sleep(Duration::from_secs(300)).await;
        runtime.heartbeat_callback(&token).await.unwrap();
    }
    assert_eq!(beating.result().await.unwrap_err().failure().unwrap().name(), Failure::CALLBACK_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_good_once_and_cannot_be_guessed() {
    let (runtime, mut tokens) = open(&Arc::new(MemoryLog::new())).await;
    let handle = runtime.start::<String>("submit", "s", ()).await.unwrap();
    let token = tokens.recv().await.unwrap();
    let text = token.to_string();
    let other = if text.as_bytes()[30] == b'A' { "B" } else { "A" };
    let forged: CallbackToken = format!("{}{other}{}", &text[..30], &text[31..]).parse().unwrap();
    assert_eq!(why(&runtime.succeed_callback(&forged, "yes").await.unwrap_err()), CallbackRefused::Unknown);
    runtime.succeed_callback(&token, "first").await.unwrap();
    assert_eq!(handle.result().await.unwrap(), "first");
    assert_eq!(why(&runtime.succeed_callback(&token, "second").await.unwrap_err()), CallbackRefused::Answered);
    assert_eq!(why(&runtime.heartbeat_callback(&token).await.unwrap_err()), CallbackRefused::Answered);
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_another_type_fails_the_callback() {
    let (runtime, mut tokens) = open(&Arc::new(MemoryLog::new())).await;
    let handle = runtime.start::<String>("submit", "s", ()).await.unwrap();
    runtime.succeed_callback(&tokens.recv().await.unwrap(), &17).await.unwrap();
    let error = handle.result().await.unwrap_err();
    assert_eq!(error.failure().unwrap().name(), Failure::PAYLOAD_NOT_READABLE, "{error}");
}
