//! Stopping an execution in memory from elsewhere.

use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

use crate::history::Fault;

/// Stops an execution in memory: it ends as aborted, with its history. Cheap to clone; the clones are one.
///
/// ```
/// use duramen_states::definition::Definition;
/// use duramen_states::machine::Stop;
/// use duramen_states::{End, Fault, Machine, Options, Tasks};
/// use serde_json::json;
///
/// let text = r#"{"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 3600, "End": true}}}"#;
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let machine = Machine::new(&Definition::parse(text).unwrap()).unwrap();
/// let stop = Stop::new();
/// stop.stop(Fault::default());
/// let run = machine.run(json!({}), &Tasks::new(), Options::default().stop(stop)).await;
/// assert_eq!(run.end, End::Aborted(Fault::default()));
/// # });
/// ```
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    fault: OnceLock<Fault>,
    told: Notify,
}

impl Stop {
    /// One that stops nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops what it was given to, for that reason. The first reason counts.
    pub fn stop(&self, fault: Fault) {
        if self.0.fault.set(fault).is_ok() {
            self.0.told.notify_waiters();
        }
    }

    pub(super) fn fault(&self) -> Option<&Fault> {
        self.0.fault.get()
    }

    /// Is done when it was stopped.
    pub(super) async fn stopped(&self) {
        let mut told = std::pin::pin!(self.0.told.notified());
        told.as_mut().enable();
        if self.fault().is_none() {
            told.await;
        }
    }
}
