//! Waits.

use std::time::Duration;

use duramen::{Context, Failure};
use serde_json::{Value, json};

use crate::handler::{Handler, handler};

pub(crate) fn handlers() -> Vec<Handler> {
    vec![handler("2-3", Value::Null, waits_twice), handler("2-5", Value::Null, waits_for_an_hour)]
}

async fn waits_twice(ctx: Context, (): ()) -> Result<Value, Failure> {
    ctx.wait("wait-1", Duration::from_secs(2)).await?;
    ctx.wait("wait-2", Duration::from_secs(2)).await?;
    Ok(json!({ "completedWaits": 2 }))
}

async fn waits_for_an_hour(ctx: Context, (): ()) -> Result<(), Failure> {
    ctx.wait("an hour", Duration::from_secs(3600)).await
}
