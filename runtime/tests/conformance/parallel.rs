//! Different code at once.

use std::time::Duration;

use duramen::{Completion, Context, Failure, Outcomes, Parallel};
use serde::Serialize;
use serde_json::{Value, json};

use crate::handler::{Handler, fail, give, handler};

pub(crate) fn handlers() -> Vec<Handler> {
    vec![
        handler("8-1", Value::Null, runs_a_step_in_each_branch),
        handler("8-2", Value::Null, returns_from_each_branch),
        handler("8-3", Value::Null, names_its_branches),
        handler("8-7", Value::Null, gives_the_failure_of_a_branch),
        handler("8-9", Value::Null, tolerates_a_failure),
        handler("8-10", Value::Null, ends_early_after_too_many_failures),
        handler("8-12", Value::Null, records_no_branches),
        handler("8-14", Value::Null, waits_in_a_branch),
        handler("8-16", Value::Null, tolerates_that_all_fail),
        handler("8-17", Value::Null, has_fewer_successes_than_it_asks_for),
        handler("8-19", Value::Null, allows_no_branch_at_a_time),
        handler("8-21", Value::Null, stands_in_a_branch_of_another),
    ]
}

/// What is told of the outcomes.
pub(crate) fn projection<T: Serialize>(outcomes: &Outcomes<T>) -> Value {
    json!({
        "completionReason": outcomes.reason(),
        "status": if outcomes.has_failure() { "FAILED" } else { "SUCCEEDED" },
        "successCount": outcomes.succeeded().count(),
        "failureCount": outcomes.failed().count(),
        "totalCount": outcomes.all().len(),
    })
}

/// That, without some of it.
pub(crate) fn projection_without<T: Serialize>(outcomes: &Outcomes<T>, left_out: &[&str]) -> Value {
    let mut projection = projection(outcomes);
    if let Some(fields) = projection.as_object_mut() {
        fields.retain(|field, _| !left_out.contains(&field.as_str()));
    }
    projection
}

/// A branch that runs one step.
async fn step(ctx: Context, value: &'static str) -> Result<String, Failure> {
    ctx.step("step", || give(value.to_owned())).await
}

/// A parallel with one branch at a time, which either give a text or fail.
fn of_branches<'a>(ctx: &Context, name: &'static str, branches: &[Option<&'static str>]) -> Parallel<'a, String> {
    let parallel = ctx.parallel(name).max_concurrency(1);
    branches.iter().enumerate().fold(parallel, |parallel, (nth, value)| match *value {
        Some(value) => parallel.branch(format!("branch-{nth}"), move |_| give(value.to_owned())),
        None => parallel.branch(format!("branch-{nth}"), |_| fail()),
    })
}

async fn runs_a_step_in_each_branch(ctx: Context, (): ()) -> Result<Vec<String>, Failure> {
    let parallel = ctx.parallel("parallel").max_concurrency(1);
    let parallel = parallel.branch("first", |ctx| step(ctx, "task-1")).branch("second", |ctx| step(ctx, "task-2"));
    Ok(parallel.await?.into_results())
}

async fn returns_from_each_branch(ctx: Context, (): ()) -> Result<Vec<String>, Failure> {
    Ok(of_branches(&ctx, "", &[Some("alpha"), Some("beta")]).await?.into_results())
}

async fn names_its_branches(ctx: Context, (): ()) -> Result<Vec<String>, Failure> {
    let parallel = ctx.parallel("named").max_concurrency(1);
    let parallel = parallel.branch("first", |_| give("one".to_owned())).branch("second", |_| give("two".to_owned()));
    Ok(parallel.await?.into_results())
}

async fn gives_the_failure_of_a_branch(ctx: Context, (): ()) -> Result<Vec<String>, Failure> {
    let parallel = of_branches(&ctx, "throwing", &[None, Some("b1")]).completion(Completion::new().tolerate(0));
    parallel.await?.or_failure()
}

async fn tolerates_a_failure(ctx: Context, (): ()) -> Result<Value, Failure> {
    let parallel = of_branches(&ctx, "tolerated", &[Some("b0"), None, Some("b2")]);
    Ok(projection(&parallel.completion(Completion::new().tolerate(1)).await?))
}

async fn ends_early_after_too_many_failures(ctx: Context, (): ()) -> Result<Value, Failure> {
    let parallel = of_branches(&ctx, "tolerated-exceeded", &[None, None, Some("b2")]);
    let outcomes = parallel.completion(Completion::new().tolerate(1)).await?;
    Ok(projection_without(&outcomes, &["status"]))
}

async fn records_no_branches(ctx: Context, (): ()) -> Result<Vec<String>, Failure> {
    let parallel = ctx.parallel("flat").max_concurrency(1).flat();
    let parallel = parallel.branch("first", |ctx| step(ctx, "fa")).branch("second", |ctx| step(ctx, "fb"));
    Ok(parallel.await?.into_results())
}

async fn waits_in_a_branch(ctx: Context, (): ()) -> Result<Vec<String>, Failure> {
    let parallel = ctx.parallel("replay").max_concurrency(1).branch("first", |ctx| step(ctx, "b0"));
    let parallel = parallel.branch("second", |ctx| async move {
        ctx.wait("pause", Duration::from_secs(2)).await?;
        give("b1".to_owned()).await
    });
    Ok(parallel.await?.into_results())
}

async fn tolerates_that_all_fail(ctx: Context, (): ()) -> Result<Value, Failure> {
    let parallel = of_branches(&ctx, "all-fail", &[None, None, None]);
    Ok(projection(&parallel.completion(Completion::new().tolerate(3)).await?))
}

async fn has_fewer_successes_than_it_asks_for(ctx: Context, (): ()) -> Result<Value, Failure> {
    let parallel = of_branches(&ctx, "min-not-reached", &[Some("b0"), None, Some("b2")]);
    Ok(projection(&parallel.completion(Completion::new().min_successful(3)).await?))
}

async fn allows_no_branch_at_a_time(ctx: Context, (): ()) -> Result<Vec<String>, Failure> {
    let parallel = of_branches(&ctx, "bad-concurrency", &[Some("b0"), Some("b1")]).max_concurrency(0);
    Ok(parallel.await?.into_results())
}

async fn stands_in_a_branch_of_another(ctx: Context, (): ()) -> Result<Vec<Vec<String>>, Failure> {
    let inner = |ctx: Context| async move {
        let inner = ctx.parallel("inner").max_concurrency(1);
        let inner = inner.branch("s0", |ctx| step(ctx, "i1")).branch("s1", |ctx| step(ctx, "i2"));
        Ok::<_, Failure>(inner.await?.into_results())
    };
    Ok(ctx.parallel("outer").max_concurrency(1).branch("a", inner).await?.into_results())
}
