//! The operation that waits for somebody outside.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context as Poller, Poll};
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::Context;
use super::board::Delivery;
use super::call::{Call, WhenGivenUp};
use crate::{CallbackToken, Event, Failure};

/// A callback: await it for what somebody outside sends, a `T`. Made by [`Context::callback`].
///
/// It begins when its token is taken, or when it is first awaited.
#[must_use = "a callback does nothing unless its token is taken or it is awaited"]
pub struct Callback<T> {
    call: Call,
    timeout: Option<Duration>,
    heartbeat: Option<Duration>,
    nonce: u128,
    refused: Option<Failure>,
    result: PhantomData<fn() -> T>,
}

impl<T> Callback<T> {
    pub(super) fn new(context: &Context, name: Cow<'static, str>, at: &'static Location<'static>) -> Self {
        let given_up = WhenGivenUp::Record(|operation| Event::CallbackCancelled { operation });
        Self {
            call: Call::new(context, name, at, given_up),
            timeout: None,
            heartbeat: None,
            nonce: 0,
            refused: None,
            result: PhantomData,
        }
    }

    /// How long it is waited for, to the ms; then it fails with [`Failure::CALLBACK_TIMEOUT`]. No limit if not set.
    pub fn timeout(mut self, duration: Duration) -> Self {
        self.timeout = Some(duration);
        self
    }

    /// How long at most between two signs of life by
    /// [`Runtime::heartbeat_callback`](crate::Runtime::heartbeat_callback), and before the first; then it fails with
    /// [`Failure::CALLBACK_HEARTBEAT`]. No limit if not set.
    pub fn heartbeat(mut self, duration: Duration) -> Self {
        self.heartbeat = Some(duration);
        self
    }

    /// Sets both limits at once.
    pub(super) fn limit(&mut self, timeout: Option<Duration>, heartbeat: Option<Duration>) {
        (self.timeout, self.heartbeat) = (timeout, heartbeat);
    }

    /// What somebody outside needs to answer: hand it on in a step.
    pub fn token(&mut self) -> CallbackToken {
        self.begin();
        CallbackToken::new(self.call.execution, self.call.operation.clone(), self.nonce)
    }

    fn begin(&mut self) {
        if !self.call.is_called() {
            return;
        }
        self.nonce = match self.call.board.recorded(&self.call.operation) {
            Some(Event::CallbackStarted { nonce, .. }) => nonce,
            _ => uuid::Uuid::new_v4().as_u128(),
        };
        let ms = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let (operation, name) = self.call.named();
        let event = Event::CallbackStarted {
            operation,
            name,
            nonce: self.nonce,
            timeout_at_ms: self.timeout.map(|timeout| self.call.board.now_ms().saturating_add(ms(timeout))),
            heartbeat_ms: self.heartbeat.map(ms),
        };
        self.refused = self.call.begin(event).err();
    }
}

impl<T: DeserializeOwned> Future for Callback<T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Self::Output> {
        self.begin();
        if let Some(failure) = self.refused.take() {
            return Poll::Ready(Err(failure));
        }
        match self.call.receive(cx.waker()) {
            Some(Delivery::Ended(outcome)) => Poll::Ready(outcome.and_then(|result| {
                result.read().map_err(|error| {
                    let (name, rust_type) = (&self.call.name, std::any::type_name::<T>());
                    let cause = format!("what was sent to callback `{name}` is not a {rust_type}: {error}");
                    Failure::new(Failure::PAYLOAD_NOT_READABLE, cause)
                })
            })),
            Some(_) | None => Poll::Pending,
        }
    }
}

impl<T> std::fmt::Debug for Callback<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Callback").field(&self.call).finish()
    }
}
