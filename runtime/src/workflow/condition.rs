//! The operation that looks again and again whether something is so.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as Poller, Poll};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Context;
use super::board::{Delivery, Done};
use super::step::{Attempts, Run};
use crate::event::StepRole;
use crate::{Failure, Payload, Retry};

/// What a poll of [`Context::wait_for_condition`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition<S> {
    /// It is so; this is the result.
    Met(S),
    /// It is not so yet; the next poll is given this.
    NotYet(S),
}

/// A condition that is waited for: await it for the state with which it was met, an `S`. Made by
/// [`Context::wait_for_condition`].
#[must_use = "a condition is not looked at unless it is awaited"]
pub struct WaitForCondition<'a, S> {
    attempts: Attempts<'a>,
    /// What the next poll is given.
    state: Arc<Mutex<Payload>>,
    result: PhantomData<fn() -> S>,
}

impl<'a, S> WaitForCondition<'a, S> {
    #[allow(clippy::needless_pass_by_value, reason = "taken as each check takes it")]
    pub(super) fn new<F, Fut, E>(
        context: &Context,
        name: Cow<'static, str>,
        initial: S,
        mut check: F,
        at: &'static Location<'static>,
    ) -> Self
    where
        F: FnMut(S) -> Fut + Send + 'a,
        Fut: Future<Output = Result<Condition<S>, E>> + Send + 'static,
        S: Serialize + DeserializeOwned,
        E: Into<Failure>,
    {
        // Through JSON from the beginning, so that the first poll sees what a later one would.
        let state = Arc::new(Mutex::new(Payload::of_result(&initial).unwrap_or_else(|_| Payload::null())));
        let given = Arc::clone(&state);
        let run: Run<'a> = Box::new(move |_| {
            let state = given.lock().unwrap_or_else(PoisonError::into_inner).read::<S>();
            match state.map(&mut check) {
                Ok(checking) => Box::pin(async move {
                    Ok(match checking.await.map_err(Into::into)? {
                        Condition::Met(state) => Done::Result(Payload::of_result(&state)?),
                        Condition::NotYet(state) => Done::NotYet(Payload::of_result(&state)?),
                    })
                }),
                Err(error) => {
                    let cause = format!("the state is not a {}: {error}", std::any::type_name::<S>());
                    Box::pin(async move { Err(Failure::new(Failure::PAYLOAD_NOT_READABLE, cause)) })
                }
            }
        });
        let mut attempts = Attempts::new(context, name, StepRole::Condition, run, at);
        attempts.retry = Retry::polling();
        Self { attempts, state, result: PhantomData }
    }

    /// How often it is looked, and after which pauses; [`Retry::polling`] if not set: 60 polls, after 5 s, growing by a
    /// half, up to 5 min, with full jitter. When the last poll has not met the condition, it fails with
    /// [`Failure::CONDITION_NOT_MET`]. A poll that fails is not tried again.
    pub fn poll_every(mut self, pauses: Retry) -> Self {
        self.attempts.retry = pauses;
        self
    }
}

impl<S: DeserializeOwned> Future for WaitForCondition<'_, S> {
    type Output = Result<S, Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Self::Output> {
        let waiting = &mut *self;
        if let Err(failure) = waiting.attempts.begin() {
            return Poll::Ready(Err(failure));
        }
        loop {
            match waiting.attempts.call.receive(cx.waker()) {
                None => return Poll::Pending,
                Some(Delivery::Attempt(attempt)) => waiting.attempts.make_body(attempt),
                Some(Delivery::State(state)) => {
                    *waiting.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
                }
                Some(Delivery::Ended(Err(failure)) | Delivery::Cancelled(failure)) => return Poll::Ready(Err(failure)),
                Some(Delivery::Ended(Ok(state))) => {
                    return match state.read() {
                        Ok(state) => Poll::Ready(Ok(state)),
                        Err(error) => {
                            waiting.attempts.call.unreadable("condition", std::any::type_name::<S>(), &error);
                            Poll::Pending
                        }
                    };
                }
            }
        }
    }
}

impl<S> std::fmt::Debug for WaitForCondition<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("WaitForCondition").field(&self.attempts.call).finish()
    }
}
