//! The stream of what happens to an execution ends behind its end, and leaves nothing out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use duramen::{Context, Failure, Handle};
use futures::TryStreamExt;
use futures::future::try_join_all;
use ground::in_memory;

async fn quick(ctx: Context, steps: u32) -> Result<u32, Failure> {
    for nth in 0..steps {
        ctx.step("nth", move || async move { Ok::<_, Failure>(nth) }).await?;
    }
    Ok(steps)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_watches_an_execution_that_ends_meanwhile_sees_its_end() {
    let runtime = in_memory().workflow("quick", quick).open().await.unwrap();
    let watch = async |nth: u32| -> Result<(), duramen::Error> {
        let handle: Handle<u32> = runtime.start("quick", format!("q-{nth}"), nth % 4).await?;
        let seen: Vec<_> = handle.events(0).try_collect().await?;
        let kinds: Vec<_> = seen.iter().map(|line| line.event.kind()).collect();
        assert_eq!(kinds.last(), Some(&"ExecutionSucceeded"), "{kinds:?}");
        assert!(seen.iter().zip(1..).all(|(line, number)| line.number == number), "{kinds:?}");
        Ok(())
    };
    try_join_all((0..2_000).map(watch)).await.unwrap();
}
