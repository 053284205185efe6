//! Steps.

use std::time::Duration;

use duramen::{Context, Failure, Jitter, Retry};
use serde_json::{Value, json};

use crate::handler::{Handler, Loud, fail, give, handler};

pub(crate) fn handlers() -> Vec<Handler> {
    vec![
        handler("1-1", "World".into(), greets),
        handler("1-4", json!({ "name": "Alice", "tags": ["admin"] }), returns_a_nested_object),
        handler("1-5", Value::Null, returns_nothing),
        handler("1-6", "hello".into(), serialises_in_its_own_way),
        handler("1-7", "World".into(), greets_and_logs),
        handler("1-8", Value::Null, computes_and_waits),
        handler("1-9", Value::Null, gives_its_recorded_result_after_a_wait),
        handler("1-10", Value::Null, gives_its_recorded_failure_after_a_wait),
        handler("1-12", Value::Null, fails_until_no_attempt_is_left),
        handler("1-13", Value::Null, succeeds_in_the_third_attempt_by_default),
        handler("1-14", Value::Null, succeeds_in_the_third_attempt_with_longer_pauses),
        handler("1-15", Value::Null, is_tried_again_after_one_kind_of_failure_only),
        handler("1-19", Value::Null, fails_without_another_attempt),
    ]
}

async fn greets(ctx: Context, name: String) -> Result<String, Failure> {
    ctx.step("greet", || give(format!("Hello, {name}!"))).await
}

#[derive(serde::Deserialize)]
struct User {
    name: String,
    tags: Vec<String>,
}

async fn returns_a_nested_object(ctx: Context, user: User) -> Result<Value, Failure> {
    ctx.step("build", || give(json!({ "user": { "name": user.name, "tags": user.tags }, "count": user.tags.len() })))
        .await
}

async fn returns_nothing(ctx: Context, (): ()) -> Result<(), Failure> {
    ctx.step("nothing", || give(())).await
}

async fn serialises_in_its_own_way(ctx: Context, text: String) -> Result<String, Failure> {
    let loud: Loud = ctx.step("same", || give(Loud(text.clone()))).await?;
    Ok(loud.0)
}

async fn greets_and_logs(ctx: Context, name: String) -> Result<String, Failure> {
    let greet = || {
        let name = name.clone();
        async move {
            tracing::info!("Greeting step started for: {name}");
            let greeting = format!("Hello, {name}!");
            tracing::info!("Greeting step completed with: {greeting}");
            Ok::<_, Failure>(greeting)
        }
    };
    ctx.step("greet", greet).await
}

async fn computes_and_waits(ctx: Context, (): ()) -> Result<String, Failure> {
    let computed = ctx.step("compute", || give("computed".to_owned())).await?;
    ctx.wait("pause", Duration::from_secs(2)).await?;
    Ok(computed)
}

async fn gives_its_recorded_result_after_a_wait(ctx: Context, (): ()) -> Result<String, Failure> {
    let value = ctx.step("look up", || give("cached_value".to_owned())).await?;
    ctx.wait("pause", Duration::from_secs(1)).await?;
    Ok(value)
}

async fn gives_its_recorded_failure_after_a_wait(ctx: Context, (): ()) -> Result<String, Failure> {
    let failed = ctx.step("fail", fail::<()>).retry(Retry::none()).await;
    ctx.wait("pause", Duration::from_secs(1)).await?;
    Ok(failed.map_or_else(|failure| failure.to_string(), |()| "no failure".to_owned()))
}

async fn fails_until_no_attempt_is_left(ctx: Context, (): ()) -> Result<(), Failure> {
    ctx.step("fail", fail).retry(Retry::fixed(Duration::from_secs(1)).limit(4)).await
}

/// Fails in the attempts before the `nth`.
async fn succeed_in(nth: u32, attempt: u32) -> Result<u32, Failure> {
    if attempt < nth { fail().await } else { Ok(attempt) }
}

async fn succeeds_in_the_third_attempt_by_default(ctx: Context, (): ()) -> Result<u32, Failure> {
    ctx.step_with("unreliable", |step| succeed_in(3, step.attempt())).await
}

async fn succeeds_in_the_third_attempt_with_longer_pauses(ctx: Context, (): ()) -> Result<u32, Failure> {
    let retry = Retry::exponential().limit(5).first(Duration::from_secs(2)).rate(3.0).jitter(Jitter::None);
    ctx.step_with("unreliable", |step| succeed_in(3, step.attempt())).retry(retry).await
}

#[derive(Debug, thiserror::Error)]
#[error("not now")]
struct TransientError;

async fn is_tried_again_after_one_kind_of_failure_only(ctx: Context, (): ()) -> Result<u32, Failure> {
    let transient = Failure::from(TransientError).name().to_owned();
    let retry = Retry::fixed(Duration::from_secs(1)).only_on([transient]);
    let call = |attempt| async move { if attempt == 1 { Err(TransientError) } else { Ok(attempt) } };
    ctx.step_with("call", |step| call(step.attempt())).retry(retry).await
}

async fn fails_without_another_attempt(ctx: Context, (): ()) -> Result<(), Failure> {
    ctx.step("fail", fail).retry(Retry::none()).await
}
