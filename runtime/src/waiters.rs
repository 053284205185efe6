//! Who waits for the end of an execution.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use duramen_actors::Error as ActorError;
use duramen_storage::ExecutionId;
use tokio::sync::oneshot;

use crate::execution::Outcome;

type Told = Result<Outcome, ActorError>;

/// Who waits for the end of an execution. They wait here, so that the execution may sleep meanwhile.
#[derive(Default)]
pub(crate) struct Waiters {
    waiting: Mutex<HashMap<ExecutionId, Vec<oneshot::Sender<Told>>>>,
}

impl Waiters {
    /// Waits for the end of an execution. Whether it has ended before is to be looked up afterwards.
    pub(crate) fn wait(&self, execution: ExecutionId) -> oneshot::Receiver<Told> {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let same = waiting.entry(execution).or_default();
        same.retain(|other| !other.is_closed());
        same.push(sender);
        receiver
    }

    /// The execution has ended.
    pub(crate) fn tell(&self, execution: ExecutionId, outcome: &Outcome) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&execution);
        for waiter in waiting.into_iter().flatten() {
            // One that has gone away does not want to know.
            let _ = waiter.send(Ok(outcome.clone()));
        }
    }

    /// Nobody waits for it any more: forgets those who have gone away.
    pub(crate) fn forget(&self, execution: ExecutionId) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = waiting.get_mut(&execution) {
            same.retain(|other| !other.is_closed());
            if same.is_empty() {
                waiting.remove(&execution);
            }
        }
    }

    /// No execution goes on: everybody is told why.
    pub(crate) fn dismiss(&self, reason: &ActorError) {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        for waiter in waiting.into_values().flatten() {
            let _ = waiter.send(Err(reason.clone()));
        }
    }
}
