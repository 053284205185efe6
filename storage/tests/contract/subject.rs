//! The logs under test, and the batches they are given.

use std::sync::Arc;

use duramen_storage::{
    Batch, ExecutionId, Kind, Log, MemoryLog, Name, Page, Query, RecordKind, SledLog, Status, Summary, Version,
};

/// A log that can be closed and opened again.
pub(crate) trait Subject: Sized + Sync {
    fn new(max_record_bytes: usize) -> Self;
    fn log(&self) -> &Arc<dyn Log>;
    fn reopen(self) -> Self;
}

/// The log in memory.
pub(crate) struct Memory {
    log: Arc<MemoryLog>,
    shared: Arc<dyn Log>,
}

impl Memory {
    fn over(log: MemoryLog) -> Self {
        let log = Arc::new(log);
        Self { shared: log.clone(), log }
    }
}

impl Subject for Memory {
    fn new(max_record_bytes: usize) -> Self {
        Self::over(MemoryLog::builder().max_record_bytes(max_record_bytes).build())
    }

    fn log(&self) -> &Arc<dyn Log> {
        &self.shared
    }

    fn reopen(self) -> Self {
        self.log.close().unwrap();
        Self::over(self.log.reopen())
    }
}

/// The log on sled.
pub(crate) struct OnSled {
    log: Arc<dyn Log>,
    folder: tempfile::TempDir,
    max_record_bytes: usize,
}

impl OnSled {
    fn open(folder: tempfile::TempDir, max_record_bytes: usize) -> Self {
        let log = SledLog::builder(folder.path()).max_record_bytes(max_record_bytes).cache_bytes(1 << 20).open();
        Self { log: Arc::new(log.unwrap()), folder, max_record_bytes }
    }
}

impl Subject for OnSled {
    fn new(max_record_bytes: usize) -> Self {
        Self::open(tempfile::tempdir().unwrap(), max_record_bytes)
    }

    fn log(&self) -> &Arc<dyn Log> {
        &self.log
    }

    fn reopen(self) -> Self {
        self.log.close().unwrap();
        Self::open(self.folder, self.max_record_bytes)
    }
}

/// Runs each function as a test over each log.
macro_rules! on_every_log {
    ($($(#[$note:meta])* fn $name:ident($subject:ident) $body:block)*) => {
        $($(#[$note])* fn $name<S: $crate::subject::Subject>($subject: S) $body)*

        mod memory {
            $(#[test] fn $name() {
                super::$name::<$crate::subject::Memory>($crate::subject::Subject::new(1 << 26));
            })*
        }

        mod sled {
            $(#[test] fn $name() {
                super::$name::<$crate::subject::OnSled>($crate::subject::Subject::new(1 << 26));
            })*
        }
    };
}
pub(crate) use on_every_log;

/// The execution with this number, started at that many ms.
pub(crate) fn execution(number: u64) -> ExecutionId {
    ExecutionId::new(number, [7; 10])
}

/// A batch of one record.
pub(crate) fn record(execution: ExecutionId, expected: u64, body: &[u8]) -> Batch {
    Batch::new(execution, Version::new(expected)).record(RecordKind(1), body.to_vec())
}

/// A running, awake execution of `order`, named by its number.
pub(crate) fn summary(number: u64) -> Summary {
    Summary {
        execution: execution(number),
        kind: Kind(1),
        definition: "order".to_owned(),
        name: format!("order-{number}"),
        revision: 3,
        status: Status::Running,
        awake: true,
        started_ms: number,
        closed_ms: None,
        note: None,
    }
}

/// The name that goes with a summary.
pub(crate) fn name_of(summary: &Summary) -> Name {
    Name { kind: summary.kind, definition: summary.definition.clone(), name: summary.name.clone() }
}

/// Starts an execution: its first record, its summary and its name.
pub(crate) fn start(log: &dyn Log, summary: &Summary) {
    let batch = record(summary.execution, 0, b"started").summary(None, summary.clone()).claim(name_of(summary));
    assert_eq!(log.append(batch).unwrap(), Version::new(1));
}

/// Ends an execution that stands at version 1.
pub(crate) fn close(log: &dyn Log, before: &Summary, closed_ms: u64) {
    let after = Summary { status: Status::Succeeded, awake: false, closed_ms: Some(closed_ms), ..before.clone() };
    let batch = record(before.execution, 1, b"ended").summary(Some(before.place()), after);
    assert_eq!(log.append(batch).unwrap(), Version::new(2));
}

/// The executions on a page.
pub(crate) fn executions(page: &Page) -> Vec<ExecutionId> {
    page.rows.iter().map(|row| row.execution).collect()
}

/// All pages of a query, one after another.
pub(crate) fn all_pages(log: &dyn Log, query: &Query) -> Vec<ExecutionId> {
    let mut query = query.clone();
    let mut found = Vec::new();
    loop {
        let page = log.list(&query).unwrap();
        assert!(page.rows.len() <= query.page_size);
        found.extend(executions(&page));
        match page.next {
            Some(next) => query = query.after(next),
            None => return found,
        }
    }
}
