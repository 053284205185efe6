//! What an event says beside its type.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Kind;
use crate::payload::Payload;

/// An error and what is said about it; either may be absent.
#[derive(Debug, Clone, PartialEq, Eq, Default, bincode::Encode, bincode::Decode)]
pub struct Fault {
    /// The name of the error.
    pub error: Option<String>,
    /// The cause.
    pub cause: Option<String>,
}

/// Which API of which service a task calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskOf {
    /// `lambda`, `states`, …
    pub resource_type: Arc<str>,
    /// `invoke`, `startExecution.sync`, …
    pub resource: Arc<str>,
}

/// What happened, with what is said about it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the fields are those of AWS's API")]
pub enum Details {
    /// An event of that type, about which nothing is said.
    Plain(Kind),
    ExecutionStarted {
        input: Payload,
        role_arn: Option<Arc<str>>,
        version_arn: Option<Arc<str>>,
        alias_arn: Option<Arc<str>>,
    },
    ExecutionSucceeded {
        output: Payload,
    },
    /// `ExecutionFailed`, `ExecutionTimedOut`, `ExecutionAborted`, `MapRunFailed`; `LambdaFunction…` and `Activity…` that
    /// failed.
    Failed {
        kind: Kind,
        fault: Fault,
    },
    /// A state of that kind (`PassStateEntered`, …) was entered.
    StateEntered {
        kind: Kind,
        name: Arc<str>,
        input: Payload,
    },
    StateExited {
        kind: Kind,
        name: Arc<str>,
        output: Payload,
        /// The variables that were assigned, by name.
        assigned: Arc<[(String, Payload)]>,
    },
    /// `LambdaFunctionScheduled` and `ActivityScheduled`.
    Scheduled {
        kind: Kind,
        resource: Arc<str>,
        input: Payload,
        timeout_seconds: Option<u64>,
        /// Of an activity alone.
        heartbeat_seconds: Option<u64>,
        /// Of a function alone.
        credentials: Option<Payload>,
    },
    /// `LambdaFunctionSucceeded` and `ActivitySucceeded`.
    Succeeded {
        kind: Kind,
        output: Payload,
    },
    TaskScheduled {
        task: TaskOf,
        region: Arc<str>,
        parameters: Payload,
        timeout_seconds: Option<u64>,
        heartbeat_seconds: Option<u64>,
        credentials: Option<Payload>,
    },
    TaskStarted {
        task: TaskOf,
    },
    /// `TaskSucceeded` and `TaskSubmitted`.
    TaskOutput {
        kind: Kind,
        task: TaskOf,
        output: Payload,
    },
    /// `TaskFailed`, `TaskTimedOut`, `TaskStartFailed`, `TaskSubmitFailed`.
    TaskFailed {
        kind: Kind,
        task: TaskOf,
        fault: Fault,
    },
    ActivityStarted {
        /// The name that the worker gave itself.
        worker: Option<Arc<str>>,
    },
    MapStarted {
        length: usize,
    },
    /// `MapIteration…`.
    Iteration {
        kind: Kind,
        name: Arc<str>,
        index: usize,
    },
    MapRunStarted {
        arn: Arc<str>,
    },
    MapRunRedriven {
        arn: Arc<str>,
        count: u64,
    },
    ExecutionRedriven {
        /// How often that was done.
        count: u64,
    },
    EvaluationFailed {
        fault: Fault,
        location: Option<String>,
        state: Arc<str>,
    },
}

