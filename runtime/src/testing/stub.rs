//! Something else in place of a step.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::BoxFuture;
use serde::Serialize;

use crate::event::StepRole;
use crate::workflow::Run;
use crate::workflow::board::Done;
use crate::{Builder, Failure, Payload, StepContext};

/// Runs in place of the body of every step of a name, and counts its calls. Clones are the same stub.
///
/// Everything else about the step stays: it is recorded, tried again and timed out as ever. A stub also stands in for a
/// condition of that name, which is met with what it returns. The undo of a step is a step of its own, with a stub of its
/// own: [`for_undo`](Self::for_undo). Give it to [`Lab::stub`](super::Lab::stub), or to [`Builder::stub`].
///
/// ```
/// use duramen::testing::{Lab, Stub};
/// use duramen::{Context, Failure};
///
/// async fn total(ctx: Context, prices: Vec<u32>) -> Result<u32, Failure> {
///     let mut total = 0;
///     for price in prices {
///         total += ctx.step("in euros", || async move { rate(price).await }).await?;
///     }
///     Ok(total)
/// }
/// # async fn rate(_: u32) -> Result<u32, Failure> { Err(Failure::new("NoNetwork", "this is a test")) }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), duramen::Error> {
/// let rate = Stub::new("in euros", |step| async move { Ok::<_, Failure>(step.operation().path()[0] * 100) });
/// let mut lab = Lab::in_memory(|builder| builder.workflow("total", total)).stub(&rate);
/// let handle = lab.start::<u32>("total", "cart-1", [5, 6, 7]).await?;
/// assert_eq!(handle.result().await?, 100 + 200 + 300);
/// assert_eq!(rate.calls(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Stub {
    name: Arc<str>,
    workflow: Option<Arc<str>>,
    undo: bool,
    failures: Option<(u32, Failure)>,
    run: Arc<Body>,
    calls: Arc<AtomicUsize>,
}

type Body = dyn Fn(StepContext) -> BoxFuture<'static, Result<Payload, Failure>> + Send + Sync;

impl Stub {
    /// Runs `run` in place of the steps of this name.
    pub fn new<F, Fut, T, E>(name: impl Into<String>, run: F) -> Self
    where
        F: Fn(StepContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: Serialize,
        E: Into<Failure>,
    {
        let run: Arc<Body> = Arc::new(move |step| {
            let running = run(step);
            Box::pin(async move { Payload::of_result(&running.await.map_err(Into::into)?) })
        });
        Self { name: name.into().into(), workflow: None, undo: false, failures: None, run, calls: Arc::default() }
    }

    /// Returns this value in place of the steps of this name.
    #[must_use]
    pub fn returns<T: Serialize + ?Sized>(name: impl Into<String>, value: &T) -> Self {
        let value = Payload::of_result(value);
        Self::new(name, move |_| std::future::ready(value.clone()))
    }

    /// Fails in place of the steps of this name.
    #[must_use]
    pub fn fails(name: impl Into<String>, failure: Failure) -> Self {
        Self::new(name, move |_| std::future::ready(Err::<(), _>(failure.clone())))
    }

    /// Only for steps of this workflow. It goes before a stub for all workflows.
    #[must_use]
    pub fn only_in(mut self, workflow: impl Into<String>) -> Self {
        self.workflow = Some(workflow.into().into());
        self
    }

    /// For the undos of the steps of this name, and not for the steps themselves.
    #[must_use]
    pub fn for_undo(mut self) -> Self {
        self.undo = true;
        self
    }

    /// The first `attempts` attempts of each step fail so; later ones run the stub. Attempts are recorded, so a crash does
    /// not begin the count anew.
    #[must_use]
    pub fn failing_attempts(mut self, attempts: u32, failure: Failure) -> Self {
        self.failures = Some((attempts, failure));
        self
    }

    /// How often it ran, those that failed included; over all workflows, openings and crashes.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// The stub for a step: one for its workflow before one for all, and of several the one given last.
    pub(crate) fn find<'s>(stubs: &'s [Self], workflow: &str, name: &str, role: StepRole) -> Option<&'s Self> {
        let fits = |stub: &&Self| {
            *stub.name == *name
                && stub.undo == (role == StepRole::Undo)
                && stub.workflow.as_deref().is_none_or(|only| only == workflow)
        };
        let found = |precise: bool| stubs.iter().rev().filter(fits).find(|stub| stub.workflow.is_some() == precise);
        found(true).or_else(|| found(false))
    }

    /// What is run for the attempts of a step.
    pub(crate) fn body<'a>(&self) -> Run<'a> {
        let stub = self.clone();
        Box::new(move |step| {
            let stub = stub.clone();
            Box::pin(async move {
                stub.calls.fetch_add(1, Ordering::Relaxed);
                match stub.failures {
                    Some((attempts, failure)) if step.attempt() <= attempts => Err(failure),
                    _ => (stub.run)(step).await.map(Done::Result),
                }
            })
        })
    }
}

impl fmt::Debug for Stub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stub")
            .field("name", &self.name)
            .field("workflow", &self.workflow)
            .field("undo", &self.undo)
            .field("calls", &self.calls())
            .finish_non_exhaustive()
    }
}

impl Builder {
    /// Runs a [`Stub`] in place of the steps that it names. With the feature `testing`.
    #[must_use]
    pub fn stub(mut self, stub: &Stub) -> Self {
        Arc::make_mut(&mut self.rehearsal.stubs).push(stub.clone());
        self
    }

    /// Runs the body of every step twice, one after the other, and records what the second run gives: a step that is not
    /// idempotent shows it. With the feature `testing`.
    ///
    /// A step that may be [run only once](crate::Step::at_most_once) is run twice too, and the time of an
    /// [attempt](crate::Step::timeout) counts for both together. [Stubs](Stub) are also called twice.
    #[must_use]
    pub fn every_step_twice(mut self) -> Self {
        self.rehearsal.twice = true;
        self
    }
}
