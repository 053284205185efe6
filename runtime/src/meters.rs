//! What a runtime tells the recorder of the [`metrics`](https://docs.rs/metrics) facade.
//!
//! Each of these has the label `workflow`, with the name under which the workflow is registered; executions whose
//! workflow is not registered have `(other)`. Names of executions are no labels.
//!
//! | name | kind | unit | |
//! |---|---|---|---|
//! | [`duramen_executions_started_total`](EXECUTIONS_STARTED) | counter | | executions that began |
//! | [`duramen_executions_ended_total`](EXECUTIONS_ENDED) | counter | | executions that ended; `outcome` is `succeeded`, `failed`, `timed_out` or `stopped` |
//! | [`duramen_executions_continued_total`](EXECUTIONS_CONTINUED) | counter | | runs that ended for the workflow to begin again |
//! | [`duramen_turns_total`](TURNS) | counter | | turns that were recorded: one batch each |
//! | [`duramen_steps_started_total`](STEPS_STARTED) | counter | | steps that began, undos and conditions among them |
//! | [`duramen_steps_ended_total`](STEPS_ENDED) | counter | | steps that ended; `outcome` is `succeeded`, `failed` or `cancelled`. Those under way when their execution ends are not among them |
//! | [`duramen_step_retries_total`](STEP_RETRIES) | counter | | attempts of steps that failed and are followed by another |
//! | [`duramen_step_seconds`](STEP_SECONDS) | histogram | seconds | how long an attempt of a step ran, whatever came of it, unless it was broken off; polls of conditions too |
//! | [`duramen_signals_received_total`](SIGNALS_RECEIVED) | counter | | signals that came in |
//! | [`duramen_updates_requested_total`](UPDATES_REQUESTED) | counter | | requests for an update that came in |
//! | [`duramen_updates_answered_total`](UPDATES_ANSWERED) | counter | | requests that the workflow answered; `outcome` is `accepted` or `refused` |
//! | [`duramen_callbacks_answered_total`](CALLBACKS_ANSWERED) | counter | | callbacks that ended; `outcome` is `succeeded`, `failed` or `timed_out` |
//! | [`duramen_replay_mismatches_total`](REPLAY_MISMATCHES) | counter | | replays that stopped because the code does not match what is recorded: it asks for something else, cannot read it, or is not registered. The execution is paused |
//!
//! All but the seconds and the mismatches count what is durable, once: what is read from the log again is not counted
//! again, and a log that is opened has nothing counted yet. An event may be counted without its effect having begun.
//!
//! Which executions are in memory, asleep and paused, how they are brought back from the log, and what was refused as
//! overloaded is in [`entities`]: an entity is an execution there, and `behavior` is `durable_function`. What a folder
//! does with the disk is in [`log`].
//!
//! # The recorder
//! Install it before [`Builder::open`](crate::Builder::open): everything is registered there, once, so that counting
//! costs an atomic addition or two, and a branch when there is no recorder. A recorder that forgets what was idle for a while
//! would lose what comes later. The names are constants for whoever sets the buckets of a
//! histogram.

mod handles;

#[doc(inline)]
pub use duramen_actors::meters as entities;
#[doc(inline)]
pub use duramen_storage::meters as log;
pub(crate) use handles::Meters;

/// Executions that began.
pub const EXECUTIONS_STARTED: &str = "duramen_executions_started_total";
/// Executions that ended.
pub const EXECUTIONS_ENDED: &str = "duramen_executions_ended_total";
/// Runs that ended for the workflow to begin again.
pub const EXECUTIONS_CONTINUED: &str = "duramen_executions_continued_total";
/// Turns that were recorded.
pub const TURNS: &str = "duramen_turns_total";
/// Steps that began.
pub const STEPS_STARTED: &str = "duramen_steps_started_total";
/// Steps that ended.
pub const STEPS_ENDED: &str = "duramen_steps_ended_total";
/// Attempts of steps that failed and are followed by another.
pub const STEP_RETRIES: &str = "duramen_step_retries_total";
/// How long an attempt of a step ran, in seconds.
pub const STEP_SECONDS: &str = "duramen_step_seconds";
/// Signals that came in.
pub const SIGNALS_RECEIVED: &str = "duramen_signals_received_total";
/// Requests for an update that came in.
pub const UPDATES_REQUESTED: &str = "duramen_updates_requested_total";
/// Requests for an update that the workflow answered.
pub const UPDATES_ANSWERED: &str = "duramen_updates_answered_total";
/// Callbacks that ended.
pub const CALLBACKS_ANSWERED: &str = "duramen_callbacks_answered_total";
/// Replays that stopped because the code does not match what is recorded.
pub const REPLAY_MISMATCHES: &str = "duramen_replay_mismatches_total";
