//! The operation that takes what was sent to the execution.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context as Poller, Poll, Waker};

use serde::de::DeserializeOwned;

use super::Context;
use super::board::{Delivery, Post};
use super::call::{Call, WhenGivenUp};
use crate::event::Mail;
use crate::{Event, Failure};

/// The next signal of a name: await it for its value, a `T`. Made by [`Context::signal`].
#[must_use = "a signal is not taken unless it is awaited"]
pub struct Signal<T> {
    inbox: Inbox,
    value: PhantomData<fn() -> T>,
}

/// What was sent under a name, taken one after another by one call.
pub(super) struct Inbox {
    pub(super) call: Call,
    post: Post,
}

impl Inbox {
    pub(super) fn new(context: &Context, name: Cow<'static, str>, post: Post, at: &'static Location<'static>) -> Self {
        Self { call: Call::new(context, name, at, WhenGivenUp::Nothing), post }
    }

    /// Takes the next one, or is woken when there is one.
    pub(super) fn next(&mut self, waker: &Waker) -> Poll<Result<Mail, Failure>> {
        if self.call.is_called()
            && let Err(failure) = self.call.begin_unrecorded()
        {
            return Poll::Ready(Err(failure));
        }
        if let Some(Delivery::Ended(Err(failure))) = self.call.receive(waker) {
            return Poll::Ready(Err(failure));
        }
        match self.call.board.take_letter(&self.call.operation, self.post, &self.call.name) {
            Some(mail) => Poll::Ready(Ok(mail)),
            None => Poll::Pending,
        }
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.call.board.forget_letters(&self.call.operation, self.post, &self.call.name);
    }
}

impl<T> Signal<T> {
    pub(super) fn new(context: &Context, name: Cow<'static, str>, at: &'static Location<'static>) -> Self {
        Self { inbox: Inbox::new(context, name, Post::Signal, at), value: PhantomData }
    }
}

impl<T: DeserializeOwned> Future for Signal<T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Self::Output> {
        let Poll::Ready(mail) = self.inbox.next(cx.waker()) else { return Poll::Pending };
        Poll::Ready(mail.and_then(|mail| {
            let (operation, name) = self.inbox.call.named();
            self.inbox.call.end(Event::SignalTaken { operation, name, number: mail.number });
            mail.value.read().map_err(|error| {
                let rust_type = std::any::type_name::<T>();
                let cause = format!("signal `{}` (number {}) is not a {rust_type}: {error}", mail.name, mail.number);
                Failure::new(Failure::PAYLOAD_NOT_READABLE, cause)
            })
        }))
    }
}

impl<T> std::fmt::Debug for Signal<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Signal").field(&self.inbox.call).finish()
    }
}
