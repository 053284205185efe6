//! The world outside: a studio that shrinks pictures and knows how busy it was.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use duramen::Failure;

/// What the steps of the workflow call.
#[derive(Default)]
pub(crate) struct Studio {
    busy: AtomicUsize,
    busiest: AtomicUsize,
}

impl Studio {
    /// Gives the size of the thumbnail.
    pub(crate) async fn shrink(self: Arc<Self>, picture: u32, damaged: bool) -> Result<u32, Failure> {
        let busy = self.busy.fetch_add(1, Ordering::Relaxed) + 1;
        self.busiest.fetch_max(busy, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(u64::from(picture % 5))).await;
        self.busy.fetch_sub(1, Ordering::Relaxed);
        match damaged {
            false => Ok(1_000 + picture),
            true => Err(Failure::new("Damaged", format!("picture {picture} ends in the middle"))),
        }
    }

    /// How many pictures it worked on at once, at most.
    pub(crate) fn busiest(&self) -> usize {
        self.busiest.load(Ordering::Relaxed)
    }
}
