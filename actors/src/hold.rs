//! Locks whose data stays whole when a thread panics while it holds them: every change under them is a single step.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, whatever became of the thread that held the lock last.
pub(crate) fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
