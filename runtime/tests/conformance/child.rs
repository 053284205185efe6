//! Child contexts.

use std::time::Duration;

use duramen::{Context, Failure, Retry};
use serde_json::{Value, json};

use crate::handler::{Crash, Handler, Loud, crashing, fail, give, handler};

pub(crate) fn handlers() -> Vec<Handler> {
    vec![
        handler("3-2", json!({ "name": "part", "value": "v" }), is_named_by_the_input),
        handler("3-3", "v".into(), passes_one_result_to_the_next_step),
        handler("3-4", Value::Null, fails_with_its_step),
        handler("3-5", "v".into(), fails_and_the_parent_goes_on),
        handler("3-8", Value::Null, fails_when_no_attempt_is_left),
        crashing("3-12", "v".into(), runs_its_step_again_after_a_crash),
        handler("3-14", "hello".into(), serialises_in_its_own_way),
        handler("3-16", Value::Null, returns_nothing),
    ]
}

#[derive(serde::Deserialize)]
struct Named {
    name: String,
    value: String,
}

async fn is_named_by_the_input(ctx: Context, Named { name, value }: Named) -> Result<String, Failure> {
    ctx.child(name, |ctx| async move { ctx.step("same", || give(value.clone())).await }).await
}

async fn passes_one_result_to_the_next_step(ctx: Context, value: String) -> Result<String, Failure> {
    let part = |ctx: Context| async move {
        let first = ctx.step("first", || give(value.clone())).await?;
        ctx.step("second", || give(first.clone())).await
    };
    ctx.child("part", part).await
}

async fn fails_with_its_step(ctx: Context, (): ()) -> Result<(), Failure> {
    ctx.child("part", |ctx| async move { ctx.step("fail", fail::<()>).retry(Retry::none()).await }).await
}

async fn fails_and_the_parent_goes_on(ctx: Context, value: String) -> Result<String, Failure> {
    let part = ctx.child("part", |ctx| async move { ctx.step("fail", fail::<String>).retry(Retry::none()).await });
    match part.await {
        Ok(value) => Ok(value),
        Err(_) => ctx.step("recover", || give(value.clone())).await,
    }
}

async fn fails_when_no_attempt_is_left(ctx: Context, (): ()) -> Result<(), Failure> {
    let twice = Retry::fixed(Duration::from_secs(1)).limit(2);
    ctx.child("part", |ctx| async move { ctx.step("fail", fail::<()>).retry(twice).await }).await
}

async fn runs_its_step_again_after_a_crash(crash: Crash, ctx: Context, value: String) -> Result<String, Failure> {
    let part = |ctx: Context| async move {
        let same = || {
            let (crash, value) = (crash.clone(), value.clone());
            async move {
                crash.once().await;
                Ok::<_, Failure>(value)
            }
        };
        ctx.step("same", same).await
    };
    ctx.child("part", part).await
}

async fn serialises_in_its_own_way(ctx: Context, text: String) -> Result<String, Failure> {
    let part = |ctx: Context| async move { ctx.step("same", || give(text.clone())).await.map(Loud) };
    let loud: Loud = ctx.child("part", part).await?;
    Ok(loud.0)
}

async fn returns_nothing(ctx: Context, (): ()) -> Result<Option<String>, Failure> {
    ctx.child("part", |_| give(None)).await
}
