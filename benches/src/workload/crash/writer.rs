//! Appends for ever, and says after each append that it is durable.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::SystemTime;

use anyhow::Context;
use clap::Args;
use duramen_storage::{ExecutionId, Log, SledLog, Version};

use super::stream::batch;

/// The version at which a writer goes over to a new stream.
const LONG_ENOUGH: u64 = 500;

#[derive(Args)]
pub(crate) struct Writer {
    /// How many threads write, each to a stream of its own
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    writers: u16,
}

impl Writer {
    /// Ends only when a write fails, or when nobody reads what it prints.
    pub(crate) fn run(&self, folder: &Path) -> anyhow::Result<()> {
        let log = Arc::new(SledLog::builder(folder).open()?);
        say("ready")?;
        let (sender, failures) = channel();
        for _ in 0..self.writers {
            let (log, sender) = (Arc::clone(&log), sender.clone());
            std::thread::spawn(move || {
                let failed = write_for_ever(log.as_ref());
                let _ = sender.send(failed);
            });
        }
        drop(sender);
        failures.recv().context("a writing thread panicked")?
    }
}

fn write_for_ever(log: &SledLog) -> anyhow::Result<()> {
    loop {
        let now = SystemTime::UNIX_EPOCH.elapsed().context("the clock stands before 1970")?;
        let now_ms = u64::try_from(now.as_millis()).context("the clock is far in the future")?;
        let execution = ExecutionId::new(now_ms, std::array::from_fn(|_| fastrand::u8(..)));
        let mut version = Version::NONE;
        while version.get() < LONG_ENOUGH {
            version = log.append(batch(execution, version).0)?;
            say(&format!("acked {execution} {version}"))?;
        }
    }
}

/// Prints a line in one piece before anything else happens.
fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush()).context("printing")
}
