//! What comes in while one run ends and the next one begins belongs to the next one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod tape;

use std::sync::Arc;
use std::time::Duration;

use duramen::{Context, Failure, Handle, Runtime};
use duramen_storage::{Log, MemoryLog};
use futures::future::join_all;
use tape::{Tape, outcome, survives_every_crash};

/// Takes a signal in each run, until it has taken so many.
async fn one_each(ctx: Context, (mut taken, all): (Vec<u32>, usize)) -> Result<String, Failure> {
    taken.push(ctx.signal("number").await?);
    if taken.len() < all {
        return ctx.continue_as_new((taken, all)).await;
    }
    Ok(format!("{taken:?}"))
}

#[tokio::test]
async fn signals_that_come_between_two_runs_are_not_lost() {
    let log = MemoryLog::builder().slow_sync(Duration::from_micros(300)).build();
    let runtime = Runtime::on_log(Arc::new(log) as Arc<dyn Log>).workflow("w", one_each).open().await.unwrap();
    let handle: Handle<String> = runtime.start("w", "w", (Vec::<u32>::new(), 200)).await.unwrap();
    let handle_of_senders = &handle;
    // Several at a time, so that some come while the end of a run is being written.
    let senders = (0..8).map(async |sender: u32| {
        for nth in 0..25 {
            handle_of_senders.signal("number", &(sender * 25 + nth)).await.unwrap();
        }
    });
    join_all(senders).await;
    let result = tokio::time::timeout(Duration::from_secs(20), handle.result()).await.expect("a signal was lost");
    let mut taken: Vec<u32> = serde_json::from_str(&result.unwrap()).unwrap();
    taken.sort_unstable();
    assert_eq!(taken, (0..200).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ends_where_the_execution_is_paused_and_resumed_goes_on_after_a_crash() {
    let workflow = |ctx: Context, again: bool| async move {
        ctx.signal::<()>("go").await?;
        if again {
            return ctx.continue_as_new(false).await;
        }
        Ok::<_, Failure>("done".to_owned())
    };
    survives_every_crash(async |tape: Arc<Tape>| {
        let runtime = tape.builder().workflow("w", workflow).open().await.unwrap();
        let handle: Handle<String> = runtime.start("w", "w", true).await.unwrap();
        // Handed over at once, so that they come into one turn.
        let (paused, resumed, sent) = tokio::join!(handle.pause("a moment"), handle.resume(), handle.signal("go", &()));
        let _ = (paused, resumed, sent);
        let _ = handle.resume().await;
        let _ = handle.signal("go", &()).await;
        outcome(&handle).await
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn many_who_send_at_once_are_all_heard_over_many_runs() {
    survives_every_crash(async |tape: Arc<Tape>| {
        let runtime = tape.builder().workflow("w", one_each).open().await.unwrap();
        let handle: Handle<String> = runtime.start("w", "w", (Vec::<u32>::new(), 12)).await.unwrap();
        // Those that were sent in an earlier life may be sent again: only that there are enough is looked at.
        let handle = &handle;
        join_all((0..12).map(async |number: u32| handle.signal("number", &number).await)).await;
        outcome(handle).await.split(',').count()
    })
    .await;
}
