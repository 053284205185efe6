//! One execution that invokes many others, each with a history of its own.

use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Args;
use duramen::{Completion, Context, Failure, Runtime};

use super::Session;
use crate::report::Measured;
use crate::stats::count_u64;

#[derive(Args)]
pub(crate) struct Children {
    /// How many children
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// How many at a time
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..))]
    concurrency: u64,
}

/// One step.
async fn child(ctx: Context, number: u64) -> Result<u64, Failure> {
    ctx.step("step", move || async move { Ok::<_, Failure>(number) }).await
}

async fn parent(ctx: Context, (count, concurrency): (u64, usize)) -> Result<u64, Failure> {
    let invoke = |ctx: Context, number: u64, _| async move { ctx.invoke::<u64>("child", number).await };
    let map = ctx.map("children", 1..=count, invoke).max_concurrency(concurrency).completion(Completion::new());
    Ok(map.await?.or_failure()?.into_iter().sum())
}

impl Children {
    pub(crate) async fn run(&self, session: &Session) -> anyhow::Result<Vec<Measured>> {
        let builder = Runtime::builder(session.folder.join("data"));
        let runtime = builder.workflow("child", child).workflow("parent", parent).open().await?;
        session.progress.say(|| "warming up".to_owned());
        self.execute(&runtime, "warm-up", (self.count / 10).max(1)).await?;
        session.progress.say(|| format!("{} children", self.count));
        let before = runtime.log().figures();
        let took = self.execute(&runtime, "measured", self.count).await?;
        let after = runtime.log().figures();
        runtime.shutdown(Duration::from_secs(10)).await?;
        let count = count_u64(self.count);
        Ok(vec![
            Measured::of("children")
                .parameter("count", self.count)
                .parameter("concurrency", self.concurrency)
                .figure("seconds", took.as_secs_f64())
                .figure("children_per_s", count / took.as_secs_f64())
                .figure("records_per_child", count_u64(after.records - before.records) / count)
                .figure("syncs_per_child", count_u64(after.syncs - before.syncs) / count),
        ])
    }

    /// The time from the start to the result.
    async fn execute(&self, runtime: &Runtime, name: &str, count: u64) -> anyhow::Result<Duration> {
        let concurrency = usize::try_from(self.concurrency).unwrap_or(usize::MAX);
        let begun = Instant::now();
        let sum: u64 = runtime.start("parent", name, (count, concurrency)).await?.result().await?;
        let took = begun.elapsed();
        let right = count * (count + 1) / 2;
        ensure!(sum == right, "the children gave {sum} instead of {right}");
        Ok(took)
    }
}
