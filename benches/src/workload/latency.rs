//! From start to result of one step, one execution at a time.

use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use duramen::Runtime;

use super::Session;
use crate::chain;
use crate::raw::RawSyncs;
use crate::report::Measured;
use crate::stats::{Times, count_u64};

/// How often executions and the raw file take turns.
const ROUNDS: u64 = 10;

#[derive(Args)]
pub(crate) struct Latency {
    /// How many executions
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
}

impl Latency {
    pub(crate) async fn run(&self, session: &Session) -> anyhow::Result<Vec<Measured>> {
        let runtime = chain::open(&session.folder.join("data")).await?;
        let raw = RawSyncs::create(&session.folder)?;
        session.progress.say(|| format!("{} executions", self.count));
        // On a thread of the runtime, where the handlers of a service are.
        let (mut times, mut raw, syncs) =
            tokio::spawn(measure(runtime.clone(), raw, self.count)).await.context("measuring")??;
        runtime.shutdown(Duration::from_secs(10)).await?;

        let p50_ms = times.p50_ms();
        let measured = Measured::of("latency")
            .parameter("count", self.count)
            .figure("executions_per_s", 1000.0 / times.mean_ms())
            .figure("p50_ms", p50_ms)
            .figure("p99_ms", times.percentile_ms(99))
            .figure("syncs_per_step", count_u64(syncs) / count_u64(self.count));
        Ok(vec![raw.beside(p50_ms, measured)])
    }
}

async fn measure(runtime: Runtime, mut raw: RawSyncs, count: u64) -> anyhow::Result<(Times, RawSyncs, u64)> {
    for number in 0..(count / 10).clamp(1, 100) {
        chain::run(&runtime, format!("warm-up-{number}"), number, 1).await?;
    }
    let round = count.div_ceil(ROUNDS);
    let raw_syncs = usize::try_from(round / 2).unwrap_or(usize::MAX).clamp(1, 50);
    let mut times = Times::default();
    let syncs_before = runtime.log().figures().syncs;
    for number in 0..count {
        if number % round == 0 {
            raw = sync(raw, raw_syncs).await?;
        }
        let begun = Instant::now();
        chain::run(&runtime, format!("one-{number}"), number, 1).await?;
        times.add(begun.elapsed());
    }
    let syncs = runtime.log().figures().syncs - syncs_before;
    raw = sync(raw, raw_syncs).await?;
    Ok((times, raw, syncs))
}

async fn sync(mut raw: RawSyncs, times: usize) -> anyhow::Result<RawSyncs> {
    let synced = tokio::task::spawn_blocking(move || raw.take(times).map(|()| raw)).await;
    synced.context("the raw file")?
}
