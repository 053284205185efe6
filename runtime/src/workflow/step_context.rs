//! What the body of a step is given.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use duramen_storage::ExecutionId;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::OperationId;

/// What the body of a step is given by [`Context::step_with`](crate::Context::step_with): which attempt it is, a key
/// that stays the same for all of them, and whether it is still wanted. Clones are of the same attempt.
///
/// ```
/// use duramen::{Context, Failure};
/// use std::time::Duration;
///
/// async fn import(ctx: Context, pages: u32) -> Result<u32, Failure> {
///     ctx.step_with("import", move |step| async move {
///         for page in 1..=pages {
///             load(page, step.key()).await?; // the other side tells a repeated call by the key
///             step.heartbeat();
///         }
///         Ok::<_, Failure>(pages)
///     })
///     .heartbeat(Duration::from_secs(30))
///     .await
/// }
/// # async fn load(_: u32, _: &str) -> Result<(), Failure> { Ok(()) }
/// ```
#[derive(Clone)]
pub struct StepContext {
    inner: Arc<Inner>,
}

struct Inner {
    execution: ExecutionId,
    operation: OperationId,
    name: String,
    attempt: u32,
    run: u32,
    key: OnceLock<String>,
    alive: Mutex<Option<Instant>>,
    is_cancelled: AtomicBool,
    cancelled: Notify,
}

impl StepContext {
    pub(crate) fn new(execution: ExecutionId, run: u32, operation: &OperationId, name: &str, attempt: u32) -> Self {
        let inner = Inner {
            execution,
            operation: operation.clone(),
            name: name.to_owned(),
            attempt,
            run,
            key: OnceLock::new(),
            alive: Mutex::new(None),
            is_cancelled: AtomicBool::new(false),
            cancelled: Notify::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The execution the step belongs to.
    #[must_use]
    pub fn execution(&self) -> ExecutionId {
        self.inner.execution
    }

    /// The step.
    #[must_use]
    pub fn operation(&self) -> &OperationId {
        &self.inner.operation
    }

    /// The name of the step.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Which attempt this is; the first is 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.inner.attempt
    }

    /// A text that names the step and no other, in all its attempts and after any crash: an idempotency key for what the
    /// step calls.
    #[must_use]
    pub fn key(&self) -> &str {
        let Inner { execution, operation, run, key, .. } = self.inner.as_ref();
        key.get_or_init(|| match run {
            0 => format!("{execution}/{operation}"),
            _ => format!("{execution}/{run}/{operation}"),
        })
    }

    /// Says that the attempt is still at work; see [`Step::heartbeat`](crate::Step::heartbeat).
    pub fn heartbeat(&self) {
        *self.inner.alive.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether nobody waits for the result any more.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.inner.is_cancelled.load(Ordering::Acquire)
    }

    /// Waits until nobody waits for the result any more: the execution was cancelled, or another branch of a race won.
    /// What the attempt does then must be done within [`Step::grace`](crate::Step::grace).
    pub async fn cancelled(&self) {
        let mut told = std::pin::pin!(self.inner.cancelled.notified());
        // Listened for before the flag is looked at, so that its change is not missed.
        told.as_mut().enable();
        if !self.is_cancelled() {
            told.await;
        }
    }

    pub(crate) fn cancel(&self) {
        self.inner.is_cancelled.store(true, Ordering::Release);
        self.inner.cancelled.notify_waiters();
    }

    /// Waits until the attempt was silent for so long.
    pub(crate) async fn silent_for(&self, longest: Duration) {
        let last_sign = || *self.inner.alive.lock().unwrap_or_else(PoisonError::into_inner);
        let mut since = Instant::now();
        loop {
            tokio::time::sleep_until(since + longest).await;
            match last_sign() {
                Some(sign) if sign > since => since = sign,
                _ => return,
            }
        }
    }
}

impl fmt::Debug for StepContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { execution, operation, name, attempt, .. } = self.inner.as_ref();
        f.debug_struct("StepContext")
            .field("execution", execution)
            .field("operation", operation)
            .field("name", name)
            .field("attempt", attempt)
            .finish_non_exhaustive()
    }
}
