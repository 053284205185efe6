//! The ground that tests stand on: a log in memory, virtual time, and a record of what was done outside.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::sync::{Arc, Mutex};

use duramen::{Builder, Failure, Runtime, TokioClock};
use duramen_storage::{Log, MemoryLog};

/// A runtime to be set up on this log, with a clock that follows tokio's.
pub(crate) fn on(log: &Arc<MemoryLog>) -> Builder {
    Runtime::on_log(Arc::clone(log) as Arc<dyn Log>).clock(TokioClock::starting_at(1_700_000_000_000))
}

/// A runtime to be set up on a new log in memory.
pub(crate) fn in_memory() -> Builder {
    on(&Arc::new(MemoryLog::new()))
}

/// What was done outside, in order.
#[derive(Clone, Default)]
pub(crate) struct Deeds {
    done: Arc<Mutex<Vec<String>>>,
}

impl Deeds {
    pub(crate) fn note(&self, deed: impl Into<String>) {
        self.done.lock().unwrap().push(deed.into());
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.done.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, deed: &str) -> usize {
        self.all().iter().filter(|done| *done == deed).count()
    }

    /// Does something, and returns its name.
    pub(crate) async fn deed(self, name: &'static str) -> Result<String, Failure> {
        self.note(name);
        Ok(name.to_owned())
    }

    /// Does something, and fails.
    pub(crate) async fn misdeed(self, name: &'static str) -> Result<String, Failure> {
        self.note(name);
        Err(Failure::new("Refused", name))
    }
}
