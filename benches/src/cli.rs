//! The command line: which workload runs how often, and where its data goes.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser};

use crate::progress::Progress;
use crate::report::Report;
use crate::workload::{Session, Workload};
use crate::{folder, report};

/// Measures duramen with full durability, beside a raw file in the same run.
#[derive(Parser)]
#[command(name = "duramen-bench", version)]
struct Cli {
    #[command(subcommand)]
    workload: Workload,
    #[command(flatten)]
    options: Options,
}

#[derive(Args)]
struct Options {
    /// Print one JSON object a line instead of a table
    #[arg(long, global = true)]
    json: bool,
    /// Where a temporary folder for the data is made: `target` if there is one here, else the current directory (not the
    /// system's temporary directory, which is often in memory, where syncs cost nothing). For crash-writer and
    /// crash-verify, the folder of the log itself
    #[arg(long, global = true, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Threads of the tokio runtime, beside the one that writes the log
    #[arg(long, global = true, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..))]
    threads: u16,
    /// How often to measure; the median is printed, with the least and the greatest
    #[arg(long, global = true, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    runs: u16,
}

/// Does what the command line says.
pub(crate) fn run() -> anyhow::Result<()> {
    let Cli { workload, options } = Cli::parse();
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(usize::from(options.threads))
        .enable_time()
        .build()
        .context("starting tokio")?;
    if workload.keeps_folder() {
        let Some(dir) = options.dir else {
            let missing = "this workload needs --dir <DIR>, the folder of the log";
            Cli::command().error(ErrorKind::MissingRequiredArgument, missing).exit();
        };
        let rows = tokio.block_on(workload.run(&Session { folder: dir, progress: Progress::none() }))?;
        return print(&Report::over(vec![rows]), options.json);
    }
    let place = folder::place(options.dir)?;
    let mut runs = Vec::new();
    for run in 1..=options.runs {
        let folder = tempfile::Builder::new().prefix("duramen-bench-").tempdir_in(&place);
        let folder = folder.with_context(|| format!("making a folder in {}", place.display()))?;
        let progress =
            Progress::new(if options.runs > 1 { format!("run {run} of {}: ", options.runs) } else { String::new() });
        let session = Session { folder: folder.path().to_owned(), progress };
        runs.push(tokio.block_on(workload.run(&session))?);
        folder.close().context("removing the data")?;
    }
    print(&Report::over(runs), options.json)
}

fn print(report: &Report, json: bool) -> anyhow::Result<()> {
    let text = if json { report.json()? } else { report::table(report) };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("printing")
}
