//! What the events of an execution add up to: what is under way, and how it ended.

use std::collections::{BTreeMap, BTreeSet};

use duramen_actors::{Label, Standing};
use duramen_storage::Status;

use crate::event::StepRole;
use crate::{Event, Failure, OperationId, Payload};

/// How an execution ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Succeeded(Payload),
    Failed(Failure),
    Stopped(Failure),
}

impl Outcome {
    /// How the execution ended, if this event ended it.
    pub(crate) fn of(event: &Event) -> Option<Self> {
        match event {
            Event::ExecutionSucceeded { result } => Some(Self::Succeeded(result.clone())),
            Event::ExecutionFailed { failure } => Some(Self::Failed(failure.clone())),
            Event::ExecutionStopped { failure } => Some(Self::Stopped(failure.clone())),
            _ => None,
        }
    }

    fn status(&self) -> Status {
        match self {
            Self::Succeeded(_) => Status::Succeeded,
            Self::Failed(_) => Status::Failed,
            Self::Stopped(_) => Status::Stopped,
        }
    }
}

/// What is under way in an execution. What is over is in the history only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct State {
    label: Option<(String, String)>,
    steps: BTreeMap<OperationId, StepUnderWay>,
    waits: BTreeMap<OperationId, u64>,
    /// The ends of waits and of pauses between attempts, in ms since the Unix epoch.
    due: BTreeSet<(u64, OperationId)>,
    running: usize,
    outcome: Option<Outcome>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct StepUnderWay {
    name: String,
    role: StepRole,
    attempt: u32,
    /// When it is tried again; absent while it runs.
    retry_at_ms: Option<u64>,
}

impl State {
    pub(crate) fn is_started(&self) -> bool {
        self.label.is_some()
    }

    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// Whether this attempt of this step runs.
    pub(crate) fn runs(&self, operation: &OperationId, attempt: u32) -> bool {
        self.steps.get(operation).is_some_and(|step| step.attempt == attempt && step.retry_at_ms.is_none())
    }

    /// The steps that run, with their attempts.
    pub(crate) fn running(&self) -> impl Iterator<Item = (&OperationId, u32)> {
        self.steps
            .iter()
            .filter(|(_, step)| step.retry_at_ms.is_none())
            .map(|(operation, step)| (operation, step.attempt))
    }

    /// The name of a step under way, and what part it plays.
    pub(crate) fn step(&self, operation: &OperationId) -> Option<(&str, StepRole)> {
        self.steps.get(operation).map(|step| (step.name.as_str(), step.role))
    }

    pub(crate) fn label(&self) -> Label {
        let (definition, name) = self.label.clone().unwrap_or_default();
        Label { definition, name }
    }

    pub(crate) fn standing(&self) -> Standing {
        match &self.outcome {
            Some(outcome) => Standing::closed(outcome.status()),
            None => Standing {
                status: Status::Running,
                busy: self.running > 0,
                wake_ms: self.due.first().map(|(due_ms, _)| *due_ms),
            },
        }
    }

    /// The events of all that is due: waits that end, steps that are tried again.
    pub(crate) fn due(&self, now_ms: u64) -> Vec<Event> {
        let due = self.due.iter().take_while(|(due_ms, _)| *due_ms <= now_ms);
        due.filter_map(|(_, operation)| {
            if self.waits.contains_key(operation) {
                return Some(Event::WaitSucceeded { operation: operation.clone() });
            }
            self.steps.get(operation).map(|step| Event::StepStarted {
                operation: operation.clone(),
                name: step.name.clone(),
                role: step.role,
                attempt: step.attempt.saturating_add(1),
            })
        })
        .collect()
    }

    pub(crate) fn apply(&mut self, event: &Event) {
        match event {
            Event::ExecutionStarted { workflow, name, .. } => self.label = Some((workflow.clone(), name.clone())),
            Event::ExecutionSucceeded { .. } | Event::ExecutionFailed { .. } | Event::ExecutionStopped { .. } => {
                let label = self.label.take();
                *self = Self { label, outcome: Outcome::of(event), ..Self::default() };
            }
            Event::StepStarted { operation, name, role, attempt } => {
                let step = StepUnderWay { name: name.clone(), role: *role, attempt: *attempt, retry_at_ms: None };
                self.replace_step(operation, Some(step));
            }
            Event::StepSucceeded { operation, .. } | Event::StepFailed { operation, retry_at_ms: None, .. } => {
                self.replace_step(operation, None);
            }
            Event::StepFailed { operation, retry_at_ms, .. } => {
                if let Some(mut step) = self.steps.get(operation).cloned() {
                    step.retry_at_ms = *retry_at_ms;
                    self.replace_step(operation, Some(step));
                }
            }
            Event::WaitStarted { operation, until_ms, .. } => {
                self.waits.insert(operation.clone(), *until_ms);
                self.due.insert((*until_ms, operation.clone()));
            }
            Event::WaitSucceeded { operation } => {
                if let Some(until_ms) = self.waits.remove(operation) {
                    self.due.remove(&(until_ms, operation.clone()));
                }
            }
            Event::ContextStarted { .. } | Event::ContextSucceeded { .. } | Event::ContextFailed { .. } => {}
        }
    }

    /// Puts a step where another phase of it was, and keeps the counts that follow from it.
    fn replace_step(&mut self, operation: &OperationId, step: Option<StepUnderWay>) {
        match step.as_ref().map(|step| step.retry_at_ms) {
            Some(Some(retry_at_ms)) => {
                self.due.insert((retry_at_ms, operation.clone()));
            }
            Some(None) => self.running += 1,
            None => {}
        }
        let before = match step {
            Some(step) => self.steps.insert(operation.clone(), step),
            None => self.steps.remove(operation),
        };
        match before.map(|step| step.retry_at_ms) {
            Some(Some(retry_at_ms)) => {
                self.due.remove(&(retry_at_ms, operation.clone()));
            }
            Some(None) => self.running = self.running.saturating_sub(1),
            None => {}
        }
    }
}
