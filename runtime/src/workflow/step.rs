//! The operation that runs code outside and records its result.

use std::borrow::Cow;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context as Poller, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Context;
use super::board::{Body, Delivery, Done};
use super::call::{Call, WhenGivenUp};
use super::step_context::StepContext;
use crate::event::StepRole;
use crate::{Event, Failure, Payload, Retry};

/// A step: await it for its result, a `T`. Made by [`Context::step`] and [`Context::step_with`].
#[must_use = "a step does nothing unless it is awaited"]
pub struct Step<'a, T> {
    pub(super) attempts: Attempts<'a>,
    /// It is known from the beginning that the result can be read, so that who awaits the step need not know it.
    read: fn(&Payload) -> Result<T, serde_json::Error>,
}

/// Makes the future of an attempt. Its type is hidden here, where it is called, because a type that names both the
/// closure and its future makes the compiler lose sight of the workflow being `Send`.
pub(crate) type Run<'a> = Box<dyn FnMut(StepContext) -> BoxFuture<'static, Result<Done, Failure>> + Send + 'a>;

/// Hides what `run` is.
pub(super) fn hide<'a, F, Fut, T, E>(mut run: F) -> Run<'a>
where
    F: FnMut(StepContext) -> Fut + Send + 'a,
    Fut: Future<Output = Result<T, E>> + Send + 'static,
    T: Serialize,
    E: Into<Failure>,
{
    Box::new(move |step| {
        let running = run(step);
        Box::pin(async move { Payload::of_result(&running.await.map_err(Into::into)?).map(Done::Result) })
    })
}

/// The attempts of a step: what its future and that of a condition have in common.
pub(super) struct Attempts<'a> {
    pub(super) call: Call,
    role: StepRole,
    run: Run<'a>,
    pub(super) retry: Retry,
    timeout: Option<Duration>,
    heartbeat: Option<Duration>,
    grace: Duration,
    at_most_once: bool,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(
        context: &Context,
        name: Cow<'static, str>,
        role: StepRole,
        run: Run<'a>,
        at: &'static Location<'static>,
    ) -> Self {
        let run = context.board().rehearsal.body(context.workflow(), &name, role, run);
        Self {
            call: Call::new(context, name, at, WhenGivenUp::Record(|operation| Event::StepCancelled { operation })),
            role,
            run,
            retry: Retry::default(),
            timeout: None,
            heartbeat: None,
            grace: Duration::ZERO,
            at_most_once: false,
        }
    }

    /// Asks for the first attempt, if it was not asked for before.
    pub(super) fn begin(&mut self) -> Result<(), Failure> {
        if !self.call.is_called() {
            return Ok(());
        }
        let (operation, name) = self.call.named();
        self.call.begin(Event::StepStarted { operation, name, role: self.role, attempt: 1 })?;
        self.make_body(1);
        Ok(())
    }

    /// Makes what is run for an attempt, if it will be.
    pub(super) fn make_body(&mut self, attempt: u32) {
        let board = &self.call.board;
        let Some(begun_before) = board.wants(&self.call.operation, attempt) else { return };
        let step = StepContext::new(self.call.execution, board.run(), &self.call.operation, &self.call.name, attempt);
        let again = board.rehearsal.runs_every_step_twice().then(|| (self.run)(step.clone()));
        let body = Body {
            attempt,
            future: (self.run)(step.clone()),
            again,
            retry: self.retry.clone(),
            is_condition: self.role == StepRole::Condition,
            timeout: self.timeout,
            heartbeat: self.heartbeat,
            grace: self.grace,
            interrupted: begun_before && self.at_most_once,
            step,
        };
        board.put_body(&self.call.operation, body);
    }
}

impl<'a, T> Step<'a, T> {
    pub(super) fn new(
        context: &Context,
        name: Cow<'static, str>,
        role: StepRole,
        run: Run<'a>,
        at: &'static Location<'static>,
    ) -> Self
    where
        T: DeserializeOwned,
    {
        Self { attempts: Attempts::new(context, name, role, run, at), read: Payload::read }
    }

    /// When a failed attempt is followed by another; [`Retry::default`] if not set.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.attempts.retry = retry;
        self
    }

    /// Runs each attempt at most once: one that was running when the process died is not run again but has failed with
    /// [`Failure::STEP_INTERRUPTED`], and is followed by another attempt if the retry says so. AWS's
    /// `AtMostOncePerRetry`.
    pub fn at_most_once(mut self) -> Self {
        self.attempts.at_most_once = true;
        self
    }

    /// How long an attempt may take: one that takes longer is broken off and has failed with
    /// [`Failure::STEP_TIMEOUT`]. No limit if not set.
    pub fn timeout(mut self, duration: Duration) -> Self {
        self.attempts.timeout = Some(duration);
        self
    }

    /// How long an attempt may go without [`StepContext::heartbeat`]: one that is silent for longer is broken off and has
    /// failed with [`Failure::STEP_HEARTBEAT`]. No limit if not set.
    pub fn heartbeat(mut self, duration: Duration) -> Self {
        self.attempts.heartbeat = Some(duration);
        self
    }

    /// How long an attempt may go on once it was cancelled, to clean up; see [`StepContext::cancelled`]. It is broken off
    /// at once if not set.
    pub fn grace(mut self, duration: Duration) -> Self {
        self.attempts.grace = duration;
        self
    }
}

impl<T> Future for Step<'_, T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Self::Output> {
        let Self { attempts, read } = &mut *self;
        if let Err(failure) = attempts.begin() {
            return Poll::Ready(Err(failure));
        }
        loop {
            match attempts.call.receive(cx.waker()) {
                None => return Poll::Pending,
                Some(Delivery::Attempt(attempt)) => attempts.make_body(attempt),
                Some(Delivery::Ended(Err(failure)) | Delivery::Cancelled(failure)) => return Poll::Ready(Err(failure)),
                Some(Delivery::State(_)) => {}
                Some(Delivery::Ended(Ok(result))) => {
                    return match read(&result) {
                        Ok(value) => Poll::Ready(Ok(value)),
                        Err(error) => {
                            attempts.call.unreadable("step", std::any::type_name::<T>(), &error);
                            Poll::Pending
                        }
                    };
                }
            }
        }
    }
}

impl<T> std::fmt::Debug for Step<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Step").field(&self.attempts.call).finish()
    }
}
