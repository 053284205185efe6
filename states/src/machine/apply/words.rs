//! What the history says of the events of a state.

use std::sync::Arc;

use crate::definition::{Resource, State, StateKind};
use crate::history::{Details, Fault, Kind, TaskOf};
use crate::machine::plan::StatePlan;
use crate::payload::Payload;

/// Speaks about the state a frame is in.
pub(super) struct Words<'a> {
    pub(super) state: Option<&'a State>,
    pub(super) plan: Option<&'a StatePlan>,
    pub(super) region: Arc<str>,
}

/// Which family of events a task has.
enum Family {
    Lambda(Arc<str>),
    Activity(Arc<str>),
    Task(TaskOf),
}

impl Words<'_> {
    pub(super) fn name(&self) -> Arc<str> {
        self.plan.map(|plan| plan.name.clone()).unwrap_or_default()
    }

    pub(super) fn entered(self, input: Payload) -> Option<Details> {
        let kind = match &self.state?.kind {
            StateKind::Pass(_) => Kind::PassStateEntered,
            StateKind::Task(_) => Kind::TaskStateEntered,
            StateKind::Choice(_) => Kind::ChoiceStateEntered,
            StateKind::Wait(_) => Kind::WaitStateEntered,
            StateKind::Succeed(_) => Kind::SucceedStateEntered,
            StateKind::Fail(_) => Kind::FailStateEntered,
            StateKind::Parallel(_) => Kind::ParallelStateEntered,
            StateKind::Map(_) => Kind::MapStateEntered,
        };
        Some(Details::StateEntered { kind, name: self.name(), input })
    }

    pub(super) fn exited(self, output: Payload, assigned: &[(String, Payload)]) -> Option<Details> {
        let kind = match &self.state?.kind {
            StateKind::Pass(_) => Kind::PassStateExited,
            StateKind::Task(_) => Kind::TaskStateExited,
            StateKind::Choice(_) => Kind::ChoiceStateExited,
            StateKind::Wait(_) => Kind::WaitStateExited,
            StateKind::Succeed(_) => Kind::SucceedStateExited,
            StateKind::Fail(_) => return None,
            StateKind::Parallel(_) => Kind::ParallelStateExited,
            StateKind::Map(_) => Kind::MapStateExited,
        };
        Some(Details::StateExited { kind, name: self.name(), output, assigned: assigned.into() })
    }

    pub(super) fn aborted(self) -> Option<Details> {
        let kind = match &self.state?.kind {
            StateKind::Task(_) => Kind::TaskStateAborted,
            StateKind::Wait(_) => Kind::WaitStateAborted,
            StateKind::Parallel(_) => Kind::ParallelStateAborted,
            StateKind::Map(_) => Kind::MapStateAborted,
            _ => return None,
        };
        Some(Details::Plain(kind))
    }

    pub(super) fn scheduled(
        self,
        parameters: Payload,
        timeout_seconds: Option<u64>,
        heartbeat_seconds: Option<u64>,
        credentials: Option<Payload>,
    ) -> Option<Details> {
        Some(match self.family()? {
            Family::Lambda(resource) => Details::Scheduled {
                kind: Kind::LambdaFunctionScheduled,
                resource,
                input: parameters,
                timeout_seconds,
                heartbeat_seconds: None,
                credentials,
            },
            Family::Activity(resource) => Details::Scheduled {
                kind: Kind::ActivityScheduled,
                resource,
                input: parameters,
                timeout_seconds,
                heartbeat_seconds,
                credentials: None,
            },
            Family::Task(task) => Details::TaskScheduled {
                task,
                region: self.region,
                parameters,
                timeout_seconds,
                heartbeat_seconds,
                credentials,
            },
        })
    }

    /// There is no event for that of a service: what it is asked for is always asked for.
    pub(super) fn schedule_failed(self, fault: &Fault) -> Option<Details> {
        let kind = match self.family()? {
            Family::Lambda(_) => Kind::LambdaFunctionScheduleFailed,
            Family::Activity(_) => Kind::ActivityScheduleFailed,
            Family::Task(_) => return None,
        };
        Some(Details::Failed { kind, fault: fault.clone() })
    }

    /// There is no event for that of an activity: it begins when a worker takes it.
    pub(super) fn start_failed(self, fault: &Fault) -> Option<Details> {
        let fault = fault.clone();
        match self.family()? {
            Family::Lambda(_) => Some(Details::Failed { kind: Kind::LambdaFunctionStartFailed, fault }),
            Family::Activity(_) => None,
            Family::Task(task) => Some(Details::TaskFailed { kind: Kind::TaskStartFailed, task, fault }),
        }
    }

    pub(super) fn started(self) -> Option<Details> {
        Some(match self.family()? {
            Family::Lambda(_) => Details::Plain(Kind::LambdaFunctionStarted),
            Family::Activity(_) => Details::ActivityStarted { worker: None },
            Family::Task(task) => Details::TaskStarted { task },
        })
    }

    pub(super) fn submitted(self, output: &Payload) -> Option<Details> {
        match self.family()? {
            Family::Task(task) => Some(Details::TaskOutput { kind: Kind::TaskSubmitted, task, output: output.clone() }),
            Family::Lambda(_) | Family::Activity(_) => None,
        }
    }

    pub(super) fn succeeded(self, output: &Payload) -> Option<Details> {
        let output = output.clone();
        Some(match self.family()? {
            Family::Lambda(_) => Details::Succeeded { kind: Kind::LambdaFunctionSucceeded, output },
            Family::Activity(_) => Details::Succeeded { kind: Kind::ActivitySucceeded, output },
            Family::Task(task) => Details::TaskOutput { kind: Kind::TaskSucceeded, task, output },
        })
    }

    pub(super) fn failed(self, fault: &Fault) -> Option<Details> {
        let fault = fault.clone();
        Some(match self.family()? {
            Family::Lambda(_) => Details::Failed { kind: Kind::LambdaFunctionFailed, fault },
            Family::Activity(_) => Details::Failed { kind: Kind::ActivityFailed, fault },
            Family::Task(task) => Details::TaskFailed { kind: Kind::TaskFailed, task, fault },
        })
    }

    pub(super) fn submit_failed(self, fault: &Fault) -> Option<Details> {
        match self.family()? {
            Family::Task(task) => {
                Some(Details::TaskFailed { kind: Kind::TaskSubmitFailed, task, fault: fault.clone() })
            }
            Family::Lambda(_) | Family::Activity(_) => self.failed(fault),
        }
    }

    pub(super) fn timed_out(self, fault: &Fault) -> Option<Details> {
        let fault = fault.clone();
        Some(match self.family()? {
            Family::Lambda(_) => Details::Failed { kind: Kind::LambdaFunctionTimedOut, fault },
            Family::Activity(_) => Details::Failed { kind: Kind::ActivityTimedOut, fault },
            Family::Task(task) => Details::TaskFailed { kind: Kind::TaskTimedOut, task, fault },
        })
    }

    pub(super) fn evaluation_failed(self, fault: &Fault, location: Option<&str>) -> Option<Details> {
        let location = location.map(str::to_owned);
        Some(Details::EvaluationFailed { fault: fault.clone(), location, state: self.name() })
    }

    pub(super) fn iteration(self, kind: Kind, index: usize) -> Option<Details> {
        Some(Details::Iteration { kind, name: self.name(), index })
    }

    pub(super) fn is_map(&self) -> bool {
        self.state.is_some_and(|state| matches!(state.kind, StateKind::Map(_)))
    }

    pub(super) fn is_task(&self) -> bool {
        self.state.is_some_and(|state| matches!(state.kind, StateKind::Task(_)))
    }

    fn family(&self) -> Option<Family> {
        let StateKind::Task(task) = &self.state?.kind else { return None };
        Some(match &task.resource {
            Resource::Activity { arn, .. } => Family::Activity(arn.as_str().into()),
            Resource::Service(service) => Family::Task(TaskOf {
                resource_type: service.service.as_str().into(),
                resource: format!("{}{}", service.api, service.pattern.suffix()).into(),
            }),
            other => Family::Lambda(other.text().into()),
        })
    }
}
