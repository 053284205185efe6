//! Many branches at once: maps, parallels, races and the rules by which they are done.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use duramen::{Completion, CompletionReason, Context, Event, Failure, Handle, Retry, Verdict};
use duramen_storage::MemoryLog;
use futures::FutureExt;
use ground::{in_memory, on};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Runs a workflow to its end, and again from every crash point.
async fn everywhere<O, F, Fut>(workflow: F) -> (Result<O, Failure>, Vec<Event>)
where
    O: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
    F: Fn(Context, ()) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<O, Failure>> + Send + 'static,
{
    let whole = Arc::new(MemoryLog::new());
    let run = async |log: &Arc<MemoryLog>| {
        let runtime = on(log).workflow("w", workflow.clone()).idle(Duration::from_secs(1)).open().await.unwrap();
        let handle: Handle<O> = runtime.start("w", "w", ()).await.unwrap();
        let result = handle.result().await.map_err(|error| error.failure().unwrap().clone());
        let history = handle.history().await.unwrap();
        (result, history.into_iter().map(|line| line.event).collect::<Vec<_>>())
    };
    let (result, events) = run(&whole).await;
    for batches in 0..whole.batches() {
        let (again, _) = run(&Arc::new(whole.prefix(batches))).await;
        assert_eq!(again, result, "after {batches} batches");
    }
    (result, events)
}

fn count(events: &[Event], kind: &str) -> usize {
    events.iter().filter(|event| event.kind() == kind).count()
}

async fn seconds(ctx: &Context, n: u64) -> Result<u64, Failure> {
    ctx.wait("wait", Duration::from_secs(n)).await.map(|()| n)
}

#[tokio::test(start_paused = true)]
async fn a_map_gives_results_in_order_whatever_ends_first() {
    let (result, events) = everywhere(|ctx, ()| async move {
        let outcomes = ctx
            .map("map", [30, 10, 20], |ctx, n, index| async move { Ok::<_, Failure>((seconds(&ctx, n).await?, index)) })
            .item_names(|n, index| format!("{index}:{n}"))
            .await?;
        assert_eq!(outcomes.reason(), CompletionReason::AllCompleted);
        outcomes.or_failure()
    })
    .await;
    assert_eq!(result.unwrap(), [(30, 0), (10, 1), (20, 2)]);
    let names: Vec<_> = events.iter().filter(|event| event.kind() == "ContextStarted").map(Event::name).collect();
    assert_eq!(names, [Some("map"), Some("0:30"), Some("1:10"), Some("2:20")]);
}

#[tokio::test(start_paused = true)]
async fn never_more_branches_than_allowed_are_under_way() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counts, highest) = (Arc::clone(&now), Arc::clone(&most));
    let runtime = in_memory()
        .workflow("w", move |ctx: Context, (): ()| {
            let (now, most) = (Arc::clone(&counts), Arc::clone(&highest));
            async move {
                let run = |ctx: Context, n: u64, _: usize| {
                    let (now, most) = (Arc::clone(&now), Arc::clone(&most));
                    async move {
                        ctx.step("s", || {
                            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
                            async move {
                                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                                tokio::time::sleep(Duration::from_secs(1 + n % 3)).await;
                                now.fetch_sub(1, Ordering::SeqCst);
                                Ok::<_, Failure>(n)
                            }
                        })
                        .await
                    }
                };
                let outcomes = ctx.map("map", 0..50, run).max_concurrency(7).await?;
                Ok::<_, Failure>(outcomes.into_results().len())
            }
        })
        .open()
        .await
        .unwrap();
    let handle: Handle<usize> = runtime.start("w", "w", ()).await.unwrap();
    assert_eq!(handle.result().await.unwrap(), 50);
    assert_eq!(most.load(Ordering::SeqCst), 7);
}

#[tokio::test(start_paused = true)]
async fn the_first_failure_ends_a_map_without_rules_and_the_rest_is_given_up() {
    let (result, events) = everywhere(|ctx, ()| async move {
        let outcomes = ctx
            .map("map", [5, 1, 9], |ctx, n, _| async move {
                seconds(&ctx, n).await?;
                if n == 1 { Err(Failure::new("One", "")) } else { Ok(n) }
            })
            .await?;
        let started: Vec<_> = outcomes.started().collect();
        Ok((outcomes.reason(), started, outcomes.or_failure().unwrap_err().name().to_owned()))
    })
    .await;
    assert_eq!(result.unwrap(), (CompletionReason::FailureToleranceExceeded, vec![0, 2], "One".to_owned()));
    assert_eq!(count(&events, "ContextCancelled"), 2);
    assert_eq!(count(&events, "WaitCancelled"), 2);
}

