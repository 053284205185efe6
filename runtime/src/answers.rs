//! Who waits for the answer to an update.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use duramen_actors::Error as ActorError;
use duramen_storage::ExecutionId;
use tokio::sync::oneshot;

use crate::{Failure, Payload};

/// What became of a request.
pub(crate) enum Answered {
    /// The workflow answered it.
    Answer(Result<Payload, Failure>),
    /// The execution ended without answering.
    Closed,
    /// No execution goes on.
    Ended(ActorError),
}

/// Who waits for the answer to an update. They wait here, so that the execution may sleep meanwhile.
pub(crate) struct Answers {
    waiting: Mutex<HashMap<u64, (ExecutionId, oneshot::Sender<Answered>)>>,
    next: AtomicU64,
}

impl Default for Answers {
    fn default() -> Self {
        // Requests of earlier processes stand in histories, and must not be taken for those of this one.
        Self { waiting: Mutex::default(), next: AtomicU64::new(fastrand::u64(..)) }
    }
}

/// One who waits; forgotten when dropped.
pub(crate) struct Waiting<'a> {
    answers: &'a Answers,
    pub(crate) request: u64,
    answer: oneshot::Receiver<Answered>,
}

impl Answers {
    /// Waits for the answer to a new request to this execution.
    pub(crate) fn wait(&self, execution: ExecutionId) -> Waiting<'_> {
        let request = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(request, (execution, sender));
        Waiting { answers: self, request, answer }
    }

    /// The workflow has answered.
    pub(crate) fn answer(&self, request: u64, answer: Result<Payload, Failure>) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&request);
        if let Some((_, sender)) = waiting {
            // One that has gone away does not want to know.
            let _ = sender.send(Answered::Answer(answer));
        }
    }

    /// The execution has ended: what it has not answered, it does not answer any more.
    pub(crate) fn closed(&self, execution: ExecutionId) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, (_, sender)) in waiting.extract_if(|_, (of, _)| *of == execution) {
            let _ = sender.send(Answered::Closed);
        }
    }

    /// No execution goes on: everybody is told why.
    pub(crate) fn dismiss(&self, reason: &ActorError) {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        for (_, sender) in waiting.into_values() {
            let _ = sender.send(Answered::Ended(reason.clone()));
        }
    }
}

impl Waiting<'_> {
    pub(crate) async fn answered(mut self) -> Answered {
        (&mut self.answer).await.unwrap_or(Answered::Ended(ActorError::ShuttingDown))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.answers.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.request);
    }
}
