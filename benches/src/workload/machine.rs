//! State machines in the Amazon States Language: the workloads, and what they have in common.

mod express;
mod map;
mod start;
mod tasks;
mod transitions;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};
use duramen_states::definition::Definition;
use duramen_states::{End, StateMachines, Tasks};
use duramen_storage::{Log, SledLog};
use serde_json::Value;

use crate::progress::Progress;
use crate::report::Measured;
use crate::stats::{Times, count_u64};

pub(crate) use express::Express;
pub(crate) use map::{Map, MapLoad};
pub(crate) use start::Start;
pub(crate) use tasks::Tasks as TasksInARow;
pub(crate) use transitions::Transitions;

/// The name under which a workload registers its machine.
const NAME: &str = "bench";

/// Three states that do no more than go on.
const THREE_STATES: &str = r#"{"StartAt": "First", "States": {
    "First": {"Type": "Pass", "Next": "Second"},
    "Second": {"Type": "Pass", "Next": "Third"},
    "Third": {"Type": "Pass", "End": true}}}"#;

fn parse(text: &str) -> anyhow::Result<Definition> {
    Definition::parse(text).map_err(|problems| anyhow!("the definition: {problems:?}"))
}

/// The machine of a workload on a log in a folder.
struct Durable {
    machines: StateMachines,
    log: Arc<dyn Log>,
}

impl Durable {
    async fn open(folder: &Path, text: &str, tasks: Tasks) -> anyhow::Result<Self> {
        let log: Arc<dyn Log> = Arc::new(SledLog::builder(folder).open()?);
        let builder = StateMachines::builder(Arc::clone(&log)).machine(NAME, &parse(text)?)?;
        Ok(Self { machines: builder.tasks(tasks).open().await?, log })
    }

    fn syncs(&self) -> u64 {
        self.log.figures().syncs
    }

    async fn close(self) -> anyhow::Result<()> {
        self.machines.shutdown(Duration::from_secs(10)).await;
        Ok(self.log.close()?)
    }
}

/// Runs one execution from its start to its checked output.
async fn run(machines: &StateMachines, name: &str, input: Value, right: &Value) -> anyhow::Result<()> {
    let execution = machines.start(NAME, name, input).await?;
    let end = machines.result(execution).await.context("waiting for a result")?;
    check(&end, right)
}

fn check(end: &End, right: &Value) -> anyhow::Result<()> {
    match end {
        End::Succeeded(output) => ensure!(**output == *right, "an execution gave {output:?} instead of {right}"),
        end => anyhow::bail!("an execution ended as {end:?}"),
    }
    Ok(())
}

/// Many executions at a time, all with the same input and output; the next is started when one ends.
struct Load {
    concurrency: u64,
    seconds: f64,
    input: Value,
    output: Value,
}

/// What happened while it was measured.
struct Loaded {
    executions: u64,
    took_s: f64,
    syncs: u64,
    times: Times,
}

impl Load {
    /// Measures, after a warm-up of a fifth of the time.
    async fn run(self, durable: &Durable, progress: &Progress) -> anyhow::Result<Loaded> {
        let (stopped, next) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let one = || {
            let data = (self.input.clone(), self.output.clone());
            tokio::spawn(in_turn(durable.machines.clone(), Arc::clone(&stopped), Arc::clone(&next), data))
        };
        let clients: Vec<_> = (0..self.concurrency).map(|_| one()).collect();
        let seconds = Duration::from_secs_f64(self.seconds);
        progress.pass("warming up", seconds / 5).await;
        let (from, syncs_before) = (Instant::now(), durable.syncs());
        progress.pass("measuring", seconds).await;
        let (to, syncs) = (Instant::now(), durable.syncs() - syncs_before);
        stopped.store(true, Ordering::Relaxed);
        let mut loaded = Loaded { executions: 0, took_s: (to - from).as_secs_f64(), syncs, times: Times::default() };
        for client in clients {
            for (at, took) in client.await.context("running executions")?? {
                if (from..to).contains(&at) {
                    loaded.executions += 1;
                    loaded.times.add(took);
                }
            }
        }
        Ok(loaded)
    }

    fn parameters(&self, workload: &'static str) -> Measured {
        Measured::of(workload).parameter("concurrency", self.concurrency).parameter("seconds", self.seconds)
    }
}

impl Loaded {
    fn per_s(&self, each: u64) -> f64 {
        count_u64(self.executions * each) / self.took_s
    }

    fn figures(mut self, measured: Measured) -> Measured {
        measured
            .figure("executions_per_s", self.per_s(1))
            .figure("p50_us", self.times.p50_ms() * 1000.0)
            .figure("p99_us", self.times.percentile_ms(99) * 1000.0)
            .figure("syncs_per_execution", count_u64(self.syncs) / count_u64(self.executions))
    }
}

async fn in_turn(
    machines: StateMachines,
    stopped: Arc<AtomicBool>,
    next: Arc<AtomicU64>,
    (input, output): (Value, Value),
) -> anyhow::Result<Vec<(Instant, Duration)>> {
    let mut ended = Vec::new();
    while !stopped.load(Ordering::Relaxed) {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let begun = Instant::now();
        run(&machines, &format!("run-{number}"), input.clone(), &output).await?;
        ended.push((Instant::now(), begun.elapsed()));
    }
    Ok(ended)
}
