//! What a workflow is given to call operations with.

use std::borrow::Cow;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use duramen_storage::ExecutionId;
use serde::Serialize;

use super::board::Board;
use super::step::hide;
use super::{Child, Saga, Step, Wait};
use crate::event::StepRole;
use crate::{Failure, OperationId};

/// What a workflow calls its operations on.
///
/// Clones are the same context. A child context has its own count of operations, so that a change in one branch of a
/// workflow does not shift the ids of another.
#[derive(Clone)]
pub struct Context {
    inner: Arc<Inner>,
}

struct Inner {
    board: Arc<Board>,
    about: Arc<About>,
    path: Vec<u32>,
    operations: AtomicU32,
}

/// Which execution a workflow is.
pub(crate) struct About {
    pub(crate) execution: ExecutionId,
    pub(crate) workflow: String,
    pub(crate) name: String,
}

impl Context {
    pub(crate) fn new(board: Arc<Board>, about: About) -> Self {
        let inner = Inner { board, about: Arc::new(about), path: Vec::new(), operations: AtomicU32::new(0) };
        Self { inner: Arc::new(inner) }
    }

    pub(crate) fn board(&self) -> &Arc<Board> {
        &self.inner.board
    }

    pub(crate) fn next_operation(&self) -> OperationId {
        let before = self.inner.operations.fetch_add(1, Ordering::Relaxed);
        OperationId::within(&self.inner.path, before.saturating_add(1))
    }

    /// The context of a child.
    pub(crate) fn inside(&self, child: &OperationId) -> Self {
        let inner = Inner {
            board: Arc::clone(&self.inner.board),
            about: Arc::clone(&self.inner.about),
            path: child.path().to_vec(),
            operations: AtomicU32::new(0),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The execution this is.
    #[must_use]
    pub fn execution(&self) -> ExecutionId {
        self.inner.about.execution
    }

    /// The workflow it runs.
    #[must_use]
    pub fn workflow(&self) -> &str {
        &self.inner.about.workflow
    }

    /// The name it was started under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.about.name
    }

    /// Whether the code now runs only to come to where it already was. Logs are silent meanwhile.
    #[must_use]
    pub fn replaying(&self) -> bool {
        self.inner.board.is_replaying()
    }

    /// Runs code outside of the workflow and records its result: it runs at least once, and its result is recorded
    /// exactly once.
    ///
    /// `run` is called for each attempt, and gives the future that then runs on a task of its own. A failure is tried
    /// again as [`Step::retry`] says; a panic counts as a failure named `Panic`. The result is recorded as JSON.
    #[track_caller]
    pub fn step<'a, F, Fut, T, E>(&self, name: impl Into<Cow<'static, str>>, run: F) -> Step<'a, T>
    where
        F: FnMut() -> Fut + Send + 'a,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: Serialize,
        E: Into<Failure>,
    {
        Step::new(self, name.into(), StepRole::Do, hide(run), Location::caller())
    }

    /// Waits for a time, to the ms. An execution that waits costs no memory, and waits on through any number of crashes:
    /// it ends at a point in time.
    #[track_caller]
    pub fn wait(&self, name: impl Into<Cow<'static, str>>, duration: Duration) -> Wait {
        Wait::new(self, name.into(), duration, Location::caller())
    }

    /// Runs a part of the workflow in a context of its own, and records its result.
    #[track_caller]
    pub fn child<'a, F, Fut, T, E>(&self, name: impl Into<Cow<'static, str>>, run: F) -> Child<'a, T>
    where
        F: FnOnce(Context) -> Fut + Send + 'a,
        Fut: Future<Output = Result<T, E>> + Send + 'a,
        T: Serialize,
        E: Into<Failure>,
    {
        Child::new(self, name.into(), run, Location::caller())
    }

    /// Begins a saga: steps that are undone, the newest first, when a later one fails.
    #[must_use]
    pub fn saga<'a>(&self) -> Saga<'a> {
        Saga::new(self)
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("execution", &self.execution())
            .field("workflow", &self.workflow())
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}
