//! The operation that lets time pass.

use std::borrow::Cow;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context as Poller, Poll};
use std::time::Duration;

use super::Context;
use super::board::Delivery;
use super::call::{Call, WhenGivenUp};
use crate::{Event, Failure};

/// A wait: await it to let time pass. Made by [`Context::wait`] and [`Context::wait_until`].
#[must_use = "a wait does nothing unless it is awaited"]
pub struct Wait {
    call: Call,
    until: Until,
}

pub(super) enum Until {
    Passed(Duration),
    /// ms since the Unix epoch.
    Reached(u64),
}

impl Wait {
    pub(super) fn new(
        context: &Context,
        name: Cow<'static, str>,
        until: Until,
        at: &'static Location<'static>,
    ) -> Self {
        let given_up = WhenGivenUp::Record(|operation| Event::WaitCancelled { operation });
        Self { call: Call::new(context, name, at, given_up), until }
    }
}

impl Future for Wait {
    type Output = Result<(), Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Self::Output> {
        if self.call.is_called() {
            let until_ms = match self.until {
                Until::Passed(duration) => {
                    let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
                    self.call.board.now_ms().saturating_add(duration_ms)
                }
                Until::Reached(until_ms) => until_ms,
            };
            let (operation, name) = self.call.named();
            if let Err(failure) = self.call.begin(Event::WaitStarted { operation, name, until_ms }) {
                return Poll::Ready(Err(failure));
            }
        }
        match self.call.receive(cx.waker()) {
            Some(Delivery::Ended(outcome)) => Poll::Ready(outcome.map(|_| ())),
            Some(_) | None => Poll::Pending,
        }
    }
}

impl std::fmt::Debug for Wait {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Wait").field(&self.call).finish()
    }
}
