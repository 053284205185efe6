//! Many executions at a time; the next is started when one ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use duramen::Runtime;

use super::Session;
use crate::report::Measured;
use crate::stats::{Times, count_u64};
use crate::{chain, process};

#[derive(Args)]
pub(crate) struct Throughput {
    /// How many executions at a time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..))]
    concurrency: u64,
    /// How long to measure, after a warm-up of a fifth of it
    #[arg(long, default_value_t = 5.0, value_parser = super::seconds)]
    seconds: f64,
}

/// What is counted at one moment.
struct Moment {
    at: Instant,
    cpu_s: f64,
    syncs: u64,
}

impl Moment {
    fn now(runtime: &Runtime) -> anyhow::Result<Self> {
        Ok(Self { at: Instant::now(), cpu_s: process::cpu_s()?, syncs: runtime.log().figures().syncs })
    }
}

impl Throughput {
    pub(crate) async fn run(&self, session: &Session) -> anyhow::Result<Vec<Measured>> {
        let runtime = chain::open(&session.folder.join("data")).await?;
        let load = Load::start(&runtime, self.concurrency);
        let seconds = Duration::from_secs_f64(self.seconds);
        session.progress.pass("warming up", seconds / 5).await;
        let from = Moment::now(&runtime)?;
        session.progress.pass("measuring", seconds).await;
        let to = Moment::now(&runtime)?;
        let ended = load.stop().await?;
        runtime.shutdown(Duration::from_secs(10)).await?;

        let mut times = Times::default();
        let mut executions = 0;
        for (_, took) in ended.into_iter().filter(|(at, _)| (from.at..to.at).contains(at)) {
            times.add(took);
            executions += 1;
        }
        let steps = count_u64(executions * chain::STEPS);
        let took_s = (to.at - from.at).as_secs_f64();
        Ok(vec![
            Measured::of("throughput")
                .parameter("concurrency", self.concurrency)
                .parameter("seconds", self.seconds)
                .figure("steps_per_s", steps / took_s)
                .figure("executions_per_s", count_u64(executions) / took_s)
                .figure("p50_ms", times.p50_ms())
                .figure("p99_ms", times.percentile_ms(99))
                .figure("cpu_s_per_1000_steps", (to.cpu_s - from.cpu_s) / steps * 1000.0)
                .figure("syncs_per_step", count_u64(to.syncs - from.syncs) / steps),
        ])
    }
}

/// When an execution ended, and how long it took.
type Ended = (Instant, Duration);

struct Load {
    stopped: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<anyhow::Result<Vec<Ended>>>>,
}

impl Load {
    fn start(runtime: &Runtime, concurrency: u64) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let next = Arc::new(AtomicU64::new(0));
        let one = || tokio::spawn(in_turn(runtime.clone(), Arc::clone(&stopped), Arc::clone(&next)));
        let tasks = (0..concurrency).map(|_| one()).collect();
        Self { stopped, tasks }
    }

    /// Starts no more, and waits for those under way.
    async fn stop(self) -> anyhow::Result<Vec<Ended>> {
        self.stopped.store(true, Ordering::Relaxed);
        let mut ended = Vec::new();
        for task in self.tasks {
            ended.extend(task.await.context("running executions")??);
        }
        Ok(ended)
    }
}

async fn in_turn(runtime: Runtime, stopped: Arc<AtomicBool>, next: Arc<AtomicU64>) -> anyhow::Result<Vec<Ended>> {
    let mut ended = Vec::new();
    while !stopped.load(Ordering::Relaxed) {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let begun = Instant::now();
        chain::run(&runtime, format!("run-{number}"), number, chain::STEPS).await?;
        ended.push((Instant::now(), begun.elapsed()));
    }
    Ok(ended)
}
