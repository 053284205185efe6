//! Who waits for the end of an execution.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use duramen_actors::Error;
use duramen_storage::ExecutionId;
use tokio::sync::oneshot;

use crate::machine::End;

type Told = Result<End, Error>;

/// Those who wait for an end. They wait here, so that the execution may sleep meanwhile.
#[derive(Default)]
pub(crate) struct Waiters(Mutex<HashMap<ExecutionId, Vec<oneshot::Sender<Told>>>>);

impl Waiters {
    /// Waits. Whether it has ended before is to be looked up afterwards.
    pub(crate) fn wait(&self, execution: ExecutionId) -> oneshot::Receiver<Told> {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = waiting.entry(execution).or_default();
        same.retain(|other| !other.is_closed());
        same.push(sender);
        receiver
    }

    pub(crate) fn tell(&self, execution: ExecutionId, end: &End) {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&execution);
        for waiter in waiting.into_iter().flatten() {
            // One that has gone away does not want to know.
            let _ = waiter.send(Ok(end.clone()));
        }
    }

    /// Nothing goes on any more.
    pub(crate) fn dismiss(&self, reason: &Error) {
        let waiting = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for waiter in waiting.into_values().flatten() {
            let _ = waiter.send(Err(reason.clone()));
        }
    }
}
