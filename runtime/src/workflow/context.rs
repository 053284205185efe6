//! What a workflow is given to call operations with.

use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use duramen_storage::ExecutionId;

use super::board::{Board, Inside};
use crate::OperationId;

/// What a workflow calls its operations on.
///
/// Clones are the same context. A child context has its own count of operations, so that a change in one branch of a
/// workflow does not shift the ids of another.
#[derive(Clone)]
pub struct Context {
    inner: Arc<Inner>,
    /// Cancelling the execution does not touch what is called on it.
    shielded: bool,
}

struct Inner {
    board: Arc<Board>,
    about: Arc<About>,
    path: Vec<u32>,
    /// The path of the innermost context around it that is recorded, or its own.
    recorded: usize,
    operations: AtomicU32,
}

/// Which execution a workflow is.
pub(crate) struct About {
    pub(crate) execution: ExecutionId,
    pub(crate) workflow: String,
    pub(crate) version: u32,
    pub(crate) name: String,
    pub(crate) run: u32,
}

impl Context {
    pub(crate) fn new(board: Arc<Board>, about: About) -> Self {
        let (about, operations) = (Arc::new(about), AtomicU32::new(0));
        let inner = Inner { board, about, path: Vec::new(), recorded: 0, operations };
        Self { inner: Arc::new(inner), shielded: false }
    }

    pub(crate) fn board(&self) -> &Arc<Board> {
        &self.inner.board
    }

    pub(super) fn path(&self) -> &[u32] {
        &self.inner.path
    }

    pub(super) fn is_shielded(&self) -> bool {
        self.shielded
    }

    pub(super) fn next_operation(&self, at: &'static Location<'static>) -> OperationId {
        self.inner.board.check_context(&self.inner.path, at);
        let before = self.inner.operations.fetch_add(1, Ordering::Relaxed);
        OperationId::within(&self.inner.path, before.saturating_add(1))
    }

    /// The context of a child; of one that is flat, nothing is recorded itself.
    pub(super) fn inside(&self, child: &OperationId, flat: bool) -> Self {
        let path = child.path().to_vec();
        let inner = Inner {
            board: Arc::clone(&self.inner.board),
            about: Arc::clone(&self.inner.about),
            recorded: if flat { self.inner.recorded } else { path.len() },
            path,
            operations: AtomicU32::new(0),
        };
        Self { inner: Arc::new(inner), shielded: self.shielded }
    }

    /// The code of this context runs until the guard is dropped.
    pub(super) fn enter(&self) -> Inside<'_> {
        let recorded = self.inner.path.get(..self.inner.recorded).unwrap_or_default();
        self.inner.board.enter(recorded)
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

    /// Which version of the workflow it runs.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.inner.about.version
    }

    /// The name it was started under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.about.name
    }

    /// How often the workflow was begun again by [`continue_as_new`](Self::continue_as_new).
    #[must_use]
    pub fn run(&self) -> u32 {
        self.inner.about.run
    }

    /// Whether the code now runs only to come to where it already was. Logs are silent meanwhile.
    #[must_use]
    pub fn replaying(&self) -> bool {
        self.inner.board.is_replaying()
    }

    /// Whether the execution was cancelled, or its time is up. What is called on this context then fails at once.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.inner.board.is_cancelled()
    }

    /// The same context, but cancelling the execution does not touch what is called on it: for tidying up.
    #[must_use]
    pub fn shielded(&self) -> Self {
        Self { shielded: true, ..self.clone() }
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
