//! Executions that wait leave memory, and are back when their time comes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::sync::Arc;
use std::time::Duration;

use duramen::{Context, Failure, Handle, Status};
use duramen_storage::MemoryLog;
use ground::{in_memory, on};
use tokio::time::Instant;

async fn sleep(ctx: Context, ms: u64) -> Result<u64, Failure> {
    ctx.wait("nap", Duration::from_millis(ms)).await?;
    Ok(ms)
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_to_the_millisecond() {
    let runtime = in_memory().workflow("sleep", sleep).open().await.unwrap();
    for ms in [0, 1, 7, 250, 3_600_000] {
        let begin = Instant::now();
        let handle: Handle<u64> = runtime.start("sleep", format!("s-{ms}"), ms).await.unwrap();
        assert_eq!(handle.result().await.unwrap(), ms);
        let took = u64::try_from(begin.elapsed().as_millis()).unwrap();
        assert!((ms..=ms + 5).contains(&took), "{ms} ms took {took} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_wait_is_not_spent_in_memory() {
    let runtime = in_memory().workflow("sleep", sleep).open().await.unwrap();
    for number in 0..100 {
        runtime.start::<u64>("sleep", format!("s-{number}"), 3_600_000_u64).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(runtime.live(), 0);
    let handle: Handle<u64> = runtime.get("sleep", "s-7").await.unwrap();
    assert_eq!(handle.status().await.unwrap(), Status::Running);
    assert_eq!(handle.result().await.unwrap(), 3_600_000);
}

#[tokio::test(start_paused = true)]
async fn a_wait_goes_on_while_nothing_runs() {
    let log = Arc::new(MemoryLog::new());
    let runtime = on(&log).workflow("sleep", sleep).open().await.unwrap();
    runtime.start::<u64>("sleep", "short", 5_000_u64).await.unwrap();
    runtime.start::<u64>("sleep", "long", 50_000_u64).await.unwrap();
    runtime.shutdown(Duration::from_secs(1)).await.unwrap();
    drop(runtime);
    let log = Arc::new(log.reopen());
    // The clock of this one begins 20 s after the other's.
    let clock = duramen::TokioClock::starting_at(1_700_000_020_000);
    let runtime = on(&log).clock(clock).workflow("sleep", sleep).open().await.unwrap();
    let begin = Instant::now();
    assert_eq!(runtime.get::<u64>("sleep", "short").await.unwrap().result().await.unwrap(), 5_000);
    assert!(begin.elapsed() < Duration::from_secs(1), "it was due before the opening");
    assert_eq!(runtime.get::<u64>("sleep", "long").await.unwrap().result().await.unwrap(), 50_000);
    let seconds = begin.elapsed().as_secs_f64();
    assert!((29.0..31.0).contains(&seconds), "30 s were left: {seconds}");
}

#[tokio::test(start_paused = true)]
async fn waits_side_by_side_end_in_the_order_of_their_times() {
    let runtime = in_memory()
        .workflow("race", |ctx: Context, (): ()| async move {
            let order = std::sync::Mutex::new(Vec::new());
            let nap = |name: &'static str, seconds| {
                let wait = ctx.wait(name, Duration::from_secs(seconds));
                let order = &order;
                async move {
                    wait.await?;
                    order.lock().unwrap().push(name);
                    Ok::<_, Failure>(())
                }
            };
            let (a, b, c) = tokio::join!(nap("third", 30), nap("first", 1), nap("second", 2));
            a?;
            b?;
            c?;
            Ok::<_, Failure>(order.into_inner().unwrap().into_iter().map(str::to_owned).collect::<Vec<_>>())
        })
        .open()
        .await
        .unwrap();
    let handle: Handle<Vec<String>> = runtime.start("race", "r", ()).await.unwrap();
    assert_eq!(handle.result().await.unwrap(), ["first", "second", "third"]);
}
