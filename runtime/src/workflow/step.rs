//! The operation that runs code outside and records its result.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Poller, Poll};

use futures::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Context;
use super::board::{Board, Body, Delivery};
use crate::event::StepRole;
use crate::{Event, Failure, OperationId, Payload, Retry};

/// A step: await it for its result, a `T`. Made by [`Context::step`].
#[must_use = "a step does nothing unless it is awaited"]
pub struct Step<'a, T> {
    board: Arc<Board>,
    operation: OperationId,
    name: Cow<'static, str>,
    role: StepRole,
    run: Run<'a>,
    retry: Retry,
    at: &'static Location<'static>,
    begun: bool,
    result: PhantomData<fn() -> T>,
}

/// Makes the future of an attempt. Its type is hidden here, where it is called, because a type that names both the
/// closure and its future makes the compiler lose sight of the workflow being `Send`.
pub(super) type Run<'a> = Box<dyn FnMut() -> BoxFuture<'static, Result<Payload, Failure>> + Send + 'a>;

/// Hides what `run` is.
pub(super) fn hide<'a, F, Fut, T, E>(mut run: F) -> Run<'a>
where
    F: FnMut() -> Fut + Send + 'a,
    Fut: Future<Output = Result<T, E>> + Send + 'static,
    T: Serialize,
    E: Into<Failure>,
{
    Box::new(move || {
        let running = run();
        Box::pin(async move { Payload::of_result(&running.await.map_err(Into::into)?) })
    })
}

impl<'a, T> Step<'a, T> {
    pub(super) fn new(
        context: &Context,
        name: Cow<'static, str>,
        role: StepRole,
        run: Run<'a>,
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
            result: PhantomData,
        }
    }

    /// When a failed attempt is followed by another; [`Retry::default`] if not set.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    fn make_body(&mut self, attempt: u32) {
        if self.board.wants(&self.operation, attempt) {
            let body = Body { attempt, future: (self.run)(), retry: self.retry };
            self.board.put_body(&self.operation, body);
        }
    }
}

impl<T: DeserializeOwned> Future for Step<'_, T> {
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

impl<T> Drop for Step<'_, T> {
    fn drop(&mut self) {
        if self.begun {
            self.board.forget(&self.operation);
        }
    }
}

impl<T> std::fmt::Debug for Step<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Step").field("operation", &self.operation).field("name", &self.name).finish_non_exhaustive()
    }
}
