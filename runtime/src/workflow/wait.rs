//! The operation that lets time pass.

use std::borrow::Cow;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Poller, Poll};
use std::time::Duration;

use super::Context;
use super::board::{Board, Delivery};
use crate::{Event, Failure, OperationId};

/// A wait: await it to let time pass. Made by [`Context::wait`].
#[must_use = "a wait does nothing unless it is awaited"]
pub struct Wait {
    board: Arc<Board>,
    operation: OperationId,
    name: Cow<'static, str>,
    duration: Duration,
    at: &'static Location<'static>,
    begun: bool,
}

impl Wait {
    pub(crate) fn new(
        context: &Context,
        name: Cow<'static, str>,
        duration: Duration,
        at: &'static Location<'static>,
    ) -> Self {
        let (board, operation) = (Arc::clone(context.board()), context.next_operation());
        Self { board, operation, name, duration, at, begun: false }
    }
}

impl Future for Wait {
    type Output = Result<(), Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Self::Output> {
        if !self.begun {
            self.begun = true;
            let duration_ms = u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX);
            let event = Event::WaitStarted {
                operation: self.operation.clone(),
                name: self.name.clone().into_owned(),
                until_ms: self.board.now_ms().saturating_add(duration_ms),
            };
            self.board.begin(event, self.at);
        }
        match self.board.receive(&self.operation, cx.waker()) {
            Some(Delivery::Ended(outcome)) => Poll::Ready(outcome.map(|_| ())),
            Some(Delivery::Attempt(_)) | None => Poll::Pending,
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if self.begun {
            self.board.forget(&self.operation);
        }
    }
}

impl std::fmt::Debug for Wait {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wait").field("operation", &self.operation).field("name", &self.name).finish_non_exhaustive()
    }
}
