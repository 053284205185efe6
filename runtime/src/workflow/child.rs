//! The operation that runs a part of a workflow in a context of its own.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context as Poller, Poll};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Context;
use crate::{Event, Failure, OperationId, Payload};

/// A child context: await it for its result. Made by [`Context::child`].
#[must_use = "a child context does nothing unless it is awaited"]
pub struct Child<F, Fut, T, E> {
    context: Context,
    operation: OperationId,
    name: Cow<'static, str>,
    phase: Phase<F, Fut>,
    at: &'static Location<'static>,
    types: PhantomData<fn() -> (T, E)>,
}

enum Phase<F, Fut> {
    Called(F),
    Running(Pin<Box<Fut>>),
    Ended,
}

impl<F, Fut, T, E> Child<F, Fut, T, E> {
    pub(crate) fn new(context: &Context, name: Cow<'static, str>, run: F, at: &'static Location<'static>) -> Self {
        Self {
            context: context.clone(),
            operation: context.next_operation(),
            name,
            phase: Phase::Called(run),
            at,
            types: PhantomData,
        }
    }
}

// The future is boxed; nothing else is pinned.
impl<F, Fut, T, E> Unpin for Child<F, Fut, T, E> {}

impl<F, Fut, T, E> Future for Child<F, Fut, T, E>
where
    F: FnOnce(Context) -> Fut,
    Fut: Future<Output = Result<T, E>>,
    T: Serialize + DeserializeOwned,
    E: Into<Failure>,
{
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Self::Output> {
        let child = &mut *self;
        let operation = &child.operation;
        loop {
            match std::mem::replace(&mut child.phase, Phase::Ended) {
                Phase::Called(run) => {
                    let event =
                        Event::ContextStarted { operation: operation.clone(), name: child.name.clone().into_owned() };
                    child.context.board().begin(event, child.at);
                    child.phase = Phase::Running(Box::pin(run(child.context.inside(operation))));
                }
                Phase::Running(mut running) => {
                    let Poll::Ready(outcome) = running.as_mut().poll(cx) else {
                        child.phase = Phase::Running(running);
                        return Poll::Pending;
                    };
                    drop(running);
                    // The value goes through JSON live as in replay, so that both see the same.
                    let outcome = outcome.map_err(Into::into).and_then(|value| {
                        let result = Payload::of_result(&value)?;
                        let value = result.read().map_err(|error| {
                            Failure::new("ResultNotReadable", format!("of child context `{}`: {error}", child.name))
                        })?;
                        Ok((result, value))
                    });
                    let operation = operation.clone();
                    let (event, outcome) = match outcome {
                        Ok((result, value)) => (Event::ContextSucceeded { operation, result }, Ok(value)),
                        Err(failure) => (Event::ContextFailed { operation, failure: failure.clone() }, Err(failure)),
                    };
                    child.context.board().end(event, child.at);
                    return Poll::Ready(outcome);
                }
                Phase::Ended => return Poll::Pending,
            }
        }
    }
}

impl<F, Fut, T, E> std::fmt::Debug for Child<F, Fut, T, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Child").field("operation", &self.operation).field("name", &self.name).finish_non_exhaustive()
    }
}
