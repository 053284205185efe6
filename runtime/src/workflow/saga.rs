//! Steps that are undone when a later one fails.

use std::borrow::Cow;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as Poller, Poll};
use std::time::Duration;

use super::pause::PauseHere;
use super::step::{Run, hide};
use super::{Context, Step, StepContext};
use crate::event::StepRole;
use crate::{Failure, IntoFailure, Recordable, Retry};

/// A saga: what its steps did is undone, the newest first, when what it [`settle`](Self::settle)s fails; also when the
/// execution is cancelled or its time is up meanwhile.
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
    undos: Undos<'a>,
}

type Undos<'a> = Arc<Mutex<Vec<Undo<'a>>>>;

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
    pub fn step<'s, F, Fut, T, E>(&self, name: impl Into<Cow<'static, str>>, mut run: F) -> SagaStep<'s, 'a, T>
    where
        F: FnMut() -> Fut + Send + 's,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: Recordable,
        E: IntoFailure,
    {
        self.make_step(name.into(), hide(move |_| run()), Location::caller())
    }

    /// A step as [`Context::step_with`] makes it, which [`SagaStep::undo`] tells how to undo.
    #[track_caller]
    pub fn step_with<'s, F, Fut, T, E>(&self, name: impl Into<Cow<'static, str>>, run: F) -> SagaStep<'s, 'a, T>
    where
        F: FnMut(StepContext) -> Fut + Send + 's,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: Recordable,
        E: IntoFailure,
    {
        self.make_step(name.into(), hide(run), Location::caller())
    }

    fn make_step<'s, T>(
        &self,
        name: Cow<'static, str>,
        run: Run<'s>,
        at: &'static Location<'static>,
    ) -> SagaStep<'s, 'a, T>
    where
        T: Recordable,
    {
        let step = Step::new(&self.context, name.clone(), StepRole::Do, run, at);
        SagaStep { step, undos: Arc::clone(&self.undos), undo: None, name, retry: undo_retry(), at }
    }

    /// Tells how to undo what is about to be done otherwise than by a step: by an invocation, a child context, a
    /// callback. It counts from now on, and is run like the undo of a step.
    #[track_caller]
    pub fn on_failure<F, Fut, U, E>(&self, name: impl Into<Cow<'static, str>>, undo: F)
    where
        F: Fn() -> Fut + Send + 'a,
        Fut: Future<Output = Result<U, E>> + Send + 'static,
        E: IntoFailure,
    {
        let at = Location::caller();
        self.context.board().check_context(self.context.path(), at);
        let undo = Undo { name: name.into(), make: hide_undo(undo), retry: undo_retry(), at };
        hold(&self.undos).push(undo);
    }

    /// Awaits the steps, and gives their result. When it is a failure, what they did is undone first, the newest first.
    ///
    /// Each undo is a step of its own, named as the step it undoes. It is tried again as [`SagaStep::undo_retry`] says.
    /// One that gives up pauses the execution; its [status](crate::Status::Paused) then names the steps that are still to
    /// be undone, and [`Handle::resume`](crate::Handle::resume) tries that undo anew. Cancelling the execution does not
    /// touch its undos.
    ///
    /// # Errors
    /// The failure of the steps, once everything is undone.
    pub async fn settle<T>(&self, steps: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let failure = match steps.await {
            Ok(value) => return Ok(value),
            Err(failure) => failure,
        };
        let shielded = self.context.shielded();
        while let Some(Undo { name, mut make, retry, at }) = self.newest() {
            while let Err(given_up) = {
                let make: Run<'_> = Box::new(|step| make(step));
                Step::<()>::new(&shielded, name.clone(), StepRole::Undo, make, at).retry(retry.clone()).await
            } {
                let reason = format!(
                    "the undo of step `{name}` (at {at}) has given up: {given_up}. It was to be undone because of \
                     {failure}. Mend the cause, then resume the execution: the undo is tried anew"
                );
                PauseHere::new(&shielded, name.clone(), reason, self.still_to_undo(&name), at).await?;
            }
        }
        Err(failure)
    }

    fn newest(&self) -> Option<Undo<'a>> {
        hold(&self.undos).pop()
    }

    /// The names of the steps that are still to be undone, the next one first.
    fn still_to_undo(&self, next: &str) -> Vec<String> {
        let others = hold(&self.undos);
        std::iter::once(next.to_owned()).chain(others.iter().rev().map(|undo| undo.name.to_string())).collect()
    }
}

fn hold<'m, 'a>(undos: &'m Undos<'a>) -> std::sync::MutexGuard<'m, Vec<Undo<'a>>> {
    undos.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An undo is not given up unless the workflow says so.
fn undo_retry() -> Retry {
    Retry::exponential().unlimited()
}

fn hide_undo<'a, F, Fut, U, E>(undo: F) -> Run<'a>
where
    F: Fn() -> Fut + Send + 'a,
    Fut: Future<Output = Result<U, E>> + Send + 'static,
    E: Into<Failure>,
{
    hide(move |_| {
        let undoing = undo();
        async move { undoing.await.map(|_| ()) }
    })
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
    undos: Undos<'a>,
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

    /// As [`Step::at_most_once`].
    pub fn at_most_once(mut self) -> Self {
        self.step = self.step.at_most_once();
        self
    }

    /// As [`Step::timeout`].
    pub fn timeout(mut self, duration: Duration) -> Self {
        self.step = self.step.timeout(duration);
        self
    }

    /// As [`Step::heartbeat`].
    pub fn heartbeat(mut self, duration: Duration) -> Self {
        self.step = self.step.heartbeat(duration);
        self
    }

    /// As [`Step::grace`]. The undo begins when the attempt has really ended.
    pub fn grace(mut self, duration: Duration) -> Self {
        self.step = self.step.grace(duration);
        self
    }

    /// How to undo what the step did. It counts from before the step runs, so a step that failed half-way, or crashed, is
    /// undone as well: an undo must do no harm when there is nothing to undo, or when it is run twice.
    pub fn undo<G, UndoFut, U, UE>(mut self, undo: G) -> Self
    where
        G: Fn() -> UndoFut + Send + 'a,
        UndoFut: Future<Output = Result<U, UE>> + Send + 'static,
        UE: IntoFailure,
    {
        self.undo = Some(hide_undo(undo));
        self
    }

    /// When a failed undo is tried again; if not set, as often as it takes, after 5 s and up to 60 s.
    pub fn undo_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }
}

impl<T> Future for SagaStep<'_, '_, T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Self::Output> {
        let step = &mut *self;
        if let Some(make) = step.undo.take() {
            // One that does not even begin has nothing to undo.
            if let Err(failure) = step.step.attempts.begin() {
                return Poll::Ready(Err(failure));
            }
            let undo = Undo { name: step.name.clone(), make, retry: step.retry.clone(), at: step.at };
            hold(&step.undos).push(undo);
        }
        Pin::new(&mut step.step).poll(cx)
    }
}

impl<T> std::fmt::Debug for SagaStep<'_, '_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.step.fmt(f)
    }
}
