//! The operation that runs a part of a workflow in a context of its own.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context as Poller, Poll};

use futures::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Context;
use crate::{Event, Failure, OperationId, Payload};

/// A child context: await it for its result, a `T`. Made by [`Context::child`].
#[must_use = "a child context does nothing unless it is awaited"]
pub struct Child<'a, T> {
    context: Context,
    operation: OperationId,
    name: Cow<'static, str>,
    phase: Phase<'a>,
    at: &'static Location<'static>,
    result: PhantomData<fn() -> T>,
}

type Running<'a> = BoxFuture<'a, Result<Payload, Failure>>;

enum Phase<'a> {
    Called(Box<dyn FnOnce(Context) -> Running<'a> + Send + 'a>),
    Running(Running<'a>),
    Ended,
}

impl<'a, T> Child<'a, T> {
    pub(super) fn new<F, Fut, E>(
        context: &Context,
        name: Cow<'static, str>,
        run: F,
        at: &'static Location<'static>,
    ) -> Self
    where
        F: FnOnce(Context) -> Fut + Send + 'a,
        Fut: Future<Output = Result<T, E>> + Send + 'a,
        T: Serialize,
        E: Into<Failure>,
    {
        let run = Box::new(|inside| {
            let running = run(inside);
            let running: Running<'a> = Box::pin(async move { Payload::of_result(&running.await.map_err(Into::into)?) });
            running
        });
        Self {
            context: context.clone(),
            operation: context.next_operation(),
            name,
            phase: Phase::Called(run),
            at,
            result: PhantomData,
        }
    }

    /// The event that ends the context, and what is returned. The value goes through JSON live as in replay, so that
    /// both see the same.
    fn end(&self, outcome: Result<Payload, Failure>) -> (Event, Result<T, Failure>)
    where
        T: DeserializeOwned,
    {
        let operation = self.operation.clone();
        let read = outcome.and_then(|result| match result.read() {
            Ok(value) => Ok((result, value)),
            Err(error) => Err(Failure::new("ResultNotReadable", format!("of child context `{}`: {error}", self.name))),
        });
        match read {
            Ok((result, value)) => (Event::ContextSucceeded { operation, result }, Ok(value)),
            Err(failure) => (Event::ContextFailed { operation, failure: failure.clone() }, Err(failure)),
        }
    }
}

impl<T: DeserializeOwned> Future for Child<'_, T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Self::Output> {
        let child = &mut *self;
        loop {
            match std::mem::replace(&mut child.phase, Phase::Ended) {
                Phase::Called(run) => {
                    let (operation, name) = (child.operation.clone(), child.name.clone().into_owned());
                    child.context.board().begin(Event::ContextStarted { operation, name }, child.at);
                    child.phase = Phase::Running(run(child.context.inside(&child.operation)));
                }
                Phase::Running(mut running) => {
                    let Poll::Ready(outcome) = running.as_mut().poll(cx) else {
                        child.phase = Phase::Running(running);
                        return Poll::Pending;
                    };
                    drop(running);
                    let (event, returned) = child.end(outcome);
                    child.context.board().end(event, child.at);
                    return Poll::Ready(returned);
                }
                Phase::Ended => return Poll::Pending,
            }
        }
    }
}

impl<T> std::fmt::Debug for Child<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Child").field("operation", &self.operation).field("name", &self.name).finish_non_exhaustive()
    }
}
