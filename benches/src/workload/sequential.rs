//! One execution, its steps one after another.
//!
//! The time of a step is that from the end of one body to the beginning of the next, the log and the turn between them.
//! Some bodies write to the raw file, so that it is measured under the same conditions.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, ensure};
use clap::Args;
use duramen::{Context, Failure, Runtime};
use duramen_storage::Log;

use super::Session;
use crate::raw::RawSyncs;
use crate::report::Measured;
use crate::stats::{Times, count_u64};

/// In how many bodies the raw file is written.
const PAUSES: u64 = 8;

#[derive(Args)]
pub(crate) struct Sequential {
    /// How many steps
    #[arg(long, default_value_t = 3000, value_parser = clap::value_parser!(u64).range(1..))]
    steps: u64,
}

/// What the bodies of the steps note down.
struct Pace {
    log: Mutex<Option<Arc<dyn Log>>>,
    state: Mutex<Marks>,
}

struct Marks {
    raw: RawSyncs,
    /// When the body before ended.
    before: Option<Instant>,
    /// The syncs there had been when the first body ran.
    syncs_before: u64,
    times: Times,
}

impl Sequential {
    pub(crate) async fn run(&self, session: &Session) -> anyhow::Result<Vec<Measured>> {
        let mut raw = RawSyncs::create(&session.folder)?;
        raw.take(self.raw_syncs())?;
        let marks = Marks { raw, before: None, syncs_before: 0, times: Times::default() };
        let pace = Arc::new(Pace { log: Mutex::default(), state: Mutex::new(marks) });
        let runtime = Runtime::builder(session.folder.join("data"))
            .workflow("sequential", {
                let (pace, raw_syncs) = (Arc::clone(&pace), self.raw_syncs());
                move |ctx, steps| sequential(ctx, Arc::clone(&pace), steps, raw_syncs)
            })
            .open()
            .await?;
        *pace.log.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(runtime.log()));

        session.progress.say(|| "warming up".to_owned());
        self.execute(&runtime, &pace, "warm-up", (self.steps / 10).clamp(1, 200)).await?;
        session.progress.say(|| format!("{} steps", self.steps));
        let (mut times, syncs) = self.execute(&runtime, &pace, "measured", self.steps).await?;

        runtime.shutdown(Duration::from_secs(10)).await?;
        drop(runtime);
        let mut marks = pace.marks();
        marks.raw.take(self.raw_syncs())?;
        let last_to_early_ratio = last_to_early(&times);
        let (p50_ms, ms_per_step) = (times.p50_ms(), times.mean_ms());
        let measured = Measured::of("sequential")
            .parameter("steps", self.steps)
            .figure("steps_per_s", 1000.0 / ms_per_step)
            .figure("ms_per_step", ms_per_step)
            .figure("p50_ms", p50_ms)
            .figure("p99_ms", times.percentile_ms(99))
            .figure("last_to_early_ratio", last_to_early_ratio)
            .figure("syncs_per_step", count_u64(syncs) / count_u64(self.steps));
        Ok(vec![marks.raw.beside(p50_ms, measured)])
    }

    /// How often the raw file is synced at a time.
    fn raw_syncs(&self) -> usize {
        usize::try_from(self.steps / 50).unwrap_or(usize::MAX).clamp(3, 50)
    }

    /// Runs one execution; gives the times of its steps, and the syncs from its first body to its result.
    async fn execute(&self, runtime: &Runtime, pace: &Pace, name: &str, steps: u64) -> anyhow::Result<(Times, u64)> {
        let counted: u64 = runtime.start("sequential", name, steps).await?.result().await?;
        let ended = Instant::now();
        let syncs = runtime.log().figures().syncs;
        ensure!(counted == steps, "{counted} steps ran instead of {steps}");
        let mut marks = pace.marks();
        let last = marks.before.take().ok_or_else(|| anyhow!("no step ran"))?;
        marks.times.add(ended - last);
        Ok((std::mem::take(&mut marks.times), syncs - marks.syncs_before))
    }
}

/// What a step at the end costs in terms of one at 300, by the medians of some around each: 1 when a step costs the same
/// however many were before.
fn last_to_early(times: &Times) -> f64 {
    let steps = times.len();
    let around = (steps / 10).clamp(1, 300);
    let early = 300.min(steps / 2);
    let early_ms = times.p50_ms_among(early.saturating_sub(around / 2), early + around.div_ceil(2));
    times.p50_ms_among(steps - around, steps) / early_ms
}

async fn sequential(ctx: Context, pace: Arc<Pace>, steps: u64, raw_syncs: usize) -> Result<u64, Failure> {
    let every = (steps / PAUSES).max(2);
    let mut counted = 0;
    for number in 0..steps {
        let syncs = if number % every == every / 2 { raw_syncs } else { 0 };
        counted += ctx.step("step", || Arc::clone(&pace).body(syncs)).await?;
    }
    Ok(counted)
}

impl Pace {
    fn marks(&self) -> std::sync::MutexGuard<'_, Marks> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn body(self: Arc<Self>, raw_syncs: usize) -> Result<u64, Failure> {
        let begun = Instant::now();
        let first = {
            let mut marks = self.marks();
            let before = marks.before.take();
            before.map(|before| marks.times.add(begun - before)).is_none()
        };
        if first {
            let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
            let syncs = log.as_ref().map_or(0, |log| log.figures().syncs);
            drop(log);
            self.marks().syncs_before = syncs;
        }
        if raw_syncs > 0 {
            let pace = Arc::clone(&self);
            let synced = tokio::task::spawn_blocking(move || pace.marks().raw.take(raw_syncs)).await;
            synced
                .context("the raw file")
                .and_then(|synced| synced)
                .map_err(|error| Failure::new("Raw", format!("{error:#}")))?;
        }
        self.marks().before = Some(Instant::now());
        Ok(1)
    }
}
