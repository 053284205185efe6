//! The operations that run many branches at once: `map` over items and `parallel` over different code.

use std::borrow::Cow;
use std::panic::Location;
use std::sync::Arc;

use futures::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::child::GIVEN_UP;
use super::completion::{Completion, CompletionReason, Progress};
use super::outcomes::{BranchEnd, Branched, Outcomes};
use super::together::Together;
use super::{Child, Context, call::Call};
use crate::event::ContextKind;
use crate::{Failure, IntoFailure};

/// How many branches run at a time, and when it is done.
struct Rules {
    max_concurrency: Option<usize>,
    completion: Completion,
    flat: bool,
}

impl Rules {
    fn new() -> Self {
        Self { max_concurrency: None, completion: Completion::new(), flat: false }
    }

    fn check(&self) -> Result<(), Failure> {
        if self.max_concurrency == Some(0) {
            return Err(Failure::new(Failure::INVALID_SETTING, "`max_concurrency` must be at least 1"));
        }
        self.completion.check()
    }
}

/// One branch, not yet begun.
struct Planned<'a, T> {
    name: Cow<'static, str>,
    run: Box<dyn FnOnce(Context) -> BoxFuture<'a, Result<T, Failure>> + Send + 'a>,
}

/// A map over items: await it for the [`Outcomes`] of all that were begun. Made by [`Context::map`].
#[must_use = "a map does nothing unless it is awaited"]
pub struct Map<'a, I, T> {
    context: Context,
    call: Call,
    items: Vec<I>,
    names: Option<Vec<String>>,
    run: RunItem<'a, I, T>,
    rules: Rules,
}

type RunItem<'a, I, T> = Arc<dyn Fn(Context, I, usize) -> BoxFuture<'a, Result<T, Failure>> + Send + Sync + 'a>;

impl<'a, I, T> Map<'a, I, T> {
    pub(super) fn new<F, Fut, E>(
        context: &Context,
        name: Cow<'static, str>,
        items: Vec<I>,
        run: F,
        at: &'static Location<'static>,
    ) -> Self
    where
        F: Fn(Context, I, usize) -> Fut + Send + Sync + 'a,
        Fut: Future<Output = Result<T, E>> + Send + 'a,
        E: Into<Failure>,
    {
        let run: RunItem<'a, I, T> = Arc::new(move |context, item, index| {
            let running = run(context, item, index);
            Box::pin(async move { running.await.map_err(Into::into) })
        });
        let call = Call::new(context, name, at, GIVEN_UP);
        Self { context: context.clone(), call, items, names: None, run, rules: Rules::new() }
    }

    /// What the branches are called in the history, from the item and its index; `map-item-0` and so on if not set.
    pub fn item_names(mut self, mut name: impl FnMut(&I, usize) -> String) -> Self {
        self.names = Some(self.items.iter().enumerate().map(|(index, item)| name(item, index)).collect());
        self
    }

    /// At most so many branches at a time, those that only wait included; at least 1. All at once if not set.
    pub fn max_concurrency(mut self, branches: usize) -> Self {
        self.rules.max_concurrency = Some(branches);
        self
    }

    /// When it is done; the first failure ends it if not set.
    pub fn completion(mut self, completion: Completion) -> Self {
        self.rules.completion = completion;
        self
    }

    /// Records no event for the branches, only for what they call: AWS's `FLAT` nesting. Cheaper to record, and dearer to
    /// replay.
    pub fn flat(mut self) -> Self {
        self.rules.flat = true;
        self
    }
}

impl<'a, I, T> IntoFuture for Map<'a, I, T>
where
    I: Send + 'a,
    T: Serialize + DeserializeOwned + Send + 'a,
{
    type Output = Result<Outcomes<T>, Failure>;
    type IntoFuture = Child<'a, Outcomes<T>>;

    fn into_future(self) -> Child<'a, Outcomes<T>> {
        let Self { context, call, items, names, run, rules } = self;
        let mut names = names.map(Vec::into_iter);
        let planned = items.into_iter().enumerate().map(move |(index, item)| {
            let name = names.as_mut().and_then(Iterator::next).unwrap_or_else(|| format!("map-item-{index}"));
            let run = Arc::clone(&run);
            Planned { name: name.into(), run: Box::new(move |context| run(context, item, index)) }
        });
        fan_out(&context, call, [ContextKind::Map, ContextKind::MapIteration], rules, planned)
    }
}

impl<I, T> std::fmt::Debug for Map<'_, I, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Map").field("call", &self.call).field("items", &self.items.len()).finish_non_exhaustive()
    }
}

/// Different code at once: add branches, then await it for the [`Outcomes`] of all that were begun. Made by
/// [`Context::parallel`].
#[must_use = "a parallel does nothing unless it is awaited"]
pub struct Parallel<'a, T> {
    context: Context,
    call: Call,
    branches: Vec<Planned<'a, T>>,
    rules: Rules,
}

