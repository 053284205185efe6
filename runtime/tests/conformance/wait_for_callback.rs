//! Callbacks with the step that hands on their token.

use std::time::Duration;

use duramen::{Context, Failure, Retry};
use serde_json::Value;

use crate::handler::{Handler, fail, give, handler};

pub(crate) fn handlers() -> Vec<Handler> {
    vec![
        handler("7-1", "ask".into(), gives_what_is_sent),
        handler("7-4", "ask".into(), gives_what_is_sent),
        handler("7-7", "ask".into(), fails_when_the_token_cannot_be_handed_on),
        handler("7-10", "ask".into(), follows_a_wait_and_a_step),
        handler("7-11", "ask".into(), reads_an_object),
    ]
}

async fn gives_what_is_sent(ctx: Context, name: String) -> Result<String, Failure> {
    ctx.wait_for_callback(name, |_| give(())).await
}

async fn fails_when_the_token_cannot_be_handed_on(ctx: Context, name: String) -> Result<String, Failure> {
    let twice = Retry::fixed(Duration::from_secs(1)).limit(2);
    ctx.wait_for_callback(name, |_| fail()).retry(twice).await
}

async fn follows_a_wait_and_a_step(ctx: Context, name: String) -> Result<String, Failure> {
    ctx.wait("before", Duration::from_secs(1)).await?;
    ctx.step("fetch", || give("data".to_owned())).await?;
    ctx.wait_for_callback(name, |_| give(())).await
}

async fn reads_an_object(ctx: Context, name: String) -> Result<Value, Failure> {
    let answer: Value = ctx.wait_for_callback(name, |_| give(())).await?;
    Ok(answer.get("status").cloned().unwrap_or_default())
}
