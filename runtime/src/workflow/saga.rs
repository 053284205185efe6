//! Steps that are undone when a later one fails.

use std::borrow::Cow;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as Poller, Poll};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::step::{Run, hide};
use super::{Context, Step};
use crate::event::StepRole;
use crate::{Failure, Retry};

/// A saga: what its steps did is undone, the newest first, when what it [`settle`](Self::settle)s fails.
///
/// ```
/// use duramen::{Context, Failure};
///
/// async fn trip(ctx: Context, city: String) -> Result<String, Failure> {
///     let saga = ctx.saga();
///     saga.settle(async {
///         let flight: String = saga
///             .step("flight", || book("flight", city.clone()))
///             .undo(|| cancel("flight", city.clone()))
///             .await?;
///         saga.step("hotel", || book("hotel", city.clone())).undo(|| cancel("hotel", city.clone())).await?;
///         Ok(flight)
///     })
///     .await
/// }
/// # async fn book(what: &str, city: String) -> Result<String, Failure> { Ok(format!("{what} {city}")) }
/// # async fn cancel(_: &str, _: String) -> Result<(), Failure> { Ok(()) }
/// ```
pub struct Saga<'a> {
    context: Context,
    undos: Arc<Mutex<Vec<Undo<'a>>>>,
}

struct Undo<'a> {
    name: Cow<'static, str>,
    make: Run<'a>,
    retry: Retry,
    at: &'static Location<'static>,
}

impl<'a> Saga<'a> {
    pub(crate) fn new(context: &Context) -> Self {
        Self { context: context.clone(), undos: Arc::default() }
    }

    /// A step as [`Context::step`] makes it, which [`SagaStep::undo`] tells how to undo.
    #[track_caller]
    pub fn step<'s, F, Fut, T, E>(&self, name: impl Into<Cow<'static, str>>, run: F) -> SagaStep<'s, 'a, T>
    where
        F: FnMut() -> Fut + Send + 's,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: Serialize,
        E: Into<Failure>,
    {
        let (name, at) = (name.into(), Location::caller());
        let step = Step::new(&self.context, name.clone(), StepRole::Do, hide(run), at);
        SagaStep { step, undos: Arc::clone(&self.undos), undo: None, name, retry: undo_retry(), at }
    }

    /// Awaits the steps, and gives their result. When it is a failure, what they did is undone first, the newest first.
    ///
    /// Each undo is a step of its own, named as the step it undoes. It is tried again as [`SagaStep::undo_retry`] says;
    /// one that gives up does not keep those before it from being undone, and the saga then fails with a failure named
    /// `UndoFailed`, whose data names the steps that were not undone.
    ///
    /// # Errors
    /// The failure of the steps, or `UndoFailed`.
    pub async fn settle<T>(&self, steps: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let failure = match steps.await {
            Ok(value) => return Ok(value),
            Err(failure) => failure,
        };
        let mut not_undone = Vec::new();
        while let Some(Undo { name, make, retry, at }) = self.newest() {
            let undo = Step::<()>::new(&self.context, name.clone(), StepRole::Undo, make, at);
            if let Err(failure) = undo.retry(retry).await {
                not_undone.push((name, failure));
            }
        }
        if not_undone.is_empty() {
            return Err(failure);
        }
        let texts: Vec<_> = not_undone.iter().map(|(name, failure)| format!("step `{name}`: {failure}")).collect();
        let names: Vec<_> = not_undone.iter().map(|(name, _)| name).collect();
        let cause = format!("after {failure}, some steps could not be undone: {}", texts.join("; "));
        Err(Failure::new("UndoFailed", cause).with_data(&names))
    }

    fn newest(&self) -> Option<Undo<'a>> {
        self.undos.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// An undo is not given up unless the workflow says so.
fn undo_retry() -> Retry {
    Retry::exponential().unlimited()
}

impl std::fmt::Debug for Saga<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Saga").field("context", &self.context).finish_non_exhaustive()
    }
}

/// A step of a saga: await it for its result, a `T`. Made by [`Saga::step`].
///
/// What it runs may borrow from the block that is settled; its undo may only borrow what outlives the saga (`'a`).
#[must_use = "a step does nothing unless it is awaited"]
pub struct SagaStep<'s, 'a, T> {
    step: Step<'s, T>,
    undos: Arc<Mutex<Vec<Undo<'a>>>>,
    undo: Option<Run<'a>>,
    name: Cow<'static, str>,
    retry: Retry,
    at: &'static Location<'static>,
}

impl<'a, T> SagaStep<'_, 'a, T> {
    /// When a failed attempt is followed by another; [`Retry::default`] if not set.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.step = self.step.retry(retry);
        self
    }

    /// How to undo what the step did. It counts from before the step runs, so a step that failed half-way, or crashed, is
    /// undone as well: an undo must do no harm when there is nothing to undo, or when it is run twice.
    pub fn undo<G, UndoFut, U, UE>(mut self, undo: G) -> Self
    where
        G: Fn() -> UndoFut + Send + 'a,
        UndoFut: Future<Output = Result<U, UE>> + Send + 'static,
        UE: Into<Failure>,
    {
        self.undo = Some(hide(move || {
            let undoing = undo();
            async move { undoing.await.map(|_| ()) }
        }));
        self
    }

    /// When a failed undo is tried again; if not set, as often as it takes, after 5 s and up to 60 s.
    pub fn undo_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }
}

impl<T: DeserializeOwned> Future for SagaStep<'_, '_, T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Self::Output> {
        let step = &mut *self;
        if let Some(make) = step.undo.take() {
            let undo = Undo { name: step.name.clone(), make, retry: step.retry, at: step.at };
            step.undos.lock().unwrap_or_else(PoisonError::into_inner).push(undo);
        }
        Pin::new(&mut step.step).poll(cx)
    }
}

impl<T> std::fmt::Debug for SagaStep<'_, '_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.step.fmt(f)
    }
}
