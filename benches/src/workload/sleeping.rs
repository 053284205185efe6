//! Executions that wait for an hour.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use duramen::{Context, Failure, Runtime};

use super::Session;
use crate::report::Measured;
use crate::stats::{count, count_u64};
use crate::{folder, process};

/// How many are started at a time.
const AT_A_TIME: u64 = 1000;

/// The cache of the log. It is filled before memory is counted, as it does not grow with the executions.
const CACHE_BYTES: u64 = 4 << 20;

#[derive(Args)]
pub(crate) struct Sleeping {
    /// How many executions
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
}

async fn sleeper(ctx: Context, (): ()) -> Result<(), Failure> {
    ctx.wait("an hour", Duration::from_secs(3600)).await
}

async fn open(folder: &Path) -> anyhow::Result<Runtime> {
    Ok(Runtime::builder(folder).workflow("sleeper", sleeper).cache_bytes(CACHE_BYTES).open().await?)
}

impl Sleeping {
    pub(crate) async fn run(&self, session: &Session) -> anyhow::Result<Vec<Measured>> {
        let data = session.folder.join("data");
        let runtime = open(&data).await?;
        session.progress.say(|| "warming up".to_owned());
        // Fills the cache of the log, and lets the allocator take what it takes for so many at a time.
        put_to_sleep(session, &runtime, "warm-up", self.count.min(30_000)).await?;
        let (memory_before, disk_before) = (process::memory_bytes()?, folder::disk_bytes(&data)?);
        let begun = Instant::now();
        put_to_sleep(session, &runtime, "asleep", self.count).await?;
        let asleep_s = begun.elapsed().as_secs_f64();
        let (memory, disk) = (process::memory_bytes()?, folder::disk_bytes(&data)?);
        session.progress.say(|| "opening again".to_owned());
        runtime.shutdown(Duration::from_secs(60)).await?;
        drop(runtime);

        let begun = Instant::now();
        let runtime = open(&data).await?;
        let open_s = begun.elapsed().as_secs_f64();
        runtime.shutdown(Duration::from_secs(10)).await?;
        let executions = count_u64(self.count);
        Ok(vec![
            Measured::of("sleeping")
                .parameter("count", self.count)
                .figure("asleep_per_s", executions / asleep_s)
                .figure("memory_bytes_each", count_u64(memory.saturating_sub(memory_before)) / executions)
                .figure("disk_bytes_each", count_u64(disk.saturating_sub(disk_before)) / executions)
                .figure("open_s", open_s),
        ])
    }
}

/// Starts executions and waits until all of them have left memory.
async fn put_to_sleep(session: &Session, runtime: &Runtime, name: &'static str, executions: u64) -> anyhow::Result<()> {
    let next = Arc::new(AtomicU64::new(0));
    let starting: Vec<_> = (0..AT_A_TIME.min(executions))
        .map(|_| {
            let (runtime, next) = (runtime.clone(), Arc::clone(&next));
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= executions {
                        return Ok(());
                    }
                    runtime.start::<()>("sleeper", format!("{name}-{number}"), ()).await.map(drop)?;
                }
            })
        })
        .collect();
    for task in starting {
        let started: Result<(), duramen::Error> = task.await.context("starting executions")?;
        started?;
    }
    while runtime.live() > 0 {
        session.progress.say(|| format!("{} of {} still awake", count(runtime.live()), executions));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}
