//! Code that was changed while an execution was under way pauses it, and says what does not match.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::sync::Arc;
use std::time::Duration;

use duramen::{Builder, Context, Error, Failure, Handle, Runtime, Status};
use duramen_storage::MemoryLog;
use ground::on;

fn step<'a>(ctx: &'a Context, name: &'static str) -> impl Future<Output = Result<String, Failure>> + Send + use<'a> {
    ctx.step(name, move || async move { Ok::<_, Failure>(name.to_owned()) })
}

async fn original(ctx: Context, (): ()) -> Result<String, Failure> {
    step(&ctx, "reserve").await?;
    step(&ctx, "charge").await?;
    ctx.wait("cooling off", Duration::from_secs(3600)).await?;
    step(&ctx, "label").await
}

/// Runs the original until it waits, and gives its log.
async fn under_way() -> Arc<MemoryLog> {
    let log = Arc::new(MemoryLog::new());
    let runtime = on(&log).workflow("order", original).open().await.unwrap();
    runtime.start::<String>("order", "o", ()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(runtime.live(), 0);
    drop(runtime);
    Arc::new(log.reopen())
}

/// Goes on with other code; gives the reason why it is paused.
async fn reason(other: impl FnOnce(Builder) -> Builder) -> (Arc<MemoryLog>, String) {
    let log = under_way().await;
    let runtime = other(on(&log)).open().await.unwrap();
    let handle: Handle<String> = runtime.get("order", "o").await.unwrap();
    tokio::time::sleep(Duration::from_secs(4000)).await;
    let Status::Paused { reason, .. } = handle.status().await.unwrap() else {
        panic!("it is {:?}", handle.status().await.unwrap())
    };
    drop(runtime);
    (Arc::new(log.reopen()), reason)
}

async fn goes_on(runtime: &Runtime) {
    let handle: Handle<String> = runtime.get("order", "o").await.unwrap();
    assert_eq!(handle.result().await.unwrap(), "label");
}

#[tokio::test(start_paused = true)]
async fn a_renamed_step_pauses_with_what_where_and_what_was_expected() {
    let (_, reason) = reason(|on| {
        on.workflow("order", |ctx: Context, (): ()| async move {
            step(&ctx, "reserve").await?;
            ctx.step("bill", || async { Ok::<_, Failure>(String::new()) }).await
        })
    })
    .await;
    assert!(reason.contains("the history has operation 2, step `charge` as event 4"), "{reason}");
    assert!(
        reason.contains("the code asks for operation 2, step `bill` at runtime/tests/changed_code.rs:"),
        "{reason}"
    );
    assert!(reason.contains("workflow `order`"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn another_kind_of_operation_pauses() {
    let (_, reason) = reason(|on| {
        on.workflow("order", |ctx: Context, (): ()| async move {
            step(&ctx, "reserve").await?;
            ctx.wait("charge", Duration::from_secs(1)).await
        })
    })
    .await;
    assert!(reason.contains("step `charge`") && reason.contains("wait `charge`"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_was_taken_out_pauses() {
    let (_, reason) = reason(|on| {
        on.workflow("order", |ctx: Context, (): ()| async move {
            step(&ctx, "reserve").await?;
            ctx.wait("cooling off", Duration::from_secs(3600)).await?;
            step(&ctx, "label").await
        })
    })
    .await;
    assert!(reason.contains("step `charge`") && reason.contains("wait `cooling off`"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_was_added_pauses() {
    let (_, reason) = reason(|on| {
        on.workflow("order", |ctx: Context, (): ()| async move {
            let (a, b) = tokio::join!(step(&ctx, "reserve"), step(&ctx, "greet"));
            a?;
            b
        })
    })
    .await;
    assert!(reason.contains("nothing more") && reason.contains("step `greet`"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn code_that_ends_too_early_pauses() {
    let (_, reason) =
        reason(|on| on.workflow("order", |ctx: Context, (): ()| async move { step(&ctx, "reserve").await })).await;
    assert!(reason.contains("step `charge`") && reason.contains("the result of the workflow"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_result_that_is_read_as_another_type_pauses() {
    let (_, reason) = reason(|on| {
        on.workflow("order", |ctx: Context, (): ()| async move {
            let number: u32 = ctx.step("reserve", || async { Ok::<_, Failure>(7) }).await?;
            Ok::<_, Failure>(number)
        })
    })
    .await;
    assert!(reason.contains("operation 1") && reason.contains("u32"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_workflow_that_is_not_registered_any_more_pauses() {
    let (_, reason) = reason(|on| on.workflow("other", original)).await;
    assert!(reason.contains("`order`, which is not registered") && reason.contains("other"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn with_the_right_code_it_goes_on_after_the_next_opening() {
    let (log, _) =
        reason(|on| on.workflow("order", |ctx: Context, (): ()| async move { step(&ctx, "something else").await }))
            .await;
    let runtime = on(&log).workflow("order", original).open().await.unwrap();
    goes_on(&runtime).await;
}

#[tokio::test(start_paused = true)]
async fn a_paused_execution_that_is_resumed_with_the_same_code_is_paused_again_and_can_be_stopped() {
    let (log, _) = reason(|on| on.workflow("other", original)).await;
    let runtime = on(&log).workflow("other", original).open().await.unwrap();
    let handle: Handle<String> = runtime.get("order", "o").await.unwrap();
    let refused = handle.resume().await.unwrap_err();
    assert!(refused.to_string().contains("not registered"), "{refused}");
    assert!(matches!(handle.status().await.unwrap(), Status::Paused { .. }));
    handle.stop(Failure::new("GivenUp", "")).await.unwrap();
    assert!(matches!(handle.result().await.unwrap_err(), Error::Stopped { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_change_behind_where_it_stands_is_no_mismatch() {
    let log = under_way().await;
    let runtime = on(&log)
        .workflow("order", |ctx: Context, (): ()| async move {
            step(&ctx, "reserve").await?;
            step(&ctx, "charge").await?;
            ctx.wait("cooling off", Duration::from_secs(1)).await?;
            step(&ctx, "wrap").await?;
            step(&ctx, "label").await
        })
        .open()
        .await
        .unwrap();
    goes_on(&runtime).await;
}
