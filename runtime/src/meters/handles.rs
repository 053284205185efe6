//! The handles of what is counted, a set for each workflow, and which event counts as what.

use std::collections::BTreeMap;

use metrics::{Counter, Histogram, Unit, counter, describe_counter, describe_histogram, histogram};

use super::{
    CALLBACKS_ANSWERED, EXECUTIONS_CONTINUED, EXECUTIONS_ENDED, EXECUTIONS_STARTED, REPLAY_MISMATCHES,
    SIGNALS_RECEIVED, STEP_RETRIES, STEP_SECONDS, STEPS_ENDED, STEPS_STARTED, TURNS, UPDATES_ANSWERED,
    UPDATES_REQUESTED,
};
use crate::Event;

/// What executions of unknown workflows are counted under.
const OTHER: &str = "(other)";

/// The handles of a runtime.
pub(crate) struct Meters {
    /// By name. There are few: comparing names is cheaper than hashing one.
    of: BTreeMap<String, OfWorkflow>,
    other: OfWorkflow,
}

/// The handles of one workflow.
pub(crate) struct OfWorkflow {
    started: Counter,
    succeeded: Counter,
    failed: Counter,
    timed_out: Counter,
    stopped: Counter,
    continued: Counter,
    turns: Counter,
    steps_started: Counter,
    steps_succeeded: Counter,
    steps_failed: Counter,
    steps_cancelled: Counter,
    retries: Counter,
    pub(crate) step_seconds: Histogram,
    signals: Counter,
    updates: Counter,
    updates_accepted: Counter,
    updates_refused: Counter,
    callbacks_succeeded: Counter,
    callbacks_failed: Counter,
    callbacks_timed_out: Counter,
    pub(crate) mismatches: Counter,
}

impl Meters {
    /// Registers with the recorder that is there now.
    pub(crate) fn register(workflows: &[&str]) -> Self {
        describe();
        let of = workflows.iter().map(|workflow| ((*workflow).to_owned(), OfWorkflow::register(workflow)));
        Self { of: of.collect(), other: OfWorkflow::register(OTHER) }
    }

    pub(crate) fn of(&self, workflow: &str) -> &OfWorkflow {
        self.of.get(workflow).unwrap_or(&self.other)
    }
}

impl OfWorkflow {
    fn register(workflow: &str) -> Self {
        let count = |name| counter!(name, "workflow" => workflow.to_owned());
        let ended = |name, outcome| counter!(name, "workflow" => workflow.to_owned(), "outcome" => outcome);
        Self {
            started: count(EXECUTIONS_STARTED),
            succeeded: ended(EXECUTIONS_ENDED, "succeeded"),
            failed: ended(EXECUTIONS_ENDED, "failed"),
            timed_out: ended(EXECUTIONS_ENDED, "timed_out"),
            stopped: ended(EXECUTIONS_ENDED, "stopped"),
            continued: count(EXECUTIONS_CONTINUED),
            turns: count(TURNS),
            steps_started: count(STEPS_STARTED),
            steps_succeeded: ended(STEPS_ENDED, "succeeded"),
            steps_failed: ended(STEPS_ENDED, "failed"),
            steps_cancelled: ended(STEPS_ENDED, "cancelled"),
            retries: count(STEP_RETRIES),
            step_seconds: histogram!(STEP_SECONDS, "workflow" => workflow.to_owned()),
            signals: count(SIGNALS_RECEIVED),
            updates: count(UPDATES_REQUESTED),
            updates_accepted: ended(UPDATES_ANSWERED, "accepted"),
            updates_refused: ended(UPDATES_ANSWERED, "refused"),
            callbacks_succeeded: ended(CALLBACKS_ANSWERED, "succeeded"),
            callbacks_failed: ended(CALLBACKS_ANSWERED, "failed"),
            callbacks_timed_out: ended(CALLBACKS_ANSWERED, "timed_out"),
            mismatches: count(REPLAY_MISMATCHES),
        }
    }

    /// A turn with these events is durable.
    pub(crate) fn count<'a>(&self, events: impl Iterator<Item = &'a Event>) {
        self.turns.increment(1);
        for counter in events.filter_map(|event| self.counter_of(event)) {
            counter.increment(1);
        }
    }

    fn counter_of(&self, event: &Event) -> Option<&Counter> {
        Some(match event {
            Event::ExecutionStarted { .. } => &self.started,
            Event::ExecutionSucceeded { .. } => &self.succeeded,
            Event::ExecutionFailed { .. } => &self.failed,
            Event::ExecutionTimedOut { .. } => &self.timed_out,
            Event::ExecutionStopped { .. } => &self.stopped,
            Event::ExecutionContinued { .. } => &self.continued,
            Event::StepStarted { attempt: 1, .. } => &self.steps_started,
            Event::StepSucceeded { again_at_ms: None, .. } => &self.steps_succeeded,
            Event::StepFailed { retry_at_ms: Some(_), .. } => &self.retries,
            Event::StepFailed { retry_at_ms: None, .. } => &self.steps_failed,
            Event::StepCancelled { .. } => &self.steps_cancelled,
            Event::SignalReceived { .. } => &self.signals,
            Event::UpdateRequested { .. } => &self.updates,
            Event::UpdateAnswered { answer: Ok(_), .. } => &self.updates_accepted,
            Event::UpdateAnswered { answer: Err(_), .. } => &self.updates_refused,
            Event::CallbackSucceeded { .. } => &self.callbacks_succeeded,
            Event::CallbackFailed { .. } => &self.callbacks_failed,
            Event::CallbackTimedOut { .. } => &self.callbacks_timed_out,
            _ => return None,
        })
    }
}

fn describe() {
    describe_counter!(EXECUTIONS_STARTED, Unit::Count, "Executions that began.");
    describe_counter!(EXECUTIONS_ENDED, Unit::Count, "Executions that ended.");
    describe_counter!(EXECUTIONS_CONTINUED, Unit::Count, "Runs that ended for the workflow to begin again.");
    describe_counter!(TURNS, Unit::Count, "Turns that were recorded.");
    describe_counter!(STEPS_STARTED, Unit::Count, "Steps that began.");
    describe_counter!(STEPS_ENDED, Unit::Count, "Steps that ended.");
    describe_counter!(STEP_RETRIES, Unit::Count, "Attempts of steps that failed and are followed by another.");
    describe_histogram!(STEP_SECONDS, Unit::Seconds, "How long an attempt of a step ran.");
    describe_counter!(SIGNALS_RECEIVED, Unit::Count, "Signals that came in.");
    describe_counter!(UPDATES_REQUESTED, Unit::Count, "Requests for an update that came in.");
    describe_counter!(UPDATES_ANSWERED, Unit::Count, "Requests for an update that the workflow answered.");
    describe_counter!(CALLBACKS_ANSWERED, Unit::Count, "Callbacks that ended.");
    describe_counter!(REPLAY_MISMATCHES, Unit::Count, "Replays that found code that does not match the history.");
}
