//! Deletes executions that ended long ago, a few at a time, while the runtime goes on.

use std::sync::Arc;
use std::time::Duration;

use duramen_actors::System;
use tokio::task::AbortHandle;

use crate::execution::Execution;

/// How many executions are deleted at a stretch.
const AT_A_STRETCH: usize = 50;
/// The pause between two stretches, which leaves the log to others.
const PAUSE: Duration = Duration::from_millis(20);

/// The task that deletes; it ends when this is dropped.
pub(crate) struct Retention {
    task: AbortHandle,
}

impl Retention {
    pub(crate) fn begin(system: &Arc<System<Execution>>, period: Duration) -> Self {
        let weak = Arc::downgrade(system);
        // Often enough that nothing is kept much longer than asked for.
        let every = (period / 10).clamp(Duration::from_millis(100), Duration::from_secs(600));
        let period_ms = u64::try_from(period.as_millis()).unwrap_or(u64::MAX);
        let task = tokio::spawn(async move {
            loop {
                loop {
                    let Some(system) = weak.upgrade() else { return };
                    let Some(closed_before_ms) = system.now_ms().checked_sub(period_ms) else { break };
                    let log = Arc::clone(system.log());
                    drop(system);
                    let purged = tokio::task::spawn_blocking(move || log.purge(closed_before_ms, AT_A_STRETCH)).await;
                    match purged {
                        Ok(Ok(AT_A_STRETCH)) => tokio::time::sleep(PAUSE).await,
                        Ok(Ok(_)) | Err(_) => break,
                        Ok(Err(error)) => {
                            tracing::warn!(%error, "executions that ended long ago cannot be deleted");
                            break;
                        }
                    }
                }
                tokio::time::sleep(every).await;
            }
        });
        Self { task: task.abort_handle() }
    }
}

impl Drop for Retention {
    fn drop(&mut self) {
        self.task.abort();
    }
}
