//! Signals to one execution, which takes them one after another.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Args;
use duramen::{Context, Failure, Handle, Runtime};

use super::Session;
use crate::report::Measured;
use crate::stats::{Times, count_u64};

#[derive(Args)]
pub(crate) struct Signals {
    /// How many signals
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// How many senders, each of which waits until its signal is durable before it sends the next
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..))]
    senders: u64,
}

/// Takes so many signals, and adds them up.
async fn adder(ctx: Context, count: u64) -> Result<u64, Failure> {
    let mut sum = 0;
    for _ in 0..count {
        sum += ctx.signal::<u64>("add").await?;
    }
    Ok(sum)
}

impl Signals {
    pub(crate) async fn run(&self, session: &Session) -> anyhow::Result<Vec<Measured>> {
        let runtime = Runtime::builder(session.folder.join("data")).workflow("adder", adder).open().await?;
        session.progress.say(|| "warming up".to_owned());
        self.execute(&runtime, "warm-up", (self.count / 10).max(1)).await?;
        session.progress.say(|| format!("{} signals", self.count));
        let syncs_before = runtime.log().figures().syncs;
        let (took, mut times) = self.execute(&runtime, "measured", self.count).await?;
        let syncs = runtime.log().figures().syncs - syncs_before;
        runtime.shutdown(Duration::from_secs(10)).await?;
        Ok(vec![
            Measured::of("signals")
                .parameter("count", self.count)
                .parameter("senders", self.senders)
                .figure("seconds", took.as_secs_f64())
                .figure("signals_per_s", count_u64(self.count) / took.as_secs_f64())
                .figure("p50_ms", times.p50_ms())
                .figure("p99_ms", times.percentile_ms(99))
                .figure("syncs_per_signal", count_u64(syncs) / count_u64(self.count)),
        ])
    }

    /// From the first signal to the result; and how long each one took until it was durable.
    async fn execute(&self, runtime: &Runtime, name: &str, count: u64) -> anyhow::Result<(Duration, Times)> {
        let handle = runtime.start::<u64>("adder", name, count).await?;
        let next = Arc::new(AtomicU64::new(0));
        let begun = Instant::now();
        let senders: Vec<_> =
            (0..self.senders).map(|_| tokio::spawn(send(handle.clone(), Arc::clone(&next), count))).collect();
        let mut times = Times::default();
        for sender in senders {
            for time in sender.await.context("sending signals")?? {
                times.add(time);
            }
        }
        let sum = handle.result().await?;
        let took = begun.elapsed();
        let right = count * count.saturating_sub(1) / 2;
        ensure!(sum == right, "the signals gave {sum} instead of {right}");
        Ok((took, times))
    }
}

async fn send(handle: Handle<u64>, next: Arc<AtomicU64>, count: u64) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= count {
            return Ok(times);
        }
        let begun = Instant::now();
        handle.signal("add", &number).await?;
        times.push(begun.elapsed());
    }
}
