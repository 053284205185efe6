//! Checks that all that was said to be durable is there, and that every batch is there as a whole or not at all.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::Args;
use duramen_storage::{ExecutionId, Log, Query, SledLog, Timer, Version};

use super::stream::{RECORD, body, records_behind};
use crate::report::Measured;

/// How many rows are read at once.
const PAGE: usize = 1000;
/// How many faults are told.
const FAULTS: usize = 20;

#[derive(Args)]
pub(crate) struct Verify {
    /// What crash-writer printed
    #[arg(long)]
    acks: PathBuf,
}

impl Verify {
    pub(crate) fn run(&self, folder: &Path) -> anyhow::Result<Vec<Measured>> {
        // Opening would make a new log where none is.
        ensure!(folder.is_dir(), "there is no log in {}", folder.display());
        let (acked, lines) = read_acks(&self.acks)?;
        let log = SledLog::builder(folder).open()?;
        let timers = all_timers(&log)?;
        let streams = all_streams(&log)?;
        let mut faults = Vec::new();
        for execution in &streams {
            let version = acked.get(execution).copied().unwrap_or(Version::NONE);
            let due = timers.get(execution).map_or(&[][..], Vec::as_slice);
            if let Err(fault) = check(&log, *execution, version, due) {
                faults.push(format!("{fault:#}"));
            }
        }
        for (execution, version) in acked.iter().filter(|(execution, _)| !streams.contains(execution)) {
            faults.push(format!("execution {execution} was acknowledged up to version {version} and is missing"));
        }
        log.close()?;
        if !faults.is_empty() {
            let more = faults.len().saturating_sub(FAULTS);
            faults.truncate(FAULTS);
            if more > 0 {
                faults.push(format!("and {more} more"));
            }
            bail!("{}", faults.join("\n"));
        }
        Ok(vec![
            Measured::of("crash-verify")
                .figure("acked", lines)
                .figure("executions", streams.len() as u64)
                .figure("all_right", true),
        ])
    }
}

/// The highest version of each execution that was acknowledged, and how many acknowledgements there were.
fn read_acks(path: &Path) -> anyhow::Result<(HashMap<ExecutionId, Version>, u64)> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    // The kill may have torn the last line.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let (mut acked, mut count) = (HashMap::new(), 0);
    for (number, line) in whole.lines().enumerate().filter(|(_, line)| *line != "ready") {
        let words: Vec<_> = line.split_ascii_whitespace().collect();
        let read = match words.as_slice() {
            ["acked", execution, version] => execution.parse::<ExecutionId>().ok().zip(version.parse::<u64>().ok()),
            _ => None,
        };
        let (execution, version) =
            read.with_context(|| format!("line {} of {} is no acknowledgement: {line}", number + 1, path.display()))?;
        let highest = acked.entry(execution).or_insert(Version::NONE);
        *highest = Version::new(version).max(*highest);
        count += 1;
    }
    Ok((acked, count))
}

fn all_streams(log: &SledLog) -> anyhow::Result<Vec<ExecutionId>> {
    let (mut query, mut streams) = (Query::new().page_size(PAGE), Vec::new());
    loop {
        let page = log.list(&query)?;
        streams.extend(page.rows.iter().map(|row| row.execution));
        let Some(next) = page.next else { return Ok(streams) };
        query = query.after(next);
    }
}

fn all_timers(log: &SledLog) -> anyhow::Result<HashMap<ExecutionId, Vec<u64>>> {
    let (mut after, mut all): (Option<Timer>, HashMap<_, Vec<_>>) = (None, HashMap::new());
    loop {
        let timers = log.timers(after, u64::MAX, PAGE)?;
        after = timers.last().copied();
        for timer in &timers {
            all.entry(timer.execution).or_default().push(timer.due_ms);
        }
        if timers.len() < PAGE {
            return Ok(all);
        }
    }
}

/// Checks one stream: it goes at least as far as was acknowledged, ends where a batch ends, and its summary and timer
/// are those of that batch.
fn check(log: &SledLog, execution: ExecutionId, acked: Version, due: &[u64]) -> anyhow::Result<()> {
    let mut version = Version::NONE;
    let (mut batch_begins, mut batch_ends) = (version.get(), records_behind(execution, version));
    let mut acked_ends_batch = acked == Version::NONE;
    loop {
        let records = log.read(execution, version, PAGE)?;
        for record in &records {
            version = record.version;
            let same = record.kind == RECORD && record.body == body(execution, version);
            ensure!(same, "record {version} of execution {execution} is not what was written");
            if version.get() == batch_ends {
                acked_ends_batch |= version == acked;
                batch_begins = batch_ends;
                batch_ends += records_behind(execution, version);
            }
        }
        if records.len() < PAGE {
            break;
        }
    }
    ensure!(version >= acked, "execution {execution} was acknowledged up to version {acked} and ends at {version}");
    ensure!(acked_ends_batch, "execution {execution} was never written up to version {acked}, which ends no batch");
    let whole = batch_begins == version.get();
    ensure!(whole, "the batch of execution {execution} behind version {batch_begins} is torn: it ends at {version}");
    let note = log.summary(execution)?.and_then(|summary| summary.note);
    let expected = version.to_string();
    ensure!(
        note.as_ref() == Some(&expected),
        "the summary of execution {execution} stands at {note:?}, its records at {version}"
    );
    ensure!(due == [version.get()], "the timers of execution {execution} stand at {due:?}, its records at {version}");
    Ok(())
}
