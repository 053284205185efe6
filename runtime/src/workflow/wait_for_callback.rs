//! A callback and the step that hands on its token, as one operation.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::panic::Location;
use std::time::Duration;

use futures::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::call::Call;
use super::child::GIVEN_UP;
use super::step::hide;
use super::{Callback, Child, Context, Step};
use crate::event::{ContextKind, StepRole};
use crate::{CallbackToken, Failure, Retry};

/// A callback with the step that hands on its token: await it for what somebody outside sends, a `T`. Made by
/// [`Context::wait_for_callback`].
#[must_use = "a callback does nothing unless it is awaited"]
pub struct WaitForCallback<'a, T> {
    context: Context,
    call: Call,
    timeout: Option<Duration>,
    heartbeat: Option<Duration>,
    retry: Retry,
    submit: Submit<'a>,
    result: PhantomData<fn() -> T>,
}

type Submit<'a> = Box<dyn FnMut(CallbackToken) -> BoxFuture<'static, Result<(), Failure>> + Send + 'a>;

impl<'a, T> WaitForCallback<'a, T> {
    pub(super) fn new<F, Fut, E>(
        context: &Context,
        name: Cow<'static, str>,
        mut submit: F,
        at: &'static Location<'static>,
    ) -> Self
    where
        F: FnMut(CallbackToken) -> Fut + Send + 'a,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Failure>,
    {
        let submit: Submit<'a> = Box::new(move |token| {
            let submitting = submit(token);
            Box::pin(async move { submitting.await.map_err(Into::into) })
        });
        let call = Call::new(context, name, at, GIVEN_UP);
        Self {
            context: context.clone(),
            call,
            timeout: None,
            heartbeat: None,
            retry: Retry::default(),
            submit,
            result: PhantomData,
        }
    }

    /// As [`Callback::timeout`].
    pub fn timeout(mut self, duration: Duration) -> Self {
        self.timeout = Some(duration);
        self
    }

    /// As [`Callback::heartbeat`].
    pub fn heartbeat(mut self, duration: Duration) -> Self {
        self.heartbeat = Some(duration);
        self
    }

    /// When the handing on of the token is tried again; [`Retry::default`] if not set. When it gives up, the operation
    /// fails with that failure.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }
}

impl<'a, T> IntoFuture for WaitForCallback<'a, T>
where
    T: Serialize + DeserializeOwned + Send + 'a,
{
    type Output = Result<T, Failure>;
    type IntoFuture = Child<'a, T>;

    fn into_future(self) -> Child<'a, T> {
        let Self { context, call, timeout, heartbeat, retry, mut submit, .. } = self;
        let (name, at) = (call.name.clone(), call.at);
        Child::of_call(&context, call, ContextKind::WaitForCallback, move |within| async move {
            let mut callback = Callback::new(&within, name.clone(), at);
            callback.limit(timeout, heartbeat);
            let token = callback.token();
            let submit = hide(move |_| submit(token.clone()));
            Step::<()>::new(&within, name, StepRole::Do, submit, at).retry(retry).await?;
            callback.await
        })
    }
}

impl<T> std::fmt::Debug for WaitForCallback<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("WaitForCallback").field(&self.call).finish()
    }
}
