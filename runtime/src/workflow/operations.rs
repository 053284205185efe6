//! The operations that a workflow calls on its context.

use std::borrow::Cow;
use std::panic::Location;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::step::hide;
use super::wait::Until;
use super::{
    Callback, Child, Condition, Context, Invoke, Map, NextUpdate, Parallel, Saga, Signal, Step, StepContext, Wait,
    WaitForCallback, WaitForCondition, joins,
};
use crate::event::{ContextKind, StepRole};
use crate::{CallbackToken, Failure, IntoFailure, Recordable, Retry};

impl Context {
    /// Runs code outside of the workflow and records its result: it runs at least once, and its result is recorded
    /// exactly once.
    ///
    /// `run` is called for each attempt, and gives the future that then runs on a task of its own. A failure is tried
    /// again as [`Step::retry`] says; a panic counts as a failure named `Panic`. The result is recorded as JSON and read
    /// from it, so it is a `String`, say, and no `&str`. The closure may borrow from the workflow; its future may not, as
    /// it runs beside the workflow, and is given clones.
    ///
    /// ```
    /// # use duramen::{Context, Failure};
    /// async fn welcome(ctx: Context, customer: String) -> Result<String, Failure> {
    ///     let account: u32 = ctx.step("account", || open_account(customer.clone())).await?;
    ///     ctx.step("greet", || {
    ///         let customer = customer.clone();
    ///         async move { Ok::<_, Failure>(format!("Welcome, {customer}: your account is number {account}")) }
    ///     })
    ///     .await
    /// }
    /// # async fn open_account(_: String) -> Result<u32, Failure> { Ok(7) }
    /// ```
    #[track_caller]
    pub fn step<'a, F, Fut, T, E>(&self, name: impl Into<Cow<'static, str>>, mut run: F) -> Step<'a, T>
    where
        F: FnMut() -> Fut + Send + 'a,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: Recordable,
        E: IntoFailure,
    {
        Step::new(self, name.into(), StepRole::Do, hide(move |_| run()), Location::caller())
    }

    /// A [`step`](Self::step) whose code is given a [`StepContext`]: which attempt it is, an idempotency key, heartbeats
    /// and whether it is still wanted.
    #[track_caller]
    pub fn step_with<'a, F, Fut, T, E>(&self, name: impl Into<Cow<'static, str>>, run: F) -> Step<'a, T>
    where
        F: FnMut(StepContext) -> Fut + Send + 'a,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: Recordable,
        E: IntoFailure,
    {
        Step::new(self, name.into(), StepRole::Do, hide(run), Location::caller())
    }

    /// Waits for a time, to the ms. An execution that waits costs no memory, and waits on through any number of crashes:
    /// it ends at a point in time.
    #[track_caller]
    pub fn wait(&self, name: impl Into<Cow<'static, str>>, duration: Duration) -> Wait {
        Wait::new(self, name.into(), Until::Passed(duration), Location::caller())
    }

    /// Waits until a point in time, in ms since the Unix epoch. One that has passed is no error.
    #[track_caller]
    pub fn wait_until(&self, name: impl Into<Cow<'static, str>>, ms: u64) -> Wait {
        Wait::new(self, name.into(), Until::Reached(ms), Location::caller())
    }

    /// Waits for somebody outside, who has the [token](Callback::token) and answers through
    /// [`Runtime::succeed_callback`](crate::Runtime::succeed_callback) or
    /// [`Runtime::fail_callback`](crate::Runtime::fail_callback).
    #[track_caller]
    pub fn callback<T: DeserializeOwned>(&self, name: impl Into<Cow<'static, str>>) -> Callback<T> {
        Callback::new(self, name.into(), Location::caller())
    }

    /// Begins a callback, hands its token on by a step, and waits for the answer: AWS's `waitForCallback`. `submit` is run
    /// like the code of a step.
    ///
    /// ```
    /// # use duramen::{CallbackToken, Context, Failure};
    /// # use std::time::Duration;
    /// async fn approve(ctx: Context, invoice: u32) -> Result<bool, Failure> {
    ///     ctx.wait_for_callback("approval", |token| ask(invoice, token)).timeout(Duration::from_secs(24 * 3600)).await
    /// }
    /// # async fn ask(_: u32, _: CallbackToken) -> Result<(), Failure> { Ok(()) }
    /// ```
    #[track_caller]
    pub fn wait_for_callback<'a, T, F, Fut, E>(
        &self,
        name: impl Into<Cow<'static, str>>,
        submit: F,
    ) -> WaitForCallback<'a, T>
    where
        F: FnMut(CallbackToken) -> Fut + Send + 'a,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: IntoFailure,
    {
        WaitForCallback::new(self, name.into(), submit, Location::caller())
    }

    /// Looks again and again whether something is so, and carries a state from one look to the next, `initial` to the
    /// first. Each look is run like the code of a step; a look that fails is not tried again. AWS's `waitForCondition`.
    ///
    /// ```
    /// # use duramen::{Condition, Context, Failure, Retry};
    /// # use std::time::Duration;
    /// async fn copied(ctx: Context, copy: String) -> Result<u32, Failure> {
    ///     ctx.wait_for_condition("copied", 0, move |looks: u32| {
    ///         let copy = copy.clone();
    ///         async move {
    ///             let done = is_done(&copy).await?;
    ///             Ok::<_, Failure>(if done { Condition::Met(looks + 1) } else { Condition::NotYet(looks + 1) })
    ///         }
    ///     })
    ///     .poll_every(Retry::polling().first(Duration::from_secs(1)))
    ///     .await
    /// }
    /// # async fn is_done(_: &str) -> Result<bool, Failure> { Ok(true) }
    /// ```
    #[track_caller]
    pub fn wait_for_condition<'a, S, F, Fut, E>(
        &self,
        name: impl Into<Cow<'static, str>>,
        initial: S,
        check: F,
    ) -> WaitForCondition<'a, S>
    where
        F: FnMut(S) -> Fut + Send + 'a,
        Fut: Future<Output = Result<Condition<S>, E>> + Send + 'static,
        S: Serialize + DeserializeOwned,
        E: IntoFailure,
    {
        WaitForCondition::new(self, name.into(), initial, check, Location::caller())
    }

    /// Runs another workflow as an execution of its own, with its own history and handle, and waits for its result.
    #[track_caller]
    pub fn invoke<T: DeserializeOwned>(
        &self,
        workflow: impl Into<Cow<'static, str>>,
        input: impl Serialize,
    ) -> Invoke<T> {
        Invoke::new(self, workflow.into(), &input, Location::caller())
    }

    /// Runs a part of the workflow in a context of its own, and records its result.
    ///
    /// Once it has ended, it is replayed as that one result: 10,000 operations inside of it cost no more to replay than
    /// one. So it must return what it finds out, not leave it in a variable of the code around it.
    #[track_caller]
    pub fn child<'a, F, Fut, T, E>(&self, name: impl Into<Cow<'static, str>>, run: F) -> Child<'a, T>
    where
        F: FnOnce(Context) -> Fut + Send + 'a,
        Fut: Future<Output = Result<T, E>> + Send + 'a,
        T: Recordable,
        E: IntoFailure,
    {
        Child::new(self, name.into(), ContextKind::Child, run, Location::caller())
    }

    /// Runs a block of operations, and runs it again as a whole when it fails, as `retry` says. `block` is given the child
    /// context to call its operations on and the number of the attempt, from 1. Between attempts it waits, durably.
    #[track_caller]
    pub fn with_retry<'a, F, Fut, T, E>(
        &self,
        name: impl Into<Cow<'static, str>>,
        retry: Retry,
        mut block: F,
    ) -> Child<'a, T>
    where
        F: FnMut(Context, u32) -> Fut + Send + 'a,
        Fut: Future<Output = Result<T, E>> + Send + 'a,
        T: Recordable + Send + 'a,
        E: IntoFailure + 'a,
    {
        let (name, at) = (name.into(), Location::caller());
        let inner = name.clone();
        let run = move |ctx: Context| async move {
            let mut attempt = 1;
            loop {
                let running = block(ctx.clone(), attempt);
                let failure: Failure = match running.await {
                    Ok(value) => return Ok(value),
                    Err(failure) => failure.into(),
                };
                // The end of this pause is recorded when it begins, so chance does not come in again.
                let pause_ms = retry.delay_ms(&failure, attempt, fastrand::f64());
                let Some(pause_ms) = pause_ms.filter(|_| !ctx.is_cancelled()) else { return Err(failure) };
                let pause = Until::Passed(Duration::from_millis(pause_ms));
                Wait::new(&ctx, format!("{inner}-backoff-{attempt}").into(), pause, at).await?;
                attempt += 1;
            }
        };
        Child::new(self, name, ContextKind::WithRetry, run, at)
    }

    /// Runs the same code for many items, each in a child context of its own. `run` is given that context, the item, and
    /// its index from 0.
    ///
    /// ```
    /// # use duramen::{Completion, Context, Failure};
    /// async fn thumbnails(ctx: Context, pictures: Vec<String>) -> Result<usize, Failure> {
    ///     let made = ctx
    ///         .map("thumbnails", pictures, |ctx, picture: String, _| async move {
    ///             ctx.step("shrink", || shrink(picture.clone())).await
    ///         })
    ///         .max_concurrency(10)
    ///         .completion(Completion::new().tolerate_percent(5.0))
    ///         .await?;
    ///     Ok(made.succeeded().count())
    /// }
    /// # async fn shrink(picture: String) -> Result<String, Failure> { Ok(picture) }
    /// ```
    #[track_caller]
    pub fn map<'a, I, F, Fut, T, E>(
        &self,
        name: impl Into<Cow<'static, str>>,
        items: impl IntoIterator<Item = I>,
        run: F,
    ) -> Map<'a, I, T>
    where
        F: Fn(Context, I, usize) -> Fut + Send + Sync + 'a,
        Fut: Future<Output = Result<T, E>> + Send + 'a,
        E: IntoFailure,
    {
        Map::new(self, name.into(), items.into_iter().collect(), run, Location::caller())
    }

    /// Runs different code at once, each [branch](Parallel::branch) in a child context of its own.
    ///
    /// ```
    /// # use duramen::{Context, Failure};
    /// async fn check(ctx: Context, order: u32) -> Result<Vec<bool>, Failure> {
    ///     ctx.parallel("checks")
    ///         .branch("stock", |ctx| async move { ctx.step("look", move || in_stock(order)).await })
    ///         .branch("fraud", |ctx| async move { ctx.step("score", move || is_honest(order)).await })
    ///         .await?
    ///         .or_failure()
    /// }
    /// # async fn in_stock(_: u32) -> Result<bool, Failure> { Ok(true) }
    /// # async fn is_honest(_: u32) -> Result<bool, Failure> { Ok(true) }
    /// ```
    #[track_caller]
    pub fn parallel<'a, T>(&self, name: impl Into<Cow<'static, str>>) -> Parallel<'a, T> {
        Parallel::new(self, name.into(), Location::caller())
    }

    /// The results of all operations, in order. The first failure to come ends it, and the others are given up.
    ///
    /// # Errors
    /// That failure.
    pub async fn all<F, T>(&self, operations: impl IntoIterator<Item = F>) -> Result<Vec<T>, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        joins::all(operations).await
    }

    /// How each of the operations ended, in order.
    pub async fn all_settled<F, T>(&self, operations: impl IntoIterator<Item = F>) -> Vec<Result<T, Failure>>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        joins::all_settled(operations).await
    }

    /// The result of the operation that succeeds first in the history; the others are given up.
    ///
    /// # Errors
    /// [`Failure::NONE_SUCCEEDED`] when all fail, with their failures as data.
    pub async fn any<F, T>(&self, operations: impl IntoIterator<Item = F>) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        joins::any(operations).await
    }

    /// How the operation ended that ends first in the history; the others are given up, and that is recorded: a step is
    /// broken off, an invoked execution cancelled.
    ///
    /// Not to be replaced by `tokio::select!`, which looks at its branches in a random order and so may go another way when it
    /// is replayed. `futures::future::select` is fine, for two operations that give different things.
    ///
    /// ```
    /// # use duramen::{Context, Failure};
    /// # use futures::FutureExt;
    /// # use std::time::Duration;
    /// async fn reply(ctx: Context, (): ()) -> Result<Option<String>, Failure> {
    ///     ctx.race([
    ///         async { ctx.signal("reply").await.map(Some) }.boxed(),
    ///         async { ctx.wait("patience", Duration::from_secs(60)).await.map(|()| None) }.boxed(),
    ///     ])
    ///     .await
    /// }
    /// ```
    ///
    /// # Errors
    /// When that operation failed.
    pub async fn race<F, T>(&self, operations: impl IntoIterator<Item = F>) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        joins::race(operations).await
    }

    /// Begins a saga: steps that are undone, the newest first, when a later one fails.
    #[must_use]
    pub fn saga<'a>(&self) -> Saga<'a> {
        Saga::new(self)
    }

    /// Takes the next signal of this name that was sent by [`Handle::signal`](crate::Handle::signal). Signals wait in the
    /// order of their coming, also those that came before the workflow asks.
    #[track_caller]
    pub fn signal<T: DeserializeOwned>(&self, name: impl Into<Cow<'static, str>>) -> Signal<T> {
        Signal::new(self, name.into(), Location::caller())
    }

    /// Takes the next request of this name that was made by [`Handle::update`](crate::Handle::update), and answers it.
    ///
    /// ```
    /// # use duramen::{Context, Failure};
    /// async fn counter(ctx: Context, (): ()) -> Result<u64, Failure> {
    ///     let mut total = 0;
    ///     while total < 100 {
    ///         let by = ctx
    ///             .update::<u64>("add")
    ///             .validate(|by| if *by > 0 { Ok(()) } else { Err(Failure::new("Nothing", "add at least 1")) })
    ///             .await?;
    ///         total += by.value();
    ///         by.accept(&total);
    ///     }
    ///     Ok(total)
    /// }
    /// ```
    #[track_caller]
    pub fn update<'a, T: DeserializeOwned>(&self, name: impl Into<Cow<'static, str>>) -> NextUpdate<'a, T> {
        NextUpdate::new(self, name.into(), Location::caller())
    }
}
