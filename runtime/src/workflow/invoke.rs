//! The operation that runs another workflow as an execution of its own.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context as Poller, Poll};
use std::time::Duration;

use duramen_storage::ExecutionId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Context;
use super::board::Delivery;
use super::call::{Call, WhenGivenUp};
use crate::event::Invoked;
use crate::{Event, Failure, Payload};

/// Another workflow as a child: await it for its result, a `T`. Made by [`Context::invoke`].
///
/// The child is an execution with its own history and handle. When it is given up, because the parent is cancelled or
/// another branch of a race won, it is cancelled too.
#[must_use = "an invocation does nothing unless it is awaited"]
pub struct Invoke<T> {
    call: Call,
    input: Result<Payload, Failure>,
    version: Option<u32>,
    name: Option<String>,
    timeout: Option<Duration>,
    result: PhantomData<fn() -> T>,
}

impl<T> Invoke<T> {
    pub(super) fn new<I: Serialize + ?Sized>(
        context: &Context,
        workflow: Cow<'static, str>,
        input: &I,
        at: &'static Location<'static>,
    ) -> Self {
        let call = Call::new(context, workflow, at, WhenGivenUp::Nothing);
        let input = Payload::of_result(input);
        Self { call, input, version: None, name: None, timeout: None, result: PhantomData }
    }

    /// The name of the execution that begins; one that no other execution has if not set. When another one has it, the
    /// invocation fails with `ExecutionAlreadyStarted`.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Which version of the workflow; the newest that is registered if not set.
    pub fn version(mut self, version: u32) -> Self {
        self.version = Some(version);
        self
    }

    /// How long the execution may take before it is brought to an end; see [`Start::timeout`](crate::Start::timeout).
    pub fn timeout(mut self, duration: Duration) -> Self {
        self.timeout = Some(duration);
        self
    }

    fn begin(&mut self) -> Result<(), Failure> {
        let board = &self.call.board;
        let input = match board.was_refused(&self.call.operation) {
            Some(failure) => Err(failure),
            None => self.input.clone()?.within(board.payload_limit(), "the input of the invocation"),
        };
        let input = input.inspect_err(|failure| self.call.refuse(failure))?;
        let board = &self.call.board;
        let execution = match board.recorded(&self.call.operation) {
            Some(Event::ChainedInvokeStarted { invoked, .. }) => invoked.execution,
            _ => {
                let mut entropy = [0; 10];
                fastrand::fill(&mut entropy);
                ExecutionId::new(board.now_ms(), entropy)
            }
        };
        let (operation, workflow) = self.call.named();
        let name = self.name.take().unwrap_or_else(|| match board.run() {
            0 => format!("{}/{operation}", self.call.execution),
            run => format!("{}/{run}/{operation}", self.call.execution),
        });
        let timeout_ms = self.timeout.map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
        let (name_of_call, version) = (workflow.clone(), self.version);
        let invoked = Box::new(Invoked { execution, workflow, version, name, input, timeout_ms });
        self.call.when_given_up = WhenGivenUp::Invocation(execution);
        self.call.begin(Event::ChainedInvokeStarted { operation, name: name_of_call, invoked })
    }
}

impl<T: DeserializeOwned> Future for Invoke<T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Self::Output> {
        if self.call.is_called()
            && let Err(failure) = self.begin()
        {
            return Poll::Ready(Err(failure));
        }
        match self.call.receive(cx.waker()) {
            Some(Delivery::Ended(Err(failure))) => Poll::Ready(Err(failure)),
            Some(Delivery::Ended(Ok(result))) => Poll::Ready(result.read().map_err(|error| {
                let (name, rust_type) = (&self.call.name, std::any::type_name::<T>());
                let cause = format!("the result of the invoked workflow `{name}` is not a {rust_type}: {error}");
                Failure::new(Failure::PAYLOAD_NOT_READABLE, cause)
            })),
            Some(_) | None => Poll::Pending,
        }
    }
}

impl<T> std::fmt::Debug for Invoke<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Invoke").field(&self.call).finish()
    }
}
