//! Conditions that are looked at again and again.

use std::time::Duration;

use data_encoding::HEXLOWER;
use duramen::{Condition, Context, Failure, Jitter, Retry};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::handler::{Handler, fail, give, handler};

pub(crate) fn handlers() -> Vec<Handler> {
    vec![
        handler("6-1", 3.into(), counts_up_to_the_input),
        handler("6-4", 8.into(), counts_from_five_up_to_the_input),
        handler("6-7", Value::Null, fails_with_its_first_look),
        handler("6-9", Value::Null, carries_an_object),
        handler("6-11", Value::Null, serialises_its_state_in_its_own_way),
        handler("6-12", 2.into(), gives_its_state_to_a_step),
    ]
}

fn every_second() -> Retry {
    Retry::polling().first(Duration::from_secs(1)).jitter(Jitter::None)
}

async fn count(ctx: &Context, from: u32, up_to: u32) -> Result<u32, Failure> {
    let count = |state: u32| async move {
        let state = state + 1;
        Ok::<_, Failure>(if state < up_to { Condition::NotYet(state) } else { Condition::Met(state) })
    };
    ctx.wait_for_condition("count", from, count).poll_every(every_second()).await
}

async fn counts_up_to_the_input(ctx: Context, up_to: u32) -> Result<u32, Failure> {
    count(&ctx, 0, up_to).await
}

async fn counts_from_five_up_to_the_input(ctx: Context, up_to: u32) -> Result<u32, Failure> {
    count(&ctx, 5, up_to).await
}

async fn fails_with_its_first_look(ctx: Context, (): ()) -> Result<u32, Failure> {
    ctx.wait_for_condition("look", 0, |_| fail()).await
}

#[derive(Serialize, Deserialize)]
struct Job {
    status: String,
    attempts: u32,
}

async fn carries_an_object(ctx: Context, (): ()) -> Result<Job, Failure> {
    let look = |job: Job| async move {
        let attempts = job.attempts + 1;
        let job = |status: &str| Job { status: status.to_owned(), attempts };
        Ok::<_, Failure>(if attempts < 2 { Condition::NotYet(job("PENDING")) } else { Condition::Met(job("DONE")) })
    };
    let first = Job { status: "PENDING".to_owned(), attempts: 0 };
    ctx.wait_for_condition("job", first, look).poll_every(every_second()).await
}

/// A text with a serialiser of its own, which writes it as hexadecimal digits.
struct Hexed(String);

impl Serialize for Hexed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&HEXLOWER.encode(self.0.as_bytes()))
    }
}

impl<'de> Deserialize<'de> for Hexed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = HEXLOWER.decode(String::deserialize(deserializer)?.as_bytes()).map_err(D::Error::custom)?;
        String::from_utf8(bytes).map(Self).map_err(D::Error::custom)
    }
}

async fn serialises_its_state_in_its_own_way(ctx: Context, (): ()) -> Result<String, Failure> {
    let grow = |state: Hexed| async move {
        let state = Hexed(state.0 + "x");
        Ok::<_, Failure>(if state.0.len() < 2 { Condition::NotYet(state) } else { Condition::Met(state) })
    };
    let grown = ctx.wait_for_condition("grow", Hexed(String::new()), grow).poll_every(every_second()).await?;
    Ok(grown.0)
}

async fn gives_its_state_to_a_step(ctx: Context, up_to: u32) -> Result<u32, Failure> {
    let state = count(&ctx, 0, up_to).await?;
    ctx.step("tenfold", || give(state * 10)).await
}
