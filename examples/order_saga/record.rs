//! What the log has of the orders, read without a trace.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use duramen::{Filter, HistoryEvent, Runtime};

use crate::Outcome;

/// The histories of the orders, by number.
pub(crate) type Record = BTreeMap<u32, Vec<HistoryEvent>>;

/// Reads the log of a process that is dead.
///
/// From a copy: opening a log recovers it, and that is for the next process to do from exactly what the kill left. On
/// the copy no workflow is registered, so no code runs and no history grows.
pub(crate) async fn read(log: &Path) -> Outcome<Record> {
    let copy = tempfile::tempdir()?;
    copy_folder(log, copy.path())?;
    let runtime = Runtime::builder(copy.path()).open().await?;
    let mut record = Record::new();
    for listed in runtime.list(&Filter::new().workflow("order")).await?.executions {
        let number = listed.name.trim_start_matches("order-").parse()?;
        record.insert(number, runtime.get_by_id::<()>(listed.execution).await?.history().await?);
    }
    runtime.shutdown(Duration::from_secs(5)).await?;
    Ok(record)
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (entry, to) = entry.map(|entry| (entry.path(), to.join(entry.file_name())))?;
        if entry.is_dir() {
            copy_folder(&entry, &to)?;
        } else {
            fs::copy(&entry, &to)?;
        }
    }
    Ok(())
}
