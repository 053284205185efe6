//! Signals and updates are sent to an execution; published values are read from it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::sync::Arc;
use std::time::Duration;

use duramen::{Builder, Context, Error, Failure, Handle};
use duramen_storage::MemoryLog;
use ground::on;

/// Collects signals until `done`, and publishes how many there are.
async fn collect(ctx: Context, until: usize) -> Result<Vec<String>, Failure> {
    ctx.wait("late", Duration::from_secs(30)).await?;
    let mut all = Vec::new();
    while all.len() < until {
        all.push(ctx.signal::<String>("word").await?);
        ctx.publish("count", &all.len())?;
    }
    Ok(all)
}

/// Adds what it is asked to.
async fn account(ctx: Context, limit: u64) -> Result<u64, Failure> {
    let mut total = 0;
    while total < limit {
        let by = ctx
            .update::<u64>("add")
            .validate(move |by| match total + by > limit {
                true => Err(Failure::new("TooMuch", format!("{total} and {by} are more than {limit}"))),
                false => Ok(()),
            })
            .await?;
        total += by.value();
        by.accept(&total);
    }
    Ok(total)
}

fn build(log: &Arc<MemoryLog>) -> Builder {
    on(log).workflow("collect", collect).workflow("account", account).idle(Duration::from_secs(5))
}

#[tokio::test(start_paused = true)]
async fn signals_come_in_order_also_those_sent_before_the_workflow_asks_and_across_crashes() {
    let log = Arc::new(MemoryLog::new());
    let runtime = build(&log).open().await.unwrap();
    let handle = runtime.start::<Vec<String>>("collect", "c", 4).await.unwrap();
    handle.signal("word", "one").await.unwrap();
    handle.signal("other", &17).await.unwrap();
    handle.signal("word", "two").await.unwrap();
    drop((runtime, handle));

    let log = Arc::new(log.reopen());
    let runtime = build(&log).open().await.unwrap();
    let handle: Handle<Vec<String>> = runtime.get("collect", "c").await.unwrap();
    handle.signal("word", "three").await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(handle.query::<usize>("count").await.unwrap(), Some(3));
    assert_eq!(runtime.live(), 0, "it sleeps, and was not woken to be asked");
    assert_eq!(handle.query::<usize>("nothing").await.unwrap(), None);
    handle.signal("word", "four").await.unwrap();
    assert_eq!(handle.result().await.unwrap(), ["one", "two", "three", "four"]);
    assert_eq!(handle.query::<usize>("count").await.unwrap(), Some(4), "also after the end");
    assert!(matches!(handle.signal("word", "five").await.unwrap_err(), Error::Closed { .. }));
    let wrong = handle.query::<String>("count").await.unwrap_err();
    assert!(matches!(&wrong, Error::Payload { what, .. } if what.contains("count")), "{wrong}");
}

#[tokio::test(start_paused = true)]
async fn updates_are_validated_and_answered() {
    let log = Arc::new(MemoryLog::new());
    let runtime = build(&log).open().await.unwrap();
    let handle = runtime.start::<u64>("account", "a", 10).await.unwrap();
    assert_eq!(handle.update::<u64>("add", &4).await.unwrap(), 4);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let refused = handle.update::<u64>("add", &7).await.unwrap_err();
    assert!(matches!(&refused, Error::Refused { update, .. } if update == "add"), "{refused}");
    assert_eq!(refused.failure().unwrap().name(), "TooMuch");
    let unreadable = handle.update::<u64>("add", "much").await.unwrap_err();
    assert_eq!(unreadable.failure().unwrap().name(), Failure::PAYLOAD_NOT_READABLE);
    drop((runtime, handle));

    let runtime = build(&Arc::new(log.reopen())).open().await.unwrap();
    let handle: Handle<u64> = runtime.get("account", "a").await.unwrap();
    assert_eq!(handle.update::<u64>("add", &6).await.unwrap(), 10);
    assert_eq!(handle.result().await.unwrap(), 10);
    assert!(matches!(handle.update::<u64>("add", &1).await.unwrap_err(), Error::Closed { .. }));
}

#[tokio::test(start_paused = true)]
async fn an_update_that_is_never_taken_is_told_of_the_end() {
    let runtime = build(&Arc::new(MemoryLog::new())).open().await.unwrap();
    let handle = runtime.start::<u64>("account", "a", 10).await.unwrap();
    let other = handle.clone();
    let asked = tokio::spawn(async move { other.update::<u64>("subtract", &4).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    handle.stop(Failure::new("Enough", "")).await.unwrap();
    assert!(matches!(asked.await.unwrap().unwrap_err(), Error::Closed { .. }));
}
