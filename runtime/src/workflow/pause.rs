//! The operation that pauses the execution until somebody resumes it.

use std::borrow::Cow;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context as Poller, Poll};

use super::Context;
use super::board::Delivery;
use super::call::{Call, WhenGivenUp};
use crate::{Event, Failure};

/// Pauses the execution, and waits until it is resumed.
pub(super) struct PauseHere {
    call: Call,
    reason: String,
    compensation: Vec<String>,
}

impl PauseHere {
    pub(super) fn new(
        context: &Context,
        name: Cow<'static, str>,
        reason: String,
        compensation: Vec<String>,
        at: &'static Location<'static>,
    ) -> Self {
        Self { call: Call::new(context, name, at, WhenGivenUp::Nothing), reason, compensation }
    }
}

impl Future for PauseHere {
    type Output = Result<(), Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Self::Output> {
        if self.call.is_called() {
            let operation = Some(self.call.operation.clone());
            let (reason, compensation) = (self.reason.clone(), std::mem::take(&mut self.compensation));
            if let Err(failure) = self.call.begin(Event::ExecutionPaused { operation, reason, compensation }) {
                return Poll::Ready(Err(failure));
            }
        }
        match self.call.receive(cx.waker()) {
            Some(Delivery::Ended(outcome)) => Poll::Ready(outcome.map(|_| ())),
            Some(_) | None => Poll::Pending,
        }
    }
}
