//! The same code for many items.

use std::time::Duration;

use duramen::{Completion, Context, Failure};
use serde_json::{Value, json};

use crate::handler::{Handler, fail, give, handler};
use crate::parallel::{projection, projection_without};

pub(crate) fn handlers() -> Vec<Handler> {
    vec![
        handler("9-2", json!([1, 2]), doubles_each_item),
        handler("9-3", json!([10, 20, 30]), adds_the_index_to_each_item),
        handler("9-6", Value::Null, gives_the_failure_of_an_item),
        handler("9-7", Value::Null, ends_early_after_enough_successes),
        handler("9-8", Value::Null, tolerates_a_failure),
        handler("9-17", Value::Null, is_over_before_a_wait),
    ]
}

async fn doubles_each_item(ctx: Context, items: Vec<i64>) -> Result<Vec<i64>, Failure> {
    let map = ctx.map("", items, |_, item, _| give(item * 2)).max_concurrency(1);
    Ok(map.await?.into_results())
}

async fn adds_the_index_to_each_item(ctx: Context, items: Vec<usize>) -> Result<Vec<usize>, Failure> {
    let map = ctx.map("indexed", items, |_, item, index| give(item + index)).max_concurrency(1);
    Ok(map.await?.into_results())
}

/// What is done with an item that is to succeed, or not.
async fn attend(item: Option<&'static str>) -> Result<String, Failure> {
    match item {
        Some(value) => give(value.to_owned()).await,
        None => fail().await,
    }
}

async fn gives_the_failure_of_an_item(ctx: Context, (): ()) -> Result<Vec<String>, Failure> {
    let map = ctx.map("throwing", [None, Some("i1")], |_, item, _| attend(item)).max_concurrency(1);
    map.completion(Completion::new().tolerate(0)).await?.or_failure()
}

async fn ends_early_after_enough_successes(ctx: Context, (): ()) -> Result<Value, Failure> {
    let items = ["i0", "i1", "i2", "i3"].map(Some);
    let map = ctx.map("min-successful", items, |_, item, _| attend(item)).max_concurrency(1);
    let outcomes = map.completion(Completion::new().min_successful(2)).await?;
    Ok(projection_without(&outcomes, &["status", "failureCount"]))
}

async fn tolerates_a_failure(ctx: Context, (): ()) -> Result<Value, Failure> {
    let items = [Some("i0"), None, Some("i2")];
    let map = ctx.map("tolerated", items, |_, item, _| attend(item)).max_concurrency(1);
    Ok(projection(&map.completion(Completion::new().tolerate(1)).await?))
}

async fn is_over_before_a_wait(ctx: Context, (): ()) -> Result<Vec<String>, Failure> {
    let map = ctx.map("then-wait", ["a", "b"], |_, item, _| give(item.to_uppercase())).max_concurrency(1);
    let results = map.await?.into_results();
    ctx.wait("afterwards", Duration::from_secs(1)).await?;
    Ok(results)
}
