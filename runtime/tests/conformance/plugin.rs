//! What handlers do while the plugins of an SDK look on. Here are no plugins; the handlers are the same.

use std::time::Duration;

use duramen::{Context, Failure, Retry, StepContext};
use serde_json::Value;

use crate::handler::{Handler, fail, give, handler};

pub(crate) fn handlers() -> Vec<Handler> {
    vec![
        handler("10-3", Value::Null, succeeds_in_the_second_attempt),
        handler("10-5", "World".into(), greets),
        handler("10-6", Value::Null, waits),
        handler("10-7", Value::Null, fails),
        handler("10-9", Value::Null, waits),
        handler("10-10", Value::Null, waits),
        handler("10-17", "World".into(), greets),
        handler("10-20", Value::Null, runs_a_named_step),
        handler("10-21", Value::Null, recovers_in_a_named_step),
        handler("10-23", Value::Null, waits_in_a_named_branch),
    ]
}

async fn fail_at_first(step: StepContext, value: &'static str) -> Result<String, Failure> {
    if step.attempt() == 1 { fail().await } else { give(value.to_owned()).await }
}

async fn succeeds_in_the_second_attempt(ctx: Context, (): ()) -> Result<String, Failure> {
    let step = ctx.step_with("unreliable", |step| fail_at_first(step, "Operation succeeded"));
    step.retry(Retry::fixed(Duration::from_secs(1))).await
}

async fn greets(ctx: Context, name: String) -> Result<String, Failure> {
    ctx.step("greet", || give(format!("Hello, {name}!"))).await
}

async fn waits(ctx: Context, (): ()) -> Result<(), Failure> {
    ctx.wait("pause", Duration::from_secs(2)).await
}

async fn fails(ctx: Context, (): ()) -> Result<(), Failure> {
    ctx.step("fail", fail).retry(Retry::none()).await
}

async fn runs_a_named_step(ctx: Context, (): ()) -> Result<String, Failure> {
    ctx.step("greet", || give("task-a".to_owned())).await
}

async fn recovers_in_a_named_step(ctx: Context, (): ()) -> Result<String, Failure> {
    let step = ctx.step_with("flaky", |step| fail_at_first(step, "ok"));
    step.retry(Retry::fixed(Duration::from_secs(1)).limit(2)).await
}

async fn waits_in_a_named_branch(ctx: Context, (): ()) -> Result<Vec<String>, Failure> {
    let parallel = ctx.parallel("ctx").max_concurrency(1);
    let parallel = parallel.branch("branch-a", |ctx: Context| async move {
        ctx.step("inner", || give("x".to_owned())).await?;
        ctx.wait("pause", Duration::from_secs(2)).await?;
        give("a-done".to_owned()).await
    });
    Ok(parallel.branch("branch-b", |_| give("b-done".to_owned())).await?.into_results())
}
