//! Crashes everywhere: what survives them is told apart from what does not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use duramen::testing::{Differs, Ended, Lab, ended};
use duramen::{Builder, Context, Error, Failure, Retry, Runtime};
use ground::Deeds;

/// A saga with a wait, two steps at once, a child, and a failure at the end if so wished.
fn order(deeds: &Deeds) -> impl Fn(Builder) -> Builder + Send + Sync + 'static {
    let deeds = deeds.clone();
    move |builder| {
        let deeds = deeds.clone();
        builder.workflow("order", move |ctx: Context, fails: bool| {
            let deeds = deeds.clone();
            async move {
                let saga = ctx.saga();
                saga.settle(async {
                    saga.step("charge", || deeds.clone().deed("charge")).undo(|| deeds.clone().deed("refund")).await?;
                    ctx.wait("cooling off", Duration::from_secs(3600)).await?;
                    let (label, mail) = tokio::join!(
                        ctx.step("label", || deeds.clone().deed("label")),
                        ctx.child("mail", |ctx| async move {
                            ctx.step("write", || async { Ok::<_, Failure>("Dear".to_owned()) }).await
                        }),
                    );
                    let end = format!("{} {}", label?, mail?);
                    let send = || async move { if fails { Err(Failure::new("Lost", "")) } else { Ok(()) } };
                    ctx.step("send", send).retry(Retry::fixed(Duration::from_secs(60)).limit(2)).await?;
                    Ok(end)
                })
                .await
            }
        })
    }
}

async fn both(runtime: Runtime) -> Result<(Ended<String>, Ended<String>), Error> {
    let good = runtime.start::<String>("order", "good", false).await?;
    let bad = runtime.start::<String>("order", "bad", true).await?;
    Ok((ended(&good).await?, ended(&bad).await?))
}

#[tokio::test(start_paused = true)]
async fn orders_survive_a_crash_behind_every_batch_in_memory() {
    let lab = Lab::in_memory(order(&Deeds::default()));
    let crashes = lab.crash_everywhere(both).await.unwrap();
    assert!(crashes.batches > 10, "{}", crashes.batches);
    let (good, bad) = crashes.assert_no_difference();
    assert_eq!(good, Ended::Succeeded("label Dear".to_owned()));
    assert_eq!(bad, Ended::Failed(Failure::new("Lost", "")));
}

#[tokio::test(start_paused = true)]
async fn orders_survive_a_crash_behind_every_batch_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let deeds = Deeds::default();
    let lab = Lab::in_folder(folder.path(), order(&deeds));
    let crashes = lab.crash_everywhere(both).await.unwrap();
    assert!(crashes.batches > 10, "{}", crashes.batches);
    let lives = crashes.batches + 2;
    crashes.assert_no_difference();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left of the crashes");
    assert!(deeds.count("charge") >= 2 * lives, "each crash is a run of its own");
}

#[tokio::test(start_paused = true)]
async fn every_step_twice_and_a_crash_everywhere_go_together() {
    let lab = Lab::in_memory(order(&Deeds::default())).every_step_twice();
    lab.crash_everywhere(both).await.unwrap().assert_no_difference();
}

static LIVES: AtomicU32 = AtomicU32::new(0);

/// What a workflow may not do: it counts its calls, outside of a step.
fn counts(builder: Builder) -> Builder {
    builder.workflow("counts", |ctx: Context, (): ()| async move {
        ctx.step("first", || async { Ok::<_, Failure>(()) }).await?;
        let count = LIVES.fetch_add(1, Ordering::Relaxed);
        ctx.step("second", || async { Ok::<_, Failure>(()) }).await?;
        Ok::<_, Failure>(count)
    })
}

async fn count(runtime: Runtime) -> Result<Ended<u32>, Error> {
    ended(&runtime.start::<u32>("counts", "c", ()).await?).await
}

#[tokio::test(start_paused = true)]
async fn a_difference_names_the_batch() {
    let crashes = Lab::in_memory(counts).crash_everywhere(count).await.unwrap();
    // Whatever is left to be done, the count is another one; with the end recorded, it is the same.
    assert_eq!(crashes.batches, 3);
    let after: Vec<_> = crashes.differences.iter().map(|difference| difference.after).collect();
    assert_eq!(after, [0, 1, 2]);
    assert_eq!(crashes.differences[0].batch, "before anything was durable");
    assert_eq!(crashes.differences[2].batch, "`c` of `counts`: StepSucceeded 1, StepStarted 2 `second`");
    assert!(matches!(crashes.differences[2].what, Differs::Outcome(Ended::Succeeded(_))));
    let told = crashes.to_string();
    assert!(told.contains("3 of 4 crashes made a difference to Succeeded(0)"), "{told}");
    let panic = std::panic::catch_unwind(|| crashes.assert_no_difference()).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>(), Some(&told));
}

#[tokio::test(start_paused = true)]
async fn a_scenario_that_does_not_end_is_told_and_not_waited_for() {
    let begun = Instant::now();
    let lab = Lab::in_memory(|builder| {
        builder.workflow("waits", |ctx: Context, (): ()| async move { ctx.signal::<u32>("go").await })
    });
    let crashes = lab
        .patience(Duration::from_millis(500))
        .crash_everywhere(async |runtime: Runtime| {
            let before = runtime.list(&duramen::Filter::new()).await?.executions.len();
            let handle = runtime.start::<u32>("waits", "w", ()).await?;
            // Wrong: after a crash behind the start, the signal was not sent yet and is not sent any more.
            if before == 0 {
                handle.signal("go", &3).await?;
            }
            handle.result().await
        })
        .await
        .unwrap();
    let stuck: Vec<_> = crashes.differences.iter().map(|difference| (difference.after, &difference.what)).collect();
    assert_eq!(stuck, [(1, &Differs::Stuck)]);
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn errors_of_the_scenario_come_out() {
    let lab = Lab::in_memory(|builder| builder);
    let outcome = lab.crash_everywhere(both).await;
    assert!(matches!(outcome, Err(Error::UnknownWorkflow { .. })), "{outcome:?}");
}
