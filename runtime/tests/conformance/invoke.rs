//! Invocations of other workflows.

use std::time::Duration;

use duramen::{Context, Failure, Payload};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::handler::{Handler, Loud, fail, give, handler};

pub(crate) fn handlers() -> Vec<Handler> {
    let handlers = vec![
        handler("5-2", json!({ "name": "n", "payload": "p" }), is_named_by_the_input),
        handler("5-3", json!({ "nested": { "items": [1] } }), gives_an_object_back),
        handler("5-4", Value::Null, gives_nothing_back),
        handler("5-9", Value::Null, gives_its_recorded_result_after_a_wait),
        handler("5-10", Value::Null, gives_its_recorded_failure_after_a_wait),
        handler("5-11", Value::Null, is_given_the_result_of_a_step),
        handler("5-12", Value::Null, gives_its_result_to_a_step),
        handler("5-13", Value::Null, stands_in_a_child_context),
        handler("5-14", Value::Null, follows_another_one),
        handler("5-15", json!({ "data": "hello" }), serialises_its_input_in_its_own_way),
        handler("5-16", "hello".into(), reads_its_result_in_its_own_way),
    ];
    handlers.into_iter().map(|handler| handler.beside("echo", echo).beside("refuse", refuse)).collect()
}

async fn echo(_: Context, input: Value) -> Result<Value, Failure> {
    Ok(input)
}

async fn refuse(_: Context, _: Value) -> Result<Value, Failure> {
    fail().await
}

#[derive(Deserialize)]
struct Named {
    name: String,
    payload: Value,
}

async fn is_named_by_the_input(ctx: Context, Named { name, payload }: Named) -> Result<Value, Failure> {
    ctx.invoke("echo", payload).named(name).await
}

async fn gives_an_object_back(ctx: Context, object: Value) -> Result<Value, Failure> {
    ctx.invoke("echo", object).await
}

async fn gives_nothing_back(ctx: Context, (): ()) -> Result<(), Failure> {
    ctx.invoke("echo", ()).await
}

async fn gives_its_recorded_result_after_a_wait(ctx: Context, (): ()) -> Result<String, Failure> {
    let result = ctx.invoke("echo", "result").await?;
    ctx.wait("pause", Duration::from_secs(1)).await?;
    Ok(result)
}

async fn gives_its_recorded_failure_after_a_wait(ctx: Context, (): ()) -> Result<String, Failure> {
    let failed = ctx.invoke::<String>("refuse", ()).await;
    ctx.wait("pause", Duration::from_secs(1)).await?;
    Ok(failed.unwrap_or_else(|failure| failure.to_string()))
}

async fn is_given_the_result_of_a_step(ctx: Context, (): ()) -> Result<String, Failure> {
    let result = ctx.step("prepare", || give("prepared".to_owned())).await?;
    ctx.invoke("echo", result).await
}

async fn gives_its_result_to_a_step(ctx: Context, (): ()) -> Result<String, Failure> {
    let result: String = ctx.invoke("echo", "result").await?;
    ctx.step("process", || give(format!("processed {result}"))).await
}

async fn stands_in_a_child_context(ctx: Context, (): ()) -> Result<String, Failure> {
    ctx.child("part", |ctx| async move { ctx.invoke("echo", "result").await }).await
}

async fn follows_another_one(ctx: Context, (): ()) -> Result<Vec<String>, Failure> {
    let first = ctx.invoke("echo", "first").await?;
    let second = ctx.invoke("echo", "second").await?;
    Ok(vec![first, second])
}

async fn serialises_its_input_in_its_own_way(ctx: Context, input: Value) -> Result<Value, Failure> {
    let data = input.get("data").and_then(Value::as_str).unwrap_or_default().to_owned();
    ctx.invoke("echo", json!({ "data": Loud(data) })).await
}

/// The text that came, in capitals, whatever it holds.
struct Raw(String);

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Payload::deserialize(deserializer)?.to_string().to_uppercase()))
    }
}

async fn reads_its_result_in_its_own_way(ctx: Context, text: String) -> Result<String, Failure> {
    let raw: Raw = ctx.invoke("echo", text).await?;
    Ok(raw.0)
}
