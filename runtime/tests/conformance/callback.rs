//! Callbacks.

use std::time::Duration;

use duramen::{Callback, Context, Failure};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::handler::{Handler, give, handler};

pub(crate) fn handlers() -> Vec<Handler> {
    vec![
        handler("4-1", "ask".into(), gives_what_is_sent),
        handler("4-2", Value::Null, has_a_name),
        handler("4-6", "ask".into(), gives_what_is_sent),
        handler("4-7", "ask".into(), begins_before_a_step),
        handler("4-8", "ask".into(), times_out_behind_a_step),
        handler("4-9", "ask".into(), is_answered_during_a_wait),
        handler("4-10", "ask".into(), is_answered_during_a_wait),
        handler("4-12", "ask".into(), is_answered_before_a_wait),
        handler("4-13", "ask".into(), fails_and_the_workflow_goes_on),
        handler("4-15", "ask".into(), reads_the_answer_in_its_own_way),
    ]
}

/// A callback that has begun.
fn begun(ctx: &Context, name: String) -> Callback<String> {
    let mut callback = ctx.callback(name);
    callback.token();
    callback
}

async fn gives_what_is_sent(ctx: Context, name: String) -> Result<String, Failure> {
    ctx.callback(name).await
}

async fn has_a_name(ctx: Context, (): ()) -> Result<String, Failure> {
    ctx.callback("approval").await
}

async fn begins_before_a_step(ctx: Context, name: String) -> Result<String, Failure> {
    let callback = begun(&ctx, name);
    ctx.step("meanwhile", || give(1)).await?;
    callback.await
}

async fn times_out_behind_a_step(ctx: Context, name: String) -> Result<String, Failure> {
    let mut callback = ctx.callback(name).timeout(Duration::from_secs(5));
    callback.token();
    ctx.step("meanwhile", || give(1)).await?;
    callback.await
}

async fn is_answered_during_a_wait(ctx: Context, name: String) -> Result<String, Failure> {
    let callback = begun(&ctx, name);
    ctx.wait("meanwhile", Duration::from_secs(5)).await?;
    callback.await
}

async fn is_answered_before_a_wait(ctx: Context, name: String) -> Result<String, Failure> {
    let answer = ctx.callback(name).await?;
    ctx.wait("afterwards", Duration::from_secs(2)).await?;
    Ok(answer)
}

async fn fails_and_the_workflow_goes_on(ctx: Context, name: String) -> Result<String, Failure> {
    let answer = ctx.callback::<String>(name).await.unwrap_or_else(|failure| failure.cause().to_owned());
    ctx.wait("afterwards", Duration::from_secs(2)).await?;
    Ok(answer)
}

#[derive(Serialize, Deserialize)]
struct Message {
    id: String,
    message: String,
    #[serde(deserialize_with = "seconds_of_date")]
    timestamp: i64,
}

#[derive(Serialize)]
struct Received {
    received: Message,
}

async fn reads_the_answer_in_its_own_way(ctx: Context, name: String) -> Result<Received, Failure> {
    Ok(Received { received: ctx.callback(name).await? })
}

/// Reads `2026-01-01T00:00:00.000Z` as s since the Unix epoch.
fn seconds_of_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let text = String::deserialize(deserializer)?;
    let numbers: Result<Vec<i64>, _> = text.trim_end_matches('Z').split(['-', 'T', ':', '.']).map(str::parse).collect();
    let Ok([year, month, day, hour, minute, second, ..]) = numbers.as_deref() else {
        return Err(serde::de::Error::custom(format!("`{text}` is no date")));
    };
    // Years begin in March here, so that the day that some of them lack is their last.
    let (year, month) = if *month > 2 { (*year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days = year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468;
    Ok(((days * 24 + hour) * 60 + minute) * 60 + second)
}
