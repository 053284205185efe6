//! What every log promises, run over each of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests may panic")]

mod batches;
mod closing;
mod listing;
mod marks;
mod names;
mod payloads;
mod purging;
mod snapshots;
mod streams;
mod subject;
mod timers;
