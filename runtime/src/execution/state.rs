//! What the events of an execution add up to: what is under way, and how it ended.

mod apply;
mod due;
mod outcome;
mod skipping;
mod snapshot;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use duramen_actors::{Label, Standing};
use duramen_storage::{ExecutionId, Status};

pub use outcome::Outcome;
use skipping::Skipping;
use steps::StepUnderWay;

use crate::event::{Begin, Caller, CancelReason, Invoked, Mail, Owed, Parent, StepRole};
use crate::{OperationId, Payload};

/// What is under way in an execution. What is over is in the history only.
#[derive(Debug, Clone, Default, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub(crate) struct State {
    identity: Option<Identity>,
    steps: BTreeMap<OperationId, StepUnderWay>,
    waits: BTreeMap<OperationId, u64>,
    callbacks: BTreeMap<OperationId, CallbackUnderWay>,
    invokes: BTreeMap<OperationId, InvokeUnderWay>,
    /// When something is due, in ms since the Unix epoch: the ends of waits, further attempts, the times of callbacks.
    due: BTreeSet<(u64, OperationId)>,
    /// How many steps run.
    running: usize,
    /// How many invoked executions are not known to run by themselves.
    unconfirmed: usize,
    /// How many operations were begun in this run.
    operations: u64,
    /// What was sent to the execution and not taken, by number.
    mail: BTreeMap<u64, Mail>,
    last_mail: u64,
    ending: Option<CancelReason>,
    paused: Option<Pause>,
    /// A run has ended, and the next one has not begun.
    between_runs: bool,
    owed: BTreeSet<Owed>,
    /// The executions that are to be told to cancel themselves.
    to_cancel: BTreeMap<ExecutionId, Box<Invoked>>,
    outcome: Option<Outcome>,
    skipping: Skipping,
    /// The execution of another kind that waits for its end.
    caller: Option<Caller>,
}

