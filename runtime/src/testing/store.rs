//! Where a lab keeps its executions.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use duramen_storage::{Error, ExecutionId, Log, MemoryLog, Query, Record};

use crate::check::read_all;
use crate::execution::KIND;
use crate::{Builder, Runtime};

/// Where a lab keeps its executions.
#[derive(Clone)]
pub(super) enum Store {
    Memory(Arc<MemoryLog>),
    Folder(PathBuf),
}

impl Store {
    pub(super) fn builder(&self) -> Builder {
        match self {
            Self::Memory(log) => Runtime::on_log(Arc::clone(log) as Arc<dyn Log>),
            Self::Folder(folder) => Runtime::builder(folder),
        }
    }

    /// What a process that died would have left, apart from what is left of it in this one.
    pub(super) fn cut_off(&mut self) {
        if let Self::Memory(log) = self {
            *log = Arc::new(log.reopen());
        }
    }

    /// Removes what a run that nobody needs any more has left in its folder.
    pub(super) fn remove_folder(&self) {
        if let Self::Folder(folder) = self {
            // What stays is in the folder of the lab, where its owner finds it.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// The records of all executions.
pub(super) type Histories = BTreeMap<ExecutionId, Vec<Record>>;

/// All that a log has of durable functions.
pub(super) async fn histories(log: &Arc<dyn Log>) -> Result<Histories, Error> {
    let log = Arc::clone(log);
    let reading = tokio::task::spawn_blocking(move || {
        let mut histories = Histories::new();
        let mut query = Query::new().kind(KIND);
        loop {
            let page = log.list(&query)?;
            for row in page.rows {
                histories.insert(row.execution, read_all(log.as_ref(), row.execution)?);
            }
            match page.next {
                Some(next) => query = query.after(next),
                None => return Ok(histories),
            }
        }
    });
    reading.await.unwrap_or(Err(Error::Closed))
}
