//! A workflow that awaits something that is not durable is paused, and told so.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::time::Duration;

use duramen::{Context, Failure, Handle, Status};
use ground::in_memory;

/// Runs a workflow until it is paused; gives the reason.
async fn reason<F, Fut>(workflow: F) -> String
where
    F: Fn(Context, ()) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let runtime = in_memory().workflow("foreign", workflow).open().await.unwrap();
    let handle: Handle<()> = runtime.start("foreign", "f", ()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    match handle.status().await.unwrap() {
        Status::Paused { reason, .. } => reason,
        status => panic!("it is {status:?}"),
    }
}

async fn charge() -> Result<(), Failure> {
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_sleep_of_tokio_is_reported_with_the_operation_before_it() {
    let reason = reason(|ctx, ()| async move {
        ctx.step("charge", charge).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(())
    })
    .await;
    assert!(
        reason.contains("not a durable operation, after operation 1, step `charge` (at runtime/tests/"),
        "{reason}"
    );
    assert!(reason.contains("ctx.wait"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn it_is_reported_beside_an_operation_that_is_under_way() {
    let reason = reason(|ctx, ()| async move {
        let (waited, ()) =
            tokio::join!(ctx.wait("long", Duration::from_secs(9)), tokio::time::sleep(Duration::from_secs(1)));
        waited
    })
    .await;
    assert!(reason.contains("after operation 1, wait `long`"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn it_is_reported_inside_of_a_child_context() {
    let reason = reason(|ctx, ()| async move {
        ctx.child("inner", |_| async {
            std::future::pending::<()>().await;
            Ok::<_, Failure>(())
        })
        .await
    })
    .await;
    assert!(reason.contains("child context `inner`"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn something_that_never_wakes_is_reported_before_any_operation() {
    let reason = reason(|_, ()| async move {
        std::future::pending::<()>().await;
        Ok(())
    })
    .await;
    assert!(reason.contains("before any operation"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_channel_between_branches_of_one_workflow_is_allowed() {
    let runtime = in_memory()
        .workflow("talks", |ctx: Context, (): ()| async move {
            let (sender, receiver) = tokio::sync::oneshot::channel();
            let (sent, received) = tokio::join!(
                async {
                    ctx.wait("a while", Duration::from_secs(1)).await?;
                    sender.send(7).map_err(|_| Failure::new("Gone", ""))
                },
                receiver,
            );
            sent?;
            Ok::<_, Failure>(received?)
        })
        .open()
        .await
        .unwrap();
    let handle: Handle<u32> = runtime.start("talks", "t", ()).await.unwrap();
    assert_eq!(handle.result().await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_workflow_that_wakes_itself_without_end_is_reported() {
    let reason = reason(|ctx, ()| async move {
        let wait = ctx.wait("long", Duration::from_secs(9));
        let spin = std::future::poll_fn(|cx| {
            cx.waker().wake_by_ref();
            std::task::Poll::<()>::Pending
        });
        tokio::join!(wait, spin).0
    })
    .await;
    assert!(reason.contains("woke itself"), "{reason}");
}
