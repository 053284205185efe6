//! Express executions: each is run to its end by who started it, and nothing of it is stored.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use duramen_states::StateMachines;
use duramen_storage::MemoryLog;
use serde_json::json;

use super::{NAME, THREE_STATES, check, parse};
use crate::report::Measured;
use crate::stats::{Times, count};
use crate::workload::Session;

#[derive(Args)]
pub(crate) struct Express {
    /// How many callers, each of which runs one execution after another
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..))]
    concurrency: u64,
    /// How long to measure, after a warm-up of a fifth of it
    #[arg(long, default_value_t = 2.0, value_parser = crate::workload::seconds)]
    seconds: f64,
}

impl Express {
    pub(crate) async fn run(&self, session: &Session) -> anyhow::Result<Vec<Measured>> {
        let builder = StateMachines::builder(Arc::new(MemoryLog::new())).express(NAME, &parse(THREE_STATES)?)?;
        let machines = builder.open().await?;
        let seconds = Duration::from_secs_f64(self.seconds);
        session.progress.say(|| "measuring".to_owned());
        let begun = Instant::now();
        let (from, to) = (begun + seconds / 5, begun + seconds / 5 + seconds);
        let callers: Vec<_> =
            (0..self.concurrency).map(|_| tokio::spawn(in_turn(machines.clone(), from, to))).collect();
        let mut times = Times::default();
        for caller in callers {
            caller.await.context("running executions")??.into_iter().for_each(|took| times.add(took));
        }
        let measured = Measured::of("machine-express")
            .parameter("concurrency", self.concurrency)
            .parameter("seconds", self.seconds)
            .figure("executions_per_s", count(times.len()) / self.seconds)
            .figure("p50_us", times.p50_ms() * 1000.0)
            .figure("p99_us", times.percentile_ms(99) * 1000.0);
        Ok(vec![measured])
    }
}

/// How long each execution took that ended between the two.
async fn in_turn(machines: StateMachines, from: Instant, to: Instant) -> anyhow::Result<Vec<Duration>> {
    let input = json!({"n": 1});
    let mut ended = Vec::new();
    loop {
        let begun = Instant::now();
        let finished = machines.start_sync(NAME, "one", input.clone()).await?;
        let now = Instant::now();
        check(&finished.end, &input)?;
        if now >= to {
            return Ok(ended);
        }
        if now >= from {
            ended.push(now - begun);
        }
        // Nothing in an execution waits, so that nothing else would ever run on this thread.
        if ended.len().is_multiple_of(64) {
            tokio::task::yield_now().await;
        }
    }
}
