//! A crate of workflows with the `clippy.toml` that keeps them durable.
//!
//! Clippy reads the `clippy.toml` beside a crate's `Cargo.toml`, so the lints hold for a whole crate: give workflows one of
//! their own, and they are told of whatever would not be the same in a replay, with what to write instead. `workflow.rs` is
//! as it should be, and silent. `steps.rs` is what is run outside, and allows itself everything. `forgetful.rs` does all
//! that a workflow must not do, and would be reported on every line if it did not expect it.

#![allow(clippy::disallowed_macros, reason = "clippy reports a macro for the crate, whatever its module expects")]

pub mod steps;
pub mod workflow;

#[cfg(clippy)]
mod forgetful;