#[tokio::test(start_paused = true)]
async fn rules_say_when_a_parallel_is_done() {
    let (result, _) = everywhere(|ctx, ()| async move {
        let rules = [
            Completion::new().min_successful(1),
            Completion::new().tolerate(1),
            Completion::all(),
            Completion::custom(|progress| (progress.completed() == 2).then_some(Verdict::Failed)),
        ];
        let mut reasons = Vec::new();
        for rule in rules {
            let outcomes = ctx
                .parallel("p")
                .branch("a", |ctx| async move { seconds(&ctx, 1).await.and(Err(Failure::new("A", ""))) })
                .branch("b", |ctx| async move { seconds(&ctx, 2).await.and(Err(Failure::new("B", ""))) })
                .branch("c", |ctx| async move { seconds(&ctx, 3).await })
                .branch("d", |ctx| async move { seconds(&ctx, 4).await })
                .completion(rule)
                .await?;
            reasons.push((outcomes.reason(), outcomes.succeeded().count(), outcomes.failed().count()));
        }
        Ok(reasons)
    })
    .await;
    assert_eq!(
        result.unwrap(),
        [
            (CompletionReason::MinSuccessfulReached, 1, 2),
            (CompletionReason::FailureToleranceExceeded, 0, 2),
            (CompletionReason::AllCompleted, 2, 2),
            (CompletionReason::CustomCompletionFailed, 0, 2),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_flat_map_records_only_what_its_branches_call() {
    let (result, events) = everywhere(|ctx, ()| async move {
        let run = |ctx: Context, n, _| async move { seconds(&ctx, n).await };
        ctx.map("map", [1, 2], run).flat().await?.or_failure()
    })
    .await;
    assert_eq!(result.unwrap(), [1, 2]);
    assert_eq!((count(&events, "ContextStarted"), count(&events, "WaitStarted")), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn settings_that_cannot_be_fail_before_anything_begins() {
    let (result, events) = everywhere(|ctx, ()| async move {
        let run = |ctx: Context, n, _| async move { seconds(&ctx, n).await };
        ctx.map("map", [1, 2], run).max_concurrency(0).await?.or_failure()
    })
    .await;
    assert_eq!(result.unwrap_err().name(), Failure::INVALID_SETTING);
    assert_eq!(count(&events, "ContextStarted"), 0);
}

#[tokio::test(start_paused = true)]
async fn the_winner_of_a_race_is_the_first_in_the_history_and_the_losers_are_cancelled() {
    let (result, events) = everywhere(|ctx, ()| async move {
        let slow = ctx.step("slow", || async {
            tokio::time::sleep(Duration::from_secs(50)).await;
            Ok::<_, Failure>("slow".to_owned())
        });
        let signal = ctx.signal::<String>("never");
        let wait = async { ctx.wait("short", Duration::from_secs(5)).await.map(|()| "wait".to_owned()) };
        ctx.race([slow.boxed(), signal.boxed(), wait.boxed()]).await
    })
    .await;
    assert_eq!(result.unwrap(), "wait");
    assert_eq!(count(&events, "StepCancelled"), 1);
}

#[tokio::test(start_paused = true)]
async fn all_any_and_all_settled_follow_the_order_of_ending() {
    let (result, _) = everywhere(|ctx, ()| async move {
        let ends = |after: u64, ok: bool| {
            let ctx = ctx.clone();
            async move {
                seconds(&ctx, after).await?;
                if ok { Ok(after) } else { Err(Failure::new(format!("After{after}"), "")) }
            }
        };
        let all = ctx.all([ends(3, true), ends(2, false), ends(1, true), ends(1, false)]).await;
        let any = ctx.any([ends(1, false), ends(3, true), ends(2, true)]).await;
        let none = ctx.any([ends(2, false), ends(1, false)]).await;
        let settled = ctx.all_settled([ends(2, false), ends(1, true)]).await;
        let all_fine = ctx.all([ends(3, true), ends(1, true)]).await;
        Ok(format!("{all:?} {any:?} {:?} {settled:?} {all_fine:?}", none.map_err(|failure| failure.name().to_owned())))
    })
    .await;
    assert_eq!(result.unwrap(), "Err(After1: ) Ok(2) Err(\"NoneSucceeded\") [Err(After2: ), Ok(1)] Ok([3, 1])");
}

#[tokio::test(start_paused = true)]
async fn a_block_is_tried_again_as_a_whole_with_durable_pauses() {
    let (result, events) = everywhere(|ctx, ()| async move {
        let retry = Retry::fixed(Duration::from_secs(10)).limit(3);
        ctx.with_retry("block", retry, |ctx, attempt| async move {
            let n = ctx.step("s", move || async move { Ok::<_, Failure>(attempt) }).await?;
            if n < 3 { Err(Failure::new("Early", "")) } else { Ok(n) }
        })
        .await
    })
    .await;
    assert_eq!(result.unwrap(), 3);
    let waits: Vec<_> = events.iter().filter(|event| event.kind() == "WaitStarted").map(Event::name).collect();
    assert_eq!(waits, [Some("block-backoff-1"), Some("block-backoff-2")]);
}
