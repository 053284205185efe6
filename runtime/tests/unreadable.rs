//! Payloads that are not what the code reads them as.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod tape;

use std::sync::Arc;
use std::time::Duration;

use duramen::{CallbackToken, Context, Error, Failure, Handle, Status};
use tape::{Tape, outcome, survives_every_crash};

#[tokio::test(start_paused = true)]
async fn an_input_that_is_of_another_type_fails_the_execution() {
    let result = survives_every_crash(async |tape: Arc<Tape>| {
        let workflow = |_: Context, number: u32| async move { Ok::<_, Failure>(number.to_string()) };
        let runtime = tape.builder().workflow("w", workflow).open().await.unwrap();
        let handle: Handle<String> = runtime.start("w", "w", "a text").await.unwrap();
        outcome(&handle).await
    })
    .await;
    assert!(result.starts_with("failed: ") && result.contains("u32"), "{result}");
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_and_is_of_another_type_is_a_failure_the_code_can_handle() {
    let result = survives_every_crash(async |tape: Arc<Tape>| {
        let workflow = |ctx: Context, (): ()| async move {
            let mut callback = ctx.callback::<u32>("number");
            ctx.publish("token", &callback.token())?;
            let signal = ctx.signal::<u32>("number").await.unwrap_err();
            let next: u32 = ctx.signal("number").await?;
            let callback = callback.await.unwrap_err();
            let invoked = ctx.invoke::<u32>("text", ()).await.unwrap_err();
            let names = [signal, callback, invoked].map(|failure| failure.name().to_owned());
            Ok::<_, Failure>(format!("{next} {names:?}"))
        };
        let text = |_: Context, (): ()| async move { Ok::<_, Failure>("a text") };
        let runtime = tape.builder().workflow("w", workflow).workflow("text", text).open().await.unwrap();
        let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
        tape.at(1_000).await;
        if handle.history().await.unwrap().iter().all(|line| line.event.kind() != "SignalReceived") {
            handle.signal("number", "a text").await.unwrap();
        }
        let _ = handle.signal("number", &7).await;
        if let Some(token) = handle.query::<CallbackToken>("token").await.unwrap() {
            let _ = runtime.succeed_callback(&token, "a text").await;
        }
        outcome(&handle).await
    })
    .await;
    assert_eq!(result, format!("7 {:?}", [Failure::PAYLOAD_NOT_READABLE; 3]));
}

#[tokio::test(start_paused = true)]
async fn an_update_of_another_type_is_refused_and_the_next_one_is_taken() {
    let workflow = |ctx: Context, (): ()| async move {
        let update = ctx.update::<u32>("set").await?;
        Ok::<_, Failure>(update.accept("set").to_string())
    };
    let tape = Tape::new();
    let runtime = tape.builder().workflow("w", workflow).open().await.unwrap();
    let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
    let refused = handle.update::<String>("set", "a text").await.unwrap_err();
    assert_eq!(refused.failure().unwrap().name(), Failure::PAYLOAD_NOT_READABLE);
    let unreadable = handle.update::<u32>("set", &7).await.unwrap_err();
    assert!(matches!(unreadable, Error::Payload { .. }), "{unreadable}");
    assert_eq!(outcome(&handle).await, "7");
    let other: Handle<u32> = runtime.get("w", "w").await.unwrap();
    assert!(matches!(other.result().await.unwrap_err(), Error::Payload { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_recorded_result_whose_type_was_changed_pauses_until_the_old_one_is_read_again() {
    async fn waits<T: serde::Serialize + serde::de::DeserializeOwned + Send + 'static>(
        ctx: Context,
        value: T,
    ) -> Result<String, Failure> {
        let inside = async |ctx: Context| {
            ctx.wait("a second", Duration::from_secs(1)).await?;
            Ok::<_, Failure>(value)
        };
        ctx.child("value", inside).await?;
        ctx.wait("a minute", Duration::from_secs(60)).await?;
        Ok("done".to_owned())
    }
    let text = |ctx: Context, (): ()| waits(ctx, "a text".to_owned());
    let number = |ctx: Context, (): ()| waits(ctx, 7_u32);
    let tape = Tape::new();
    let runtime = tape.builder().workflow("w", text).open().await.unwrap();
    runtime.start::<String>("w", "w", ()).await.unwrap();
    tape.at(5_000).await;
    drop(runtime);
    let tape = tape.cut();
    let runtime = tape.builder().workflow("w", number).open().await.unwrap();
    let handle: Handle<String> = runtime.get("w", "w").await.unwrap();
    tape.at(70_000).await;
    let Status::Paused { reason, .. } = handle.status().await.unwrap() else { panic!("it is not paused") };
    assert!(reason.contains("operation 1 (child context `value`") && reason.contains("u32"), "{reason}");
    drop(runtime);
    let tape = tape.cut();
    let runtime = tape.builder().workflow("w", text).open().await.unwrap();
    let handle: Handle<String> = runtime.get("w", "w").await.unwrap();
    assert_eq!(outcome(&handle).await, "done");
}