impl<'a, T> Parallel<'a, T> {
    pub(super) fn new(context: &Context, name: Cow<'static, str>, at: &'static Location<'static>) -> Self {
        let call = Call::new(context, name, at, GIVEN_UP);
        Self { context: context.clone(), call, branches: Vec::new(), rules: Rules::new() }
    }

    /// Adds a branch.
    pub fn branch<F, Fut, E>(mut self, name: impl Into<Cow<'static, str>>, run: F) -> Self
    where
        F: FnOnce(Context) -> Fut + Send + 'a,
        Fut: Future<Output = Result<T, E>> + Send + 'a,
        E: IntoFailure,
    {
        let run = Box::new(move |context| {
            let running = run(context);
            let running: BoxFuture<'a, Result<T, Failure>> = Box::pin(async move { running.await.map_err(Into::into) });
            running
        });
        self.branches.push(Planned { name: name.into(), run });
        self
    }

    /// At most so many branches at a time, those that only wait included; at least 1. All at once if not set.
    pub fn max_concurrency(mut self, branches: usize) -> Self {
        self.rules.max_concurrency = Some(branches);
        self
    }

    /// When it is done; the first failure ends it if not set.
    pub fn completion(mut self, completion: Completion) -> Self {
        self.rules.completion = completion;
        self
    }

    /// Records no event for the branches, only for what they call: AWS's `FLAT` nesting. Cheaper to record, and dearer to
    /// replay.
    pub fn flat(mut self) -> Self {
        self.rules.flat = true;
        self
    }
}

impl<'a, T> IntoFuture for Parallel<'a, T>
where
    T: Serialize + DeserializeOwned + Send + 'a,
{
    type Output = Result<Outcomes<T>, Failure>;
    type IntoFuture = Child<'a, Outcomes<T>>;

    fn into_future(self) -> Child<'a, Outcomes<T>> {
        let Self { context, call, branches, rules } = self;
        let kinds = [ContextKind::Parallel, ContextKind::ParallelBranch];
        fan_out(&context, call, kinds, rules, branches.into_iter())
    }
}

impl<T> std::fmt::Debug for Parallel<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parallel")
            .field("call", &self.call)
            .field("branches", &self.branches.len())
            .finish_non_exhaustive()
    }
}

/// The context around all branches. `kinds` are its own and that of a branch.
fn fan_out<'a, T>(
    context: &Context,
    call: Call,
    kinds: [ContextKind; 2],
    rules: Rules,
    planned: impl ExactSizeIterator<Item = Planned<'a, T>> + Send + 'a,
) -> Child<'a, Outcomes<T>>
where
    T: Serialize + DeserializeOwned + Send + 'a,
{
    let [kind, kind_of_branch] = kinds;
    let at = call.at;
    match rules.check() {
        Err(failure) => Child::refused(context, call, kind, failure),
        Ok(()) => Child::of_call(context, call, kind, move |within| async move {
            Ok::<_, Failure>(run(&within, kind_of_branch, &rules, planned, at).await)
        }),
    }
}

/// Runs the branches. They are looked at in the order in which the history brings what they wait for, so that which of
/// them ends first is the same in replay.
async fn run<'a, T>(
    within: &Context,
    kind: ContextKind,
    rules: &Rules,
    mut planned: impl ExactSizeIterator<Item = Planned<'a, T>> + Send + 'a,
    at: &'static Location<'static>,
) -> Outcomes<T>
where
    T: Serialize + DeserializeOwned + Send + 'a,
{
    let most = rules.max_concurrency.unwrap_or(usize::MAX);
    let mut progress = Progress { total: planned.len(), ..Progress::default() };
    let mut branches: Vec<Branched<T>> = Vec::new();
    let mut running = Together::new();
    let reason = loop {
        while running.running() < most
            && let Some(Planned { name, run }) = planned.next()
        {
            let child = Child::new(within, name, kind, run, at);
            let child = if rules.flat { child.flat() } else { child };
            let index = branches.len();
            branches.push(Branched { index, end: BranchEnd::Started });
            running.push(async move { (index, child.await) });
        }
        let Some((index, outcome)) = running.next().await else { break CompletionReason::AllCompleted };
        match &outcome {
            Ok(_) => progress.succeeded += 1,
            Err(_) => progress.failed += 1,
        }
        if let Some(branch) = branches.get_mut(index) {
            branch.end = outcome.map_or_else(BranchEnd::Failed, BranchEnd::Succeeded);
        }
        if let Some(reason) = rules.completion.judge(progress) {
            break reason;
        }
    };
    drop(running);
    Outcomes::new(reason, branches)
}