/// What does not change while a run goes on.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
struct Identity {
    workflow: String,
    version: u32,
    name: String,
    parent: Option<Parent>,
    deadline_ms: Option<u64>,
    run: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
struct CallbackUnderWay {
    nonce: u128,
    timeout_at_ms: Option<u64>,
    heartbeat_ms: Option<u64>,
    /// When the next heartbeat is missed.
    heartbeat_at_ms: Option<u64>,
}

impl CallbackUnderWay {
    fn due_ms(&self) -> Option<u64> {
        self.timeout_at_ms.into_iter().chain(self.heartbeat_at_ms).min()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
struct InvokeUnderWay {
    invoked: Box<Invoked>,
    confirmed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
struct Pause {
    since_ms: u64,
    reason: String,
    compensation: Vec<String>,
}

/// What stands between the parts of the note of a paused execution.
const NOTE_SEPARATOR: char = '\u{1f}';

impl State {
    pub(crate) fn is_started(&self) -> bool {
        self.identity.is_some()
    }

    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// The workflow it runs; empty before it has begun.
    pub(crate) fn workflow(&self) -> &str {
        self.identity.as_ref().map_or("", |identity| &identity.workflow)
    }

    /// How often the workflow was begun again.
    pub(crate) fn run(&self) -> u32 {
        self.identity.as_ref().map_or(0, |identity| identity.run)
    }

    pub(crate) fn is_between_runs(&self) -> bool {
        self.between_runs
    }

    pub(crate) fn parent(&self) -> Option<&Parent> {
        self.identity.as_ref().and_then(|identity| identity.parent.as_ref())
    }

    pub(crate) fn caller(&self) -> Option<Caller> {
        self.caller
    }

    pub(crate) fn operations(&self) -> u64 {
        self.operations
    }

    /// Whether this attempt of this step runs.
    pub(crate) fn runs(&self, operation: &OperationId, attempt: u32) -> bool {
        self.steps.get(operation).is_some_and(|step| step.runs() && step.attempt == attempt)
    }

    /// The steps that run, with their attempts.
    pub(crate) fn running(&self) -> impl Iterator<Item = (&OperationId, u32)> {
        self.steps.iter().filter(|(_, step)| step.runs()).map(|(operation, step)| (operation, step.attempt))
    }

    /// The name of a step under way, and what part it plays.
    pub(crate) fn step(&self, operation: &OperationId) -> Option<(&str, StepRole)> {
        self.steps.get(operation).map(|step| (step.name.as_str(), step.role))
    }

    /// The execution that an operation invoked, while it is awaited.
    pub(crate) fn invoked(&self, operation: &OperationId) -> Option<&Invoked> {
        self.invokes.get(operation).map(|invoke| invoke.invoked.as_ref())
    }

    /// Whether an invoked execution is not known to run by itself.
    pub(crate) fn is_unconfirmed(&self, operation: &OperationId) -> bool {
        self.invokes.get(operation).is_some_and(|invoke| !invoke.confirmed)
    }

    /// The invocations whose executions are not known to run by themselves.
    pub(crate) fn unconfirmed(&self) -> impl Iterator<Item = &OperationId> {
        self.invokes.iter().filter(|(_, invoke)| !invoke.confirmed).map(|(operation, _)| operation)
    }

    /// The part of the token of a callback that cannot be guessed, while it is awaited.
    pub(crate) fn nonce(&self, operation: &OperationId) -> Option<u128> {
        self.callbacks.get(operation).map(|callback| callback.nonce)
    }

    pub(crate) fn has_heartbeat(&self, operation: &OperationId) -> bool {
        self.callbacks.get(operation).is_some_and(|callback| callback.heartbeat_ms.is_some())
    }

    pub(crate) fn next_mail(&self) -> u64 {
        self.last_mail + 1
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.ending.is_some()
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    pub(crate) fn owed(&self) -> impl Iterator<Item = &Owed> {
        self.owed.iter()
    }

    pub(crate) fn owes(&self, owed: &Owed) -> bool {
        self.owed.contains(owed)
    }

    /// An execution that is to be told to cancel itself.
    pub(crate) fn to_cancel(&self, execution: ExecutionId) -> Option<&Invoked> {
        self.to_cancel.get(&execution).map(Box::as_ref)
    }

    /// What the next run begins with.
    pub(crate) fn next_run(&self, input: Payload) -> Option<Begin> {
        let identity = self.identity.clone()?;
        let Identity { workflow, version, name, parent, deadline_ms, run } = identity;
        Some(Begin { workflow, version, name, input, parent, deadline_ms, run: run + 1 })
    }

    pub(crate) fn label(&self) -> Label {
        let identity = self.identity.as_ref();
        Label {
            definition: identity.map(|identity| identity.workflow.clone()).unwrap_or_default(),
            name: identity.map(|identity| identity.name.clone()).unwrap_or_default(),
            revision: identity.map_or(1, |identity| identity.version),
        }
    }

    pub(crate) fn standing(&self) -> Standing {
        let owes = !self.owed.is_empty();
        match &self.outcome {
            Some(outcome) if !owes => Standing::closed(outcome.status()),
            Some(_) => Standing { status: Status::Running, busy: true, wake_ms: None },
            None => Standing {
                status: if self.is_paused() { Status::Paused } else { Status::Running },
                busy: owes || self.between_runs || self.running > 0 || self.unconfirmed > 0,
                wake_ms: self.wake_ms(),
            },
        }
    }

    /// What a paused execution is listed with.
    pub(crate) fn note(&self) -> Option<String> {
        let Pause { reason, compensation, .. } = self.paused.as_ref()?;
        let mut note = reason.clone();
        for step in compensation {
            note.push(NOTE_SEPARATOR);
            note.push_str(step);
        }
        Some(note)
    }
}

/// The reason and the steps that are still to be undone, of a note.
pub(crate) fn read_note(note: &str) -> (String, Vec<String>) {
    let mut parts = note.split(NOTE_SEPARATOR).map(str::to_owned);
    (parts.next().unwrap_or_default(), parts.collect())
}
