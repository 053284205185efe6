//! How long a run may take on the clock on the wall, whatever virtual time says.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

/// Runs out after a while, unless it is dropped before. Its thread is not one of tokio's, which would keep virtual time
/// from passing.
pub(super) struct Patience {
    _ends: mpsc::Sender<()>,
    over: oneshot::Receiver<()>,
}

impl Patience {
    pub(super) fn begin(limit: Duration) -> Self {
        let (ends, has_ended) = mpsc::channel::<()>();
        let (sender, over) = oneshot::channel();
        thread::spawn(move || {
            if has_ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                // Nobody minds any more when the run has just ended.
                let _ = sender.send(());
            }
        });
        Self { _ends: ends, over }
    }

    pub(super) async fn over(&mut self) {
        let _ = (&mut self.over).await;
    }
}
