//! Where time comes from.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Tells the time. Entities never ask it themselves; the engine stamps every turn.
pub trait Clock: Send + Sync + 'static {
    /// ms since the Unix epoch.
    fn now_ms(&self) -> u64;

    /// Whether it may show something else than so much later when tokio says that time has passed, as a clock does that
    /// somebody sets. It is then looked at every second; one that may not is left alone until something is due.
    fn may_jump(&self) -> bool {
        true
    }
}

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

/// A clock that follows tokio's, so that a test on a paused tokio runtime runs on virtual time.
///
/// It begins at the time of the operating system, or where [`starting_at`](Self::starting_at) says.
#[derive(Debug, Clone, Copy)]
pub struct TokioClock {
    base_ms: u64,
    origin: tokio::time::Instant,
}

impl TokioClock {
    /// A clock that now shows the time of the operating system.
    #[must_use]
    pub fn new() -> Self {
        Self::starting_at(SystemClock.now_ms())
    }

    /// A clock that now shows `ms` since the Unix epoch.
    #[must_use]
    pub fn starting_at(ms: u64) -> Self {
        Self { base_ms: ms, origin: tokio::time::Instant::now() }
    }
}

impl Default for TokioClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TokioClock {
    fn now_ms(&self) -> u64 {
        let passed = u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.base_ms.saturating_add(passed)
    }

    fn may_jump(&self) -> bool {
        false
    }
}
