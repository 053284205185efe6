//! Stubs in place of steps, and every step run twice.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::time::Duration;

use duramen::testing::{Ended, Lab, Stub, ended};
use duramen::{Builder, Condition, Context, Failure, Retry};
use ground::Deeds;

fn in_earnest() -> Failure {
    Failure::new("InEarnest", "the step itself was run")
}

/// Steps that a test must not run.
async fn order(ctx: Context, (): ()) -> Result<Vec<u32>, Failure> {
    let saga = ctx.saga();
    saga.settle(async {
        let charged = saga
            .step("charge", || async { Err::<u32, _>(in_earnest()) })
            .undo(|| async { Err::<(), _>(in_earnest()) })
            .retry(Retry::fixed(Duration::from_secs(60)).limit(4))
            .await?;
        let sent = ctx.step_with("send", |_| async { Err::<u32, _>(in_earnest()) }).retry(Retry::none()).await?;
        Ok(vec![charged, sent])
    })
    .await
}

fn workflows(builder: Builder) -> Builder {
    builder.workflow("order", order).workflow("reorder", order)
}

async fn run(lab: &mut Lab, workflow: &str) -> Ended<Vec<u32>> {
    ended(&lab.start(workflow, "o", ()).await.unwrap()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_stub_runs_in_place_of_the_step_and_counts() {
    let charge = Stub::new("charge", |step| async move { Ok::<_, Failure>(step.attempt()) });
    let send = Stub::returns("send", &9);
    let mut lab = Lab::in_memory(workflows).stub(&charge).stub(&send);
    assert_eq!(run(&mut lab, "order").await, Ended::Succeeded(vec![1, 9]));
    assert_eq!((charge.calls(), send.calls()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_stub_fails_as_often_as_it_is_told_and_then_succeeds() {
    let charge = Stub::returns("charge", &5).failing_attempts(3, Failure::new("Busy", ""));
    let mut lab = Lab::in_memory(workflows).stub(&charge).stub(&Stub::returns("send", &9));
    assert_eq!(run(&mut lab, "order").await, Ended::Succeeded(vec![5, 9]));
    assert_eq!(charge.calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_stub_that_fails_too_often_fails_the_step_and_the_undo_has_a_stub_of_its_own() {
    let charge = Stub::returns("charge", &5);
    let refund = Stub::returns("charge", &()).for_undo();
    let send = Stub::fails("send", Failure::new("Lost", "in the post"));
    let mut lab = Lab::in_memory(workflows).stub(&charge).stub(&refund).stub(&send);
    assert_eq!(run(&mut lab, "order").await, Ended::Failed(Failure::new("Lost", "in the post")));
    assert_eq!((charge.calls(), send.calls(), refund.calls()), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_stub_for_one_workflow_goes_before_one_for_all_and_a_later_one_before_an_earlier() {
    let precise = Stub::returns("charge", &1).only_in("order");
    let (early, late) = (Stub::returns("charge", &2), Stub::returns("charge", &3));
    let elsewhere = Stub::returns("send", &4).only_in("reorder");
    let mut lab = Lab::in_memory(workflows).stub(&precise).stub(&early).stub(&late).stub(&elsewhere);
    lab = lab.stub(&Stub::returns("charge", &()).for_undo());
    assert_eq!(run(&mut lab, "order").await, Ended::Failed(in_earnest()), "its step `send` has no stub");
    assert_eq!(run(&mut lab, "reorder").await, Ended::Succeeded(vec![3, 4]));
    assert_eq!((precise.calls(), early.calls(), late.calls(), elsewhere.calls()), (1, 0, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn attempts_that_fail_are_those_of_each_step_also_after_a_crash() {
    let charge = Stub::returns("charge", &5).failing_attempts(3, Failure::new("Busy", ""));
    let mut lab = Lab::in_memory(workflows).stub(&charge).stub(&Stub::returns("send", &9));
    lab.start::<Vec<u32>>("order", "o", ()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(90)).await;
    assert_eq!(charge.calls(), 2);
    lab.crash().await.unwrap();
    assert_eq!(run(&mut lab, "order").await, Ended::Succeeded(vec![5, 9]));
    assert_eq!(charge.calls(), 4, "the third and the fourth attempt were left");
}

#[tokio::test(start_paused = true)]
async fn a_stub_meets_a_condition_with_what_it_returns() {
    let ready = Stub::returns("ready", &7).failing_attempts(0, in_earnest());
    let mut lab = Lab::in_memory(|builder| {
        builder.workflow("waits", |ctx: Context, (): ()| async move {
            ctx.wait_for_condition(
                "ready",
                0_u32,
                |polls| async move { Ok::<_, Failure>(Condition::NotYet(polls + 1)) },
            )
            .await
        })
    })
    .stub(&ready);
    let handle = lab.start::<u32>("waits", "w", ()).await.unwrap();
    assert_eq!(ended(&handle).await.unwrap(), Ended::Succeeded(7));
    assert_eq!(ready.calls(), 1);
}

/// A step that adds to an account, by a key or without.
fn account(deeds: &Deeds, by_key: bool) -> impl Fn(Builder) -> Builder + Send + Sync + 'static {
    let deeds = deeds.clone();
    move |builder| {
        let deeds = deeds.clone();
        builder.workflow("pay", move |ctx: Context, (): ()| {
            let deeds = deeds.clone();
            async move {
                ctx.step_with("pay", move |step| {
                    let deeds = deeds.clone();
                    async move {
                        if !by_key || deeds.count(step.key()) == 0 {
                            deeds.note(step.key());
                        }
                        Ok::<_, Failure>(deeds.all().len())
                    }
                })
                .await
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn every_step_is_run_twice_and_one_that_is_not_idempotent_shows_it() {
    for (by_key, twice, paid) in [(true, false, 1), (true, true, 1), (false, false, 1), (false, true, 2)] {
        let deeds = Deeds::default();
        let mut lab = Lab::in_memory(account(&deeds, by_key));
        if twice {
            lab = lab.every_step_twice();
        }
        let handle = lab.start::<usize>("pay", "p", ()).await.unwrap();
        assert_eq!(ended(&handle).await.unwrap(), Ended::Succeeded(paid), "by key: {by_key}, twice: {twice}");
        assert_eq!(deeds.all().len(), paid);
        assert_eq!(handle.history().await.unwrap().len(), 4, "one attempt is recorded");
    }
}

#[tokio::test(start_paused = true)]
async fn undos_are_run_twice_too() {
    let refund = Stub::returns("charge", &()).for_undo();
    let mut lab = Lab::in_memory(workflows).stub(&Stub::returns("charge", &5)).stub(&refund).every_step_twice();
    assert!(matches!(run(&mut lab, "order").await, Ended::Failed(_)));
    assert_eq!(refund.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_builder_without_a_lab_takes_stubs_too() {
    let charge = Stub::returns("charge", &5);
    let builder = workflows(ground::in_memory()).stub(&charge).stub(&Stub::returns("send", &6)).every_step_twice();
    let runtime = builder.open().await.unwrap();
    let handle = runtime.start::<Vec<u32>>("order", "o", ()).await.unwrap();
    assert_eq!(handle.result().await.unwrap(), [5, 6]);
    assert_eq!(charge.calls(), 2);
}
