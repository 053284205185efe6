//! One execution with many steps at once.

use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::{Args, ValueEnum};
use duramen::{Context, Failure, Runtime};

use super::Session;
use crate::report::Measured;
use crate::stats::{count_u64, ms};

#[derive(Args)]
pub(crate) struct Fanout {
    /// How many steps
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    width: u64,
    /// How the steps are put together
    #[arg(long, value_enum, default_value_t = By::Join)]
    by: By,
}

#[derive(Clone, Copy, ValueEnum)]
enum By {
    /// `join_all`, in the workflow's own context
    Join,
    /// A map, each step in a child context of its own
    Map,
}

async fn fanout(ctx: Context, width: u64) -> Result<u64, Failure> {
    let steps = (1..=width).map(|number| ctx.step("step", move || async move { Ok::<_, Failure>(number) }));
    futures::future::join_all(steps).await.into_iter().sum()
}

async fn map(ctx: Context, width: u64) -> Result<u64, Failure> {
    let run = |ctx: Context, number: u64, _| async move {
        ctx.step("step", move || async move { Ok::<_, Failure>(number) }).await
    };
    Ok(ctx.map("map", 1..=width, run).await?.or_failure()?.into_iter().sum())
}

impl Fanout {
    pub(crate) async fn run(&self, session: &Session) -> anyhow::Result<Vec<Measured>> {
        let builder = Runtime::builder(session.folder.join("data"));
        let runtime = builder.workflow("join", fanout).workflow("map", map).open().await?;
        session.progress.say(|| "warming up".to_owned());
        self.execute(&runtime, "warm-up").await?;
        session.progress.say(|| format!("{} steps", self.width));
        let syncs_before = runtime.log().figures().syncs;
        let took = self.execute(&runtime, "measured").await?;
        let syncs = runtime.log().figures().syncs - syncs_before;
        runtime.shutdown(Duration::from_secs(10)).await?;
        let width = count_u64(self.width);
        Ok(vec![
            Measured::of("fanout")
                .parameter("width", self.width)
                .parameter("by", self.by())
                .figure("seconds", took.as_secs_f64())
                .figure("syncs", syncs)
                .figure("steps_per_s", width / took.as_secs_f64())
                .figure("ms_per_step", ms(took) / width)
                .figure("syncs_per_step", count_u64(syncs) / width),
        ])
    }

    fn by(&self) -> &'static str {
        match self.by {
            By::Join => "join",
            By::Map => "map",
        }
    }

    /// The time from the start to the result.
    async fn execute(&self, runtime: &Runtime, name: &str) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let sum: u64 = runtime.start(self.by(), name, self.width).await?.result().await?;
        let took = begun.elapsed();
        let right = self.width * (self.width + 1) / 2;
        ensure!(sum == right, "the steps gave {sum} instead of {right}");
        Ok(took)
    }
}