impl Details {
    /// The type of the event.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Plain(kind)
            | Self::Failed { kind, .. }
            | Self::StateEntered { kind, .. }
            | Self::StateExited { kind, .. }
            | Self::Scheduled { kind, .. }
            | Self::Succeeded { kind, .. }
            | Self::TaskOutput { kind, .. }
            | Self::TaskFailed { kind, .. }
            | Self::Iteration { kind, .. } => *kind,
            Self::ExecutionStarted { .. } => Kind::ExecutionStarted,
            Self::ExecutionSucceeded { .. } => Kind::ExecutionSucceeded,
            Self::TaskScheduled { .. } => Kind::TaskScheduled,
            Self::TaskStarted { .. } => Kind::TaskStarted,
            Self::ActivityStarted { .. } => Kind::ActivityStarted,
            Self::MapStarted { .. } => Kind::MapStateStarted,
            Self::MapRunStarted { .. } => Kind::MapRunStarted,
            Self::MapRunRedriven { .. } => Kind::MapRunRedriven,
            Self::ExecutionRedriven { .. } => Kind::ExecutionRedriven,
            Self::EvaluationFailed { .. } => Kind::EvaluationFailed,
        }
    }

    /// The details as AWS's API writes them, under the name of their field.
    #[must_use]
    pub fn to_json(&self) -> Option<(String, Map<String, Value>)> {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Value| {
            fields.insert(name.to_owned(), value);
        };
        match self {
            Self::Plain(_) => return None,
            Self::ExecutionStarted { input, role_arn, version_arn, alias_arn } => {
                put_data(&mut put, "input", input);
                if let Some(role) = role_arn {
                    put("roleArn", json!(&**role));
                }
                if let Some(alias) = alias_arn {
                    put("stateMachineAliasArn", json!(&**alias));
                }
                if let Some(version) = version_arn {
                    put("stateMachineVersionArn", json!(&**version));
                }
            }
            Self::ExecutionSucceeded { output } | Self::Succeeded { output, .. } => {
                put_data(&mut put, "output", output);
            }
            Self::Failed { fault, .. } => put_fault(&mut put, fault),
            Self::StateEntered { name, input, .. } => {
                put("name", json!(&**name));
                put_data(&mut put, "input", input);
            }
            Self::StateExited { name, output, assigned, .. } => {
                put("name", json!(&**name));
                put_data(&mut put, "output", output);
                if !assigned.is_empty() {
                    let texts = assigned.iter().map(|(name, value)| (name.clone(), json!(value.text())));
                    put("assignedVariables", Value::Object(texts.collect()));
                    put("assignedVariablesDetails", json!({"truncated": false}));
                }
            }
            Self::Scheduled { resource, input, timeout_seconds, heartbeat_seconds, credentials, .. } => {
                put("resource", json!(&**resource));
                put_data(&mut put, "input", input);
                put_times(&mut put, *timeout_seconds, *heartbeat_seconds);
                put_credentials(&mut put, credentials.as_ref());
            }
            Self::TaskScheduled { task, region, parameters, timeout_seconds, heartbeat_seconds, credentials } => {
                put_task(&mut put, task);
                put("region", json!(&**region));
                put("parameters", json!(parameters.text()));
                put_times(&mut put, *timeout_seconds, *heartbeat_seconds);
                put_credentials(&mut put, credentials.as_ref());
            }
            Self::TaskStarted { task } => put_task(&mut put, task),
            Self::TaskOutput { task, output, .. } => {
                put_task(&mut put, task);
                put_data(&mut put, "output", output);
            }
            Self::TaskFailed { task, fault, .. } => {
                put_task(&mut put, task);
                put_fault(&mut put, fault);
            }
            Self::ActivityStarted { worker } => {
                if let Some(worker) = worker {
                    put("workerName", json!(&**worker));
                }
            }
            Self::MapStarted { length } => put("length", json!(length)),
            Self::Iteration { name, index, .. } => {
                put("name", json!(&**name));
                put("index", json!(index));
            }
            Self::MapRunStarted { arn } => put("mapRunArn", json!(&**arn)),
            Self::MapRunRedriven { arn, count } => {
                put("mapRunArn", json!(&**arn));
                put("redriveCount", json!(count));
            }
            Self::ExecutionRedriven { count } => put("redriveCount", json!(count)),
            Self::EvaluationFailed { fault, location, state } => {
                put_fault(&mut put, fault);
                if let Some(location) = location {
                    put("location", json!(location));
                }
                put("state", json!(&**state));
            }
        }
        Some((self.kind().details_field(), fields))
    }
}

fn put_data(put: &mut impl FnMut(&str, Value), name: &str, data: &Payload) {
    put(name, json!(data.text()));
    put(&format!("{name}Details"), json!({"truncated": false}));
}

fn put_fault(put: &mut impl FnMut(&str, Value), fault: &Fault) {
    if let Some(error) = &fault.error {
        put("error", json!(error));
    }
    if let Some(cause) = &fault.cause {
        put("cause", json!(cause));
    }
}

fn put_task(put: &mut impl FnMut(&str, Value), task: &TaskOf) {
    put("resourceType", json!(&*task.resource_type));
    put("resource", json!(&*task.resource));
}

fn put_credentials(put: &mut impl FnMut(&str, Value), credentials: Option<&Payload>) {
    if let Some(role) = credentials.and_then(|credentials| credentials.get("RoleArn")) {
        put("taskCredentials", json!({"roleArn": role}));
    }
}

fn put_times(put: &mut impl FnMut(&str, Value), timeout: Option<u64>, heartbeat: Option<u64>) {
    if let Some(seconds) = timeout {
        put("timeoutInSeconds", json!(seconds));
    }
    if let Some(seconds) = heartbeat {
        put("heartbeatInSeconds", json!(seconds));
    }
}

impl Kind {
    /// The field in which AWS's API gives the details of such an event.
    fn details_field(self) -> String {
        let name = self.name();
        if name.ends_with("StateEntered") {
            return "stateEnteredEventDetails".to_owned();
        }
        if name.ends_with("StateExited") {
            return "stateExitedEventDetails".to_owned();
        }
        let (first, rest) = name.split_at(1);
        format!("{}{rest}EventDetails", first.to_lowercase())
    }
}
