//! Random workflows, crossed with every point at which the process may die, give the same result and the same history.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::sync::Arc;
use std::time::Duration;

use duramen::testing::{assert_replays, record};
use duramen::{Context, Failure, Handle, Jitter, Retry};
use duramen_storage::MemoryLog;
use futures::future::{BoxFuture, join_all};
use ground::on;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

/// A workflow, as data.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Plan {
    /// A step that fails so often before it succeeds, and may be tried three times.
    Step {
        failures: u32,
    },
    Wait {
        ms: u64,
    },
    Sequence(Vec<Plan>),
    Join(Vec<Plan>),
    Child(Box<Plan>),
    /// Steps with undos; the last one fails for good, if so.
    Saga {
        steps: u32,
        fails: bool,
    },
}

fn plans() -> impl Strategy<Value = Plan> {
    let leaf = prop_oneof![
        (0_u32..4).prop_map(|failures| Plan::Step { failures }),
        (0_u64..30_000).prop_map(|ms| Plan::Wait { ms }),
        (1_u32..4, any::<bool>()).prop_map(|(steps, fails)| Plan::Saga { steps, fails }),
    ];
    leaf.prop_recursive(3, 14, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Plan::Sequence),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Plan::Join),
            inner.prop_map(|plan| Plan::Child(Box::new(plan))),
        ]
    })
}

fn retry() -> Retry {
    Retry::exponential().limit(3).first(Duration::from_millis(500)).jitter(Jitter::None)
}

/// Runs a plan; the result tells what each part gave, in the order in which it came.
fn follow(ctx: Context, plan: Plan) -> BoxFuture<'static, Result<Vec<String>, Failure>> {
    Box::pin(async move {
        match plan {
            Plan::Step { failures } => {
                // Which attempt it is, a step can only know from outside: here from how often it was made.
                let mut attempt = 0;
                let run = || {
                    attempt += 1;
                    let fails = attempt <= failures;
                    async move { if fails { Err(Failure::new("Flaky", "")) } else { Ok("step".to_owned()) } }
                };
                match ctx.step("step", run).retry(retry()).await {
                    Ok(text) => Ok(vec![text]),
                    Err(failure) => Ok(vec![failure.name().to_owned()]),
                }
            }
            Plan::Wait { ms } => ctx.wait("wait", Duration::from_millis(ms)).await.map(|()| vec![format!("{ms} ms")]),
            Plan::Sequence(plans) => {
                let mut all = Vec::new();
                for plan in plans {
                    all.extend(follow(ctx.clone(), plan).await?);
                }
                Ok(all)
            }
            Plan::Join(plans) => {
                let all = join_all(plans.into_iter().map(|plan| follow(ctx.clone(), plan))).await;
                Ok(all.into_iter().collect::<Result<Vec<_>, _>>()?.concat())
            }
            Plan::Child(plan) => ctx.child("child", |ctx| follow(ctx, *plan)).await,
            Plan::Saga { steps, fails } => {
                let saga = ctx.saga();
                let settled = saga.settle(async {
                    for nth in 1..=steps {
                        let refused = fails && nth == steps;
                        let run = move || async move {
                            if refused { Err(Failure::new("Refused", nth.to_string())) } else { Ok(nth) }
                        };
                        saga.step("do", run)
                            .undo(move || async move { Ok::<_, Failure>(nth) })
                            .retry(Retry::none())
                            .await?;
                    }
                    Ok(steps)
                });
                Ok(vec![format!("{:?}", settled.await)])
            }
        }
    })
}

/// What happened, without what is left to chance: when, and after how many attempts made in which life.
async fn run(log: &Arc<MemoryLog>, plan: &Plan) -> (Vec<String>, Vec<String>) {
    let runtime = on(log).workflow("plan", follow).idle(Duration::from_secs(5)).open().await.unwrap();
    let handle: Handle<Vec<String>> = runtime.start("plan", "p", plan).await.unwrap();
    let result = handle.result().await.unwrap();
    let history = handle.history().await.unwrap();
    // Also what recovery passes over: the inside of child contexts that have ended.
    let folder = tempfile::tempdir().unwrap();
    record(&handle, folder.path()).await.unwrap();
    assert_replays(|builder| builder.workflow("plan", follow), folder.path());
    let mut events: Vec<_> =
        history.iter().map(|line| format!("{} {:?}", line.event.kind(), line.event.operation())).collect();
    // Which of several that run at the same time is recorded first is not the same in another life.
    events.sort();
    (result, events)
}

fn on_virtual_time<T>(run: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(run)
}

/// Whether a plan gives the same however often it is interrupted: steps that fail count their attempts in memory.
fn is_steady(plan: &Plan) -> bool {
    match plan {
        Plan::Step { failures } => *failures == 0 || *failures >= 3,
        Plan::Sequence(plans) | Plan::Join(plans) => plans.iter().all(is_steady),
        Plan::Child(plan) => is_steady(plan),
        Plan::Wait { .. } | Plan::Saga { .. } => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_crash_point_gives_the_same_result_and_events(plan in plans().prop_filter("steady", is_steady)) {
        on_virtual_time(async {
            let whole = Arc::new(MemoryLog::new());
            let (result, events) = run(&whole, &plan).await;
            for batches in 0..whole.batches() {
                let (again, same) = run(&Arc::new(whole.prefix(batches)), &plan).await;
                prop_assert_eq!(&again, &result, "after {} batches", batches);
                prop_assert_eq!(&same, &events, "after {} batches", batches);
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_history_replays_whatever_its_attempts_were(plan in plans()) {
        on_virtual_time(async {
            let whole = Arc::new(MemoryLog::new());
            run(&whole, &plan).await;
            for batches in 0..whole.batches() {
                // Attempts count anew in each life, so results may differ; that it ends, and is not paused, may not.
                run(&Arc::new(whole.prefix(batches)), &plan).await;
            }
        });
    }
}
