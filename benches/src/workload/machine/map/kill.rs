//! The process of a map is killed in the middle, and its folder is opened again.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::{Args, ValueEnum};
use duramen_storage::{ExecutionId, Query};

use super::{Items, Mode, NAME};
use crate::report::Measured;
use crate::workload::Session;
use crate::workload::machine::check;

/// The process that is killed.
#[derive(Args)]
pub(crate) struct MapLoad {
    #[command(flatten)]
    items: Items,
    #[arg(long, value_enum)]
    mode: Mode,
}

impl MapLoad {
    /// Runs one execution to its end, if it is not killed before.
    pub(crate) async fn run(&self, session: &Session) -> anyhow::Result<Vec<Measured>> {
        let durable = self.items.open(self.mode, &session.folder).await?;
        let execution = durable.machines.start(NAME, "killed", self.items.from.input(self.items.count)).await?;
        println!("started");
        durable.machines.result(execution).await?;
        Ok(Vec::new())
    }
}

/// Kills a process after half the time that one took that was left alone, and measures how long it takes to come back to
/// where the execution can be asked, and to its end.
pub(super) async fn measure(
    items: Items,
    mode: Mode,
    seconds: f64,
    session: &Session,
    measured: Measured,
) -> anyhow::Result<Measured> {
    let folder = session.folder.join(format!("{}-killed", mode.name()));
    items.from.write(&folder.join("objects"), items.count, items.bytes)?;
    session.progress.say(|| "running until the kill".to_owned());
    kill(items, mode, seconds / 2.0, &folder)?;
    session.progress.say(|| "coming back".to_owned());
    let begun = Instant::now();
    let durable = items.open(mode, &folder).await?;
    let open_s = begun.elapsed().as_secs_f64();
    let rows = durable.log.list(&Query::new().definition(NAME))?.rows;
    let execution: ExecutionId = rows.first().context("the execution is lost")?.execution;
    let runs = durable.machines.map_runs(execution).await?;
    let back_s = begun.elapsed().as_secs_f64();
    let done = runs.first().map_or(0, |run| run.item_counts.succeeded);
    let end = durable.machines.result(execution).await?;
    let end_s = begun.elapsed().as_secs_f64();
    check(&end, &items.from.output(items.count))?;
    durable.close().await?;
    Ok(measured.figure("killed_behind", done).figure("open_s", open_s).figure("back_s", back_s).figure("end_s", end_s))
}

fn kill(items: Items, mode: Mode, seconds: f64, folder: &Path) -> anyhow::Result<()> {
    let program = std::env::current_exe().context("finding this program")?;
    let value = |value: Option<clap::builder::PossibleValue>| value.map(|value| value.get_name().to_owned());
    let (mode, from) = (value(mode.to_possible_value()), value(items.from.to_possible_value()));
    let mut child = Command::new(program)
        .args(["machine-map-load", "--items", &items.count.to_string(), "--bytes", &items.bytes.to_string()])
        .args(["--mode", &mode.unwrap_or_default(), "--from", &from.unwrap_or_default(), "--dir"])
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("starting the process that is killed")?;
    let said = child.stdout.take().context("the process that is killed has no output")?;
    BufReader::new(said).read_line(&mut String::new()).context("waiting for the start")?;
    std::thread::sleep(Duration::from_secs_f64(seconds));
    // On Unix this is SIGKILL.
    child.kill().context("killing the process")?;
    child.wait().context("waiting for the killed process")?;
    Ok(())
}
