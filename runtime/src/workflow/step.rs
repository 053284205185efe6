//! The operation that runs code outside and records its result.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Poller, Poll};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Context;
use super::board::{Board, Body, Delivery};
use crate::event::StepRole;
use crate::{Event, Failure, OperationId, Payload, Retry};

/// A step: await it for its result. Made by [`Context::step`].
#[must_use = "a step does nothing unless it is awaited"]
pub struct Step<F, Fut, T, E> {
    board: Arc<Board>,
    operation: OperationId,
    name: Cow<'static, str>,
    role: StepRole,
    run: F,
    retry: Retry,
    at: &'static Location<'static>,
    begun: bool,
    types: Types<Fut, T, E>,
}

/// The types of an attempt, none of which is kept.
type Types<Fut, T, E> = PhantomData<fn() -> (Fut, T, E)>;

impl<F, Fut, T, E> Step<F, Fut, T, E> {
    pub(crate) fn new(
        context: &Context,
        name: Cow<'static, str>,
        role: StepRole,
        run: F,
        at: &'static Location<'static>,
    ) -> Self {
        Self {
            board: Arc::clone(context.board()),
            operation: context.next_operation(),
            name,
            role,
            run,
            retry: Retry::default(),
            at,
            begun: false,
            types: PhantomData,
        }
    }

    /// When a failed attempt is followed by another; [`Retry::default`] if not set.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }
}

impl<F, Fut, T, E> Step<F, Fut, T, E>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>> + Send + 'static,
    T: Serialize,
    E: Into<Failure>,
{
    fn make_body(&mut self, attempt: u32) {
        if !self.board.wants(&self.operation, attempt) {
            return;
        }
        let running = (self.run)();
        let future = async move { Payload::of_result(&running.await.map_err(Into::into)?) };
        self.board.put_body(&self.operation, Body { attempt, future: Box::pin(future), retry: self.retry });
    }
}

// Nothing is pinned inside: the future of an attempt is boxed and runs elsewhere.
impl<F, Fut, T, E> Unpin for Step<F, Fut, T, E> {}

impl<F, Fut, T, E> Future for Step<F, Fut, T, E>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>> + Send + 'static,
    T: Serialize + DeserializeOwned,
    E: Into<Failure>,
{
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Self::Output> {
        let step = &mut *self;
        if !step.begun {
            step.begun = true;
            let event = Event::StepStarted {
                operation: step.operation.clone(),
                name: step.name.clone().into_owned(),
                role: step.role,
                attempt: 1,
            };
            step.board.begin(event, step.at);
            step.make_body(1);
        }
        match step.board.receive(&step.operation, cx.waker()) {
            None => Poll::Pending,
            Some(Delivery::Attempt(attempt)) => {
                step.make_body(attempt);
                Poll::Pending
            }
            Some(Delivery::Ended(Err(failure))) => Poll::Ready(Err(failure)),
            Some(Delivery::Ended(Ok(result))) => match result.read() {
                Ok(value) => Poll::Ready(Ok(value)),
                Err(error) => {
                    step.board.fault(format!(
                        "the recorded result of operation {} (step `{}` at {}) is not a {}: {error}. The type has changed \
                         since it was recorded: let it read what was written before, and resume the execution",
                        step.operation,
                        step.name,
                        step.at,
                        std::any::type_name::<T>(),
                    ));
                    Poll::Pending
                }
            },
        }
    }
}

impl<F, Fut, T, E> Drop for Step<F, Fut, T, E> {
    fn drop(&mut self) {
        if self.begun {
            self.board.forget(&self.operation);
        }
    }
}

impl<F, Fut, T, E> std::fmt::Debug for Step<F, Fut, T, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Step").field("operation", &self.operation).field("name", &self.name).finish_non_exhaustive()
    }
}
