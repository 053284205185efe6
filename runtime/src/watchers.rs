//! Who watches what happens to an execution.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use duramen_storage::ExecutionId;
use tokio::sync::Notify;

/// Who watches what happens to an execution: told whenever something new of it is durable.
#[derive(Default)]
pub(crate) struct Watchers {
    watching: Mutex<HashMap<ExecutionId, Weak<Notify>>>,
}

impl Watchers {
    /// Is told from now on, as long as what is returned is kept.
    pub(crate) fn watch(&self, execution: ExecutionId) -> Arc<Notify> {
        let mut watching = self.watching.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(told) = watching.get(&execution).and_then(Weak::upgrade) {
            return told;
        }
        watching.retain(|_, told| told.strong_count() > 0);
        let told = Arc::new(Notify::new());
        watching.insert(execution, Arc::downgrade(&told));
        told
    }

    /// Something new is durable.
    pub(crate) fn tell(&self, execution: ExecutionId) {
        let watching = self.watching.lock().unwrap_or_else(PoisonError::into_inner);
        // Most executions are watched by nobody, and most of the time there is nobody at all.
        if watching.is_empty() {
            return;
        }
        if let Some(told) = watching.get(&execution).and_then(Weak::upgrade) {
            told.notify_waiters();
        }
    }

    /// No execution goes on: everybody looks once more.
    pub(crate) fn dismiss(&self) {
        for told in self.watching.lock().unwrap_or_else(PoisonError::into_inner).values().filter_map(Weak::upgrade) {
            told.notify_waiters();
        }
    }
}
