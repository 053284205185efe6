//! A process is killed in the middle of its executions, and its folder is opened again.
//!
//! The load runs in a child process, which is this program again. It notes each execution in a file once the start was
//! acknowledged, so that none of them may be missing afterwards.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use clap::Args;
use duramen::{Filter, Listed, Runtime, StatusKind};
use futures::{StreamExt, stream};

use super::Session;
use crate::chain;
use crate::report::Measured;

/// How many results are checked at a time.
const CHECKS: usize = 64;
/// How long everything may take to end.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Args)]
pub(crate) struct Recovery {
    /// How many executions at a time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..))]
    concurrency: u64,
    /// How long the process runs under load before it is killed, give or take a tenth
    #[arg(long, default_value_t = 2.0, value_parser = super::seconds)]
    seconds_of_load: f64,
}

impl Recovery {
    pub(crate) async fn run(&self, session: &Session) -> anyhow::Result<Vec<Measured>> {
        let (data, acks) = (session.folder.join("data"), session.folder.join("acks"));
        session.progress.say(|| "running until the kill".to_owned());
        self.run_and_kill(&data, &acks)?;

        session.progress.say(|| "opening again".to_owned());
        let begun = Instant::now();
        let runtime = chain::open(&data).await?;
        let open_s = begun.elapsed().as_secs_f64();
        let unfinished = runtime.live();
        wait_for_all(&runtime).await?;
        let seconds = begun.elapsed().as_secs_f64();

        session.progress.say(|| "checking".to_owned());
        let executions = check(&runtime, &acks).await;
        runtime.shutdown(Duration::from_secs(10)).await?;
        if let Err(wrong) = &executions {
            eprintln!("duramen-bench: {wrong:#}");
        }
        Ok(vec![
            Measured::of("recovery")
                .parameter("concurrency", self.concurrency)
                .parameter("seconds-of-load", self.seconds_of_load)
                .figure("open_s", open_s)
                .figure("seconds", seconds)
                .figure("executions", *executions.as_ref().unwrap_or(&0))
                .figure("unfinished", unfinished as u64)
                .figure("all_right", executions.is_ok()),
        ])
    }

    fn run_and_kill(&self, data: &Path, acks: &Path) -> anyhow::Result<()> {
        let program = std::env::current_exe().context("finding this program")?;
        let mut child = Command::new(program)
            .args(["recovery-load", "--concurrency", &self.concurrency.to_string(), "--dir"])
            .arg(data)
            .arg("--acks")
            .arg(acks)
            .stdin(Stdio::null())
            .spawn()
            .context("starting the process that is killed")?;
        let begun = Instant::now();
        let load = Duration::from_secs_f64(self.seconds_of_load * (0.9 + 0.2 * fastrand::f64()));
        // A slow machine may need its time to get anything started at all.
        let under_load = || std::fs::metadata(acks).is_ok_and(|acks| acks.len() > 0);
        while begun.elapsed() < load || !under_load() {
            if let Some(status) = child.try_wait()? {
                bail!("the process that was to be killed has ended by itself: {status}");
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        // On Unix this is SIGKILL.
        child.kill().context("killing the process")?;
        child.wait().context("waiting for the killed process")?;
        Ok(())
    }
}

/// Waits until no execution is under way.
async fn wait_for_all(runtime: &Runtime) -> anyhow::Result<()> {
    let running = Filter::new().status(StatusKind::Running).page_size(1);
    let until = Instant::now() + PATIENCE;
    while runtime.live() > 0 || !runtime.list(&running).await?.executions.is_empty() {
        ensure!(Instant::now() < until, "executions have not ended {PATIENCE:?} after the folder was opened");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}

/// Checks that every execution whose start was acknowledged is there, and every result; says how many there are.
async fn check(runtime: &Runtime, acks: &Path) -> anyhow::Result<u64> {
    let mut missing = acked(acks)?;
    let mut filter = Filter::new().page_size(1000);
    let mut executions = 0;
    loop {
        let page = runtime.list(&filter).await?;
        executions += page.executions.len() as u64;
        for execution in &page.executions {
            missing.remove(&execution.name);
        }
        let mut checks =
            stream::iter(page.executions.into_iter().map(|one| check_one(runtime, one))).buffer_unordered(CHECKS);
        while let Some(checked) = checks.next().await {
            checked?;
        }
        let Some(next) = page.next else { break };
        filter = filter.after(next);
    }
    ensure!(
        missing.is_empty(),
        "{} acknowledged executions are missing, {:?} for one",
        missing.len(),
        missing.iter().next()
    );
    Ok(executions)
}

async fn check_one(runtime: &Runtime, execution: Listed) -> anyhow::Result<()> {
    let Listed { name, status, .. } = &execution;
    let seed = name.strip_prefix("run-").and_then(|seed| seed.parse().ok());
    let seed = seed.with_context(|| format!("nobody started an execution `{name}`"))?;
    let result = runtime.get_by_id::<u64>(execution.execution).await?.result().await;
    let sum = result.with_context(|| format!("`{name}` is {status:?}"))?;
    let right = chain::expected(seed, chain::STEPS);
    ensure!(sum == right, "`{name}` gave {sum} instead of {right}");
    Ok(())
}

/// The names in the file; the last line may be torn by the kill.
fn acked(acks: &Path) -> anyhow::Result<HashSet<String>> {
    let text = std::fs::read_to_string(acks).with_context(|| format!("reading {}", acks.display()))?;
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    Ok(whole.lines().map(str::to_owned).collect())
}

/// The load that is killed.
#[derive(Args)]
pub(crate) struct Load {
    #[arg(long)]
    concurrency: u64,
    #[arg(long)]
    acks: PathBuf,
}

impl Load {
    /// Runs executions until it is killed.
    pub(crate) async fn run(&self, session: &Session) -> anyhow::Result<Vec<Measured>> {
        let runtime = chain::open(&session.folder).await?;
        let acks = File::create(&self.acks).with_context(|| format!("making {}", self.acks.display()))?;
        let (acks, next) = (Arc::new(Mutex::new(acks)), Arc::new(AtomicU64::new(0)));
        let one = || tokio::spawn(run_for_ever(runtime.clone(), Arc::clone(&acks), Arc::clone(&next)));
        let tasks: Vec<_> = (0..self.concurrency).map(|_| one()).collect();
        let (ended, _, _) = futures::future::select_all(tasks).await;
        ended.context("running executions")??;
        Ok(Vec::new())
    }
}

async fn run_for_ever(runtime: Runtime, acks: Arc<Mutex<File>>, next: Arc<AtomicU64>) -> anyhow::Result<()> {
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        let name = format!("run-{seed}");
        let handle = runtime.start::<u64>(chain::CHAIN, &name, (seed, chain::STEPS)).await?;
        // One write call: what it wrote outlives the process.
        let noted = acks.lock().unwrap_or_else(PoisonError::into_inner).write_all(format!("{name}\n").as_bytes());
        noted.context("writing the acknowledged names")?;
        handle.result().await?;
    }
}
