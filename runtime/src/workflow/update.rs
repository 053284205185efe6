//! The operation that takes a request, which is then answered.

use std::borrow::Cow;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Poller, Poll};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Context;
use super::board::{Board, Post};
use super::signal::Inbox;
use crate::event::Mail;
use crate::{Event, Failure, OperationId, Payload};

/// The next request of a name: await it for an [`Update`]. Made by [`Context::update`].
#[must_use = "an update is not taken unless it is awaited"]
pub struct NextUpdate<'a, T> {
    inbox: Inbox,
    validate: Option<Validate<'a, T>>,
}

type Validate<'a, T> = Box<dyn FnMut(&T) -> Result<(), Failure> + Send + 'a>;

impl<'a, T> NextUpdate<'a, T> {
    pub(super) fn new(context: &Context, name: Cow<'static, str>, at: &'static Location<'static>) -> Self {
        Self { inbox: Inbox::new(context, name, Post::Update, at), validate: None }
    }

    /// Refuses requests for which `check` gives a failure; whoever asked is told, and the next request is waited for.
    /// Like all code of a workflow, it must do the same each time.
    pub fn validate(mut self, check: impl FnMut(&T) -> Result<(), Failure> + Send + 'a) -> Self {
        self.validate = Some(Box::new(check));
        self
    }

    /// The request as it is given to the workflow; `None` when it was refused.
    fn admit(&mut self, mail: &Mail) -> Option<Update<T>>
    where
        T: DeserializeOwned,
    {
        let request = mail.request.unwrap_or_default();
        let (operation, name) = self.inbox.call.named();
        let (board, at) = (Arc::clone(&self.inbox.call.board), self.inbox.call.at);
        board.ask(Event::UpdateTaken { operation: operation.clone(), name, number: mail.number }, at);
        let mut answer = Answer { board, operation, request, at, answered: false };
        let checked = mail.value.read::<T>().map_err(|error| {
            let cause = format!("update `{}` takes a {}: {error}", mail.name, std::any::type_name::<T>());
            Failure::new(Failure::PAYLOAD_NOT_READABLE, cause)
        });
        let checked = checked.and_then(|value| match &mut self.validate {
            Some(validate) => validate(&value).map(|()| value),
            None => Ok(value),
        });
        match checked {
            Ok(value) => Some(Update { value, answer }),
            Err(failure) => {
                answer.give(Err(failure));
                None
            }
        }
    }
}

impl<T: DeserializeOwned> Future for NextUpdate<'_, T> {
    type Output = Result<Update<T>, Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Self::Output> {
        loop {
            match self.inbox.next(cx.waker()) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(failure)) => return Poll::Ready(Err(failure)),
                Poll::Ready(Ok(mail)) => {
                    if let Some(update) = self.admit(&mail) {
                        self.inbox.call.give_up();
                        return Poll::Ready(Ok(update));
                    }
                }
            }
        }
    }
}

impl<T> std::fmt::Debug for NextUpdate<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("NextUpdate").field(&self.inbox.call).finish()
    }
}

/// A request somebody made by [`Handle::update`](crate::Handle::update) and waits to be answered. Dropped unanswered, it
/// is refused.
#[derive(Debug)]
#[must_use = "whoever asked waits for an answer"]
pub struct Update<T> {
    value: T,
    answer: Answer,
}

impl<T> Update<T> {
    /// What is asked for.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Answers the request. A value that has no JSON form, or a too large one, makes it a refusal.
    pub fn accept<A: Serialize + ?Sized>(mut self, answer: &A) -> T {
        let limit = self.answer.board.limits.payload;
        let answer = Payload::of_result(answer).and_then(|answer| answer.within(limit, "the answer to the update"));
        self.answer.give(answer);
        self.value
    }

    /// Refuses the request: whoever asked gets the failure.
    pub fn refuse(mut self, failure: Failure) -> T {
        self.answer.give(Err(failure));
        self.value
    }
}

struct Answer {
    board: Arc<Board>,
    operation: OperationId,
    request: u64,
    at: &'static Location<'static>,
    answered: bool,
}

impl Answer {
    fn give(&mut self, answer: Result<Payload, Failure>) {
        if !std::mem::replace(&mut self.answered, true) {
            let (operation, request) = (self.operation.clone(), self.request);
            let answer = answer.map_err(|failure| failure.within(self.board.limits.payload));
            self.board.ask(Event::UpdateAnswered { operation, request, answer }, self.at);
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.give(Err(Failure::new("NotAnswered", "the workflow went on without answering the update")));
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer")
            .field("operation", &self.operation)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}
