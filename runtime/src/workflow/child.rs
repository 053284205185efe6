//! The operation that runs a part of a workflow in a context of its own.
//!
//! Once it has ended it is replayed as its one result: what it calls is not called again. So a child context must return
//! what it finds out, and not leave it in a variable of the code around it.

use std::borrow::Cow;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context as Poller, Poll};

use futures::future::BoxFuture;

use super::Context;
use super::board::Delivery;
use super::call::{Call, WhenGivenUp};
use crate::event::ContextKind;
use crate::{Event, Failure, Payload, Recordable};

/// A child context: await it for its result, a `T`. Made by [`Context::child`].
#[must_use = "a child context does nothing unless it is awaited"]
pub struct Child<'a, T> {
    context: Context,
    call: Call,
    kind: ContextKind,
    /// Nothing of it is recorded but what is called inside.
    flat: bool,
    phase: Phase<'a>,
    /// It is known from the beginning that the result can be read, so that who awaits the child need not know it.
    read: fn(&Payload) -> Result<T, serde_json::Error>,
}

type Running<'a> = BoxFuture<'a, Result<Payload, Failure>>;

type Begin<'a> = Box<dyn FnOnce(Context) -> Running<'a> + Send + 'a>;

enum Phase<'a> {
    Called(Begin<'a>),
    Running {
        inside: Context,
        running: Running<'a>,
    },
    /// It is replayed as its result, which comes in the turn in which it came. What its code holds stays until then: the
    /// callbacks and requests that were carried into it.
    Collapsed(Begin<'a>),
    Refused(Failure),
    Ended,
}

pub(super) const GIVEN_UP: WhenGivenUp = WhenGivenUp::Record(|operation| Event::ContextCancelled { operation });

impl<'a, T> Child<'a, T> {
    pub(super) fn new<F, Fut, E>(
        context: &Context,
        name: Cow<'static, str>,
        kind: ContextKind,
        run: F,
        at: &'static Location<'static>,
    ) -> Self
    where
        F: FnOnce(Context) -> Fut + Send + 'a,
        Fut: Future<Output = Result<T, E>> + Send + 'a,
        T: Recordable,
        E: Into<Failure>,
    {
        Self::of_call(context, Call::new(context, name, at, GIVEN_UP), kind, run)
    }

    pub(super) fn of_call<F, Fut, E>(context: &Context, call: Call, kind: ContextKind, run: F) -> Self
    where
        F: FnOnce(Context) -> Fut + Send + 'a,
        Fut: Future<Output = Result<T, E>> + Send + 'a,
        T: Recordable,
        E: Into<Failure>,
    {
        let run = Box::new(|inside| {
            let running = run(inside);
            let running: Running<'a> = Box::pin(async move { Payload::of_result(&running.await.map_err(Into::into)?) });
            running
        });
        Self { context: context.clone(), call, kind, flat: false, phase: Phase::Called(run), read: Payload::read }
    }

    /// One that fails without having begun.
    pub(super) fn refused(context: &Context, call: Call, kind: ContextKind, failure: Failure) -> Self
    where
        T: Recordable,
    {
        let phase = Phase::Refused(failure);
        Self { context: context.clone(), call, kind, flat: false, phase, read: Payload::read }
    }

    /// Records only what is called inside, not the context itself: AWS's virtual context. It then costs no event, and its
    /// inside is replayed as long as the execution lasts.
    pub fn flat(mut self) -> Self {
        self.flat = true;
        self
    }

    fn begin(&mut self) -> Result<bool, Failure> {
        if self.flat {
            return Ok(false);
        }
        let (operation, name) = self.call.named();
        let event = Event::ContextStarted { operation, name, kind: self.kind };
        if self.call.board.collapsed(&self.call.operation) {
            // The result is known: cancelling what was inside does not touch it.
            self.call.shielded = true;
            self.call.begin(event)?;
            return Ok(true);
        }
        self.call.begin_unwaiting(event)?;
        Ok(false)
    }

    /// Asks for the event that ends the context, and gives what is returned. The value goes through JSON live as in
    /// replay, so that both see the same.
    fn end(&mut self, outcome: Result<Payload, Failure>) -> Result<T, Failure> {
        let board = &self.call.board;
        let outcome = outcome.and_then(|result| match board.was_too_large(&self.call.operation) {
            Some(failure) => Err(failure),
            None => result.within(board.payload_limit(), "the result of the child context"),
        });
        let outcome = outcome.map_err(|failure| failure.within(board.limits.payload));
        let read = outcome.and_then(|result| match (self.read)(&result) {
            Ok(value) => Ok((result, value)),
            Err(error) => {
                let cause = format!("of child context `{}`: {error}", self.call.name);
                Err(Failure::new("ResultNotReadable", cause))
            }
        });
        let operation = self.call.operation.clone();
        let (event, returned) = match read {
            Ok((result, value)) => (Event::ContextSucceeded { operation, result }, Ok(value)),
            Err(failure) => (Event::ContextFailed { operation, failure: failure.clone() }, Err(failure)),
        };
        if !self.flat {
            self.call.end(event);
        }
        returned
    }

    /// The same of one that is replayed as its result.
    fn end_collapsed(&mut self, outcome: Result<Payload, Failure>) -> Poll<Result<T, Failure>> {
        let operation = self.call.operation.clone();
        match outcome {
            Ok(result) => match (self.read)(&result) {
                Ok(value) => {
                    self.call.end(Event::ContextSucceeded { operation, result });
                    Poll::Ready(Ok(value))
                }
                Err(error) => {
                    self.call.unreadable("child context", std::any::type_name::<T>(), &error);
                    Poll::Pending
                }
            },
            Err(failure) => {
                self.call.end(Event::ContextFailed { operation, failure: failure.clone() });
                Poll::Ready(Err(failure))
            }
        }
    }
}

impl<T> Future for Child<'_, T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Self::Output> {
        let child = &mut *self;
        loop {
            match std::mem::replace(&mut child.phase, Phase::Ended) {
                Phase::Called(run) => match child.begin() {
                    Err(failure) => return Poll::Ready(Err(failure)),
                    Ok(true) => child.phase = Phase::Collapsed(run),
                    Ok(false) => {
                        let inside = child.context.inside(&child.call.operation, child.flat);
                        let within = inside.enter();
                        let running = run(inside.clone());
                        drop(within);
                        child.phase = Phase::Running { inside, running };
                    }
                },
                Phase::Running { inside, mut running } => {
                    let within = inside.enter();
                    let polled = running.as_mut().poll(cx);
                    if polled.is_pending() {
                        drop(within);
                        child.phase = Phase::Running { inside, running };
                        return Poll::Pending;
                    }
                    // What it leaves unfinished is given up, and belongs to it.
                    drop(running);
                    drop(within);
                    let Poll::Ready(outcome) = polled else { return Poll::Pending };
                    return Poll::Ready(child.end(outcome));
                }
                Phase::Collapsed(run) => {
                    let Some(Delivery::Ended(outcome)) = child.call.receive(cx.waker()) else {
                        child.phase = Phase::Collapsed(run);
                        return Poll::Pending;
                    };
                    drop(run);
                    return child.end_collapsed(outcome);
                }
                Phase::Refused(failure) => return Poll::Ready(Err(failure)),
                Phase::Ended => return Poll::Pending,
            }
        }
    }
}

impl<T> Drop for Child<'_, T> {
    fn drop(&mut self) {
        // What is inside is given up before the context is.
        self.phase = Phase::Ended;
        self.call.give_up();
    }
}

impl<T> std::fmt::Debug for Child<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Child").field(&self.call).finish()
    }
}
