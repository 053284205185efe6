//! A history in the words of AWS: events as its `GetDurableExecutionHistory` gives them.
//!
//! Our events have the names of AWS's types. What its SDKs do not record is left aside: what was given up (`...Cancelled`:
//! with them it stays open), heartbeats, what executions owe each other, and all that its model lacks.
//!
//! - Sub-type, name and duration are repeated on every event of an operation, as AWS does it.
//! - The parent is the nearest context around the operation that is recorded; a flat branch is none.
//! - An operation has a name here also where AWS's may go without. That of an invocation is the name its execution is
//!   started under.
//! - Payloads are JSON always; [`Failure`](duramen::Failure) is AWS's error, its name the type and its cause the message.
//! - Pauses are in ms here and in whole seconds there: they are rounded up.

use std::collections::HashMap;

use duramen::{CallbackToken, ContextKind, Event, ExecutionId, Failure, HistoryEvent, OperationId, Payload, StepRole};
use serde_json::{Map, Value, json};

/// The history of an execution, without its first event.
pub(crate) fn recorded(execution: ExecutionId, history: &[HistoryEvent]) -> Vec<Value> {
    let mut begun = HashMap::new();
    history.iter().filter_map(|line| Line { execution, line, begun: &mut begun }.told()).collect()
}

/// What AWS repeats of the event that began an operation.
#[derive(Clone)]
struct Begun {
    subtype: &'static str,
    name: String,
    is_context: bool,
    /// Of a wait, in s.
    duration: Option<u64>,
}

struct Line<'a> {
    execution: ExecutionId,
    line: &'a HistoryEvent,
    begun: &'a mut HashMap<OperationId, Begun>,
}

impl Line<'_> {
    fn told(mut self) -> Option<Value> {
        let event = &self.line.event;
        self.note(event);
        let details = self.details(event)?;
        let kind = event.kind();
        let mut told = Map::new();
        told.insert("EventType".to_owned(), kind.into());
        told.insert("EventTimestamp".to_owned(), self.line.at_ms.into());
        told.insert(format!("{kind}Details"), details);
        if let Some(operation) = event.operation() {
            told.insert("Id".to_owned(), operation.to_string().into());
            if let Some(parent) = self.parent(operation) {
                told.insert("ParentId".to_owned(), parent.to_string().into());
            }
            let begun = self.begun.get(operation)?;
            told.insert("SubType".to_owned(), begun.subtype.into());
            told.insert("Name".to_owned(), begun.name.clone().into());
        }
        Some(Value::Object(told))
    }

    fn note(&mut self, event: &Event) {
        let (subtype, name, duration) = match event {
            Event::StepStarted { role: StepRole::Condition, name, .. } => ("WaitForCondition", name, None),
            Event::StepStarted { name, .. } => ("Step", name, None),
            Event::WaitStarted { name, until_ms, .. } => ("Wait", name, Some(self.seconds_until(*until_ms))),
            Event::ContextStarted { name, kind, .. } => (ContextKind::subtype(*kind), name, None),
            Event::CallbackStarted { name, .. } => ("Callback", name, None),
            Event::ChainedInvokeStarted { invoked, .. } => ("ChainedInvoke", &invoked.name, None),
            _ => return,
        };
        let Some(operation) = event.operation().cloned() else { return };
        let is_context = matches!(event, Event::ContextStarted { .. });
        self.begun.insert(operation, Begun { subtype, name: name.clone(), is_context, duration });
    }

    /// The details, of what AWS has as an event.
    fn details(&self, event: &Event) -> Option<Value> {
        Some(match event {
            Event::ExecutionSucceeded { result }
            | Event::ContextSucceeded { result, .. }
            | Event::CallbackSucceeded { result, .. }
            | Event::ChainedInvokeSucceeded { result, .. } => json!({ "Result": payload(result) }),
            Event::ExecutionFailed { failure }
            | Event::ExecutionTimedOut { failure }
            | Event::ExecutionStopped { failure }
            | Event::ContextFailed { failure, .. }
            | Event::CallbackFailed { failure, .. }
            | Event::CallbackTimedOut { failure, .. }
            | Event::ChainedInvokeFailed { failure, .. }
            | Event::ChainedInvokeTimedOut { failure, .. }
            | Event::ChainedInvokeStopped { failure, .. } => json!({ "Error": error(failure) }),
            Event::StepStarted { .. } | Event::ContextStarted { .. } => json!({}),
            Event::StepSucceeded { attempt, result, again_at_ms, .. } => {
                json!({ "Result": payload(result), "RetryDetails": self.retry(*attempt, *again_at_ms) })
            }
            Event::StepFailed { attempt, failure, retry_at_ms, .. } => {
                json!({ "Error": error(failure), "RetryDetails": self.retry(*attempt, *retry_at_ms) })
            }
            Event::WaitStarted { operation, until_ms, .. } => {
                json!({ "Duration": self.begun.get(operation)?.duration, "ScheduledEndTimestamp": until_ms })
            }
            Event::WaitSucceeded { operation } => json!({ "Duration": self.begun.get(operation)?.duration }),
            Event::CallbackStarted { timeout_at_ms, heartbeat_ms, .. } => {
                let token = CallbackToken::of_event(self.execution, event)?;
                let mut details = json!({ "CallbackId": token });
                if let Some(timeout_at_ms) = timeout_at_ms {
                    details["Timeout"] = self.seconds_until(*timeout_at_ms).into();
                }
                if let Some(heartbeat_ms) = heartbeat_ms {
                    details["HeartbeatTimeout"] = heartbeat_ms.div_ceil(1000).into();
                }
                details
            }
            Event::ChainedInvokeStarted { invoked, .. } => json!({
                "FunctionName": invoked.workflow,
                "Input": payload(&invoked.input),
                "ExecutedVersion": invoked.version,
                "DurableExecutionArn": invoked.execution.to_string(),
            }),
            _ => return None,
        })
    }

    fn parent(&self, operation: &OperationId) -> Option<&OperationId> {
        let around = self.begun.iter().filter(|(context, begun)| {
            let (context, path) = (context.path(), operation.path());
            begun.is_context && path.len() > context.len() && path.starts_with(context)
        });
        around.map(|(context, _)| context).max_by_key(|context| context.path().len())
    }

    fn retry(&self, attempt: u32, again_at_ms: Option<u64>) -> Value {
        let mut details = json!({ "CurrentAttempt": attempt });
        if let Some(again_at_ms) = again_at_ms {
            details["NextAttemptDelaySeconds"] = self.seconds_until(again_at_ms).into();
        }
        details
    }

    fn seconds_until(&self, ms: u64) -> u64 {
        ms.saturating_sub(self.line.at_ms).div_ceil(1000)
    }
}

fn payload(payload: &Payload) -> Value {
    json!({ "Payload": payload.to_string() })
}

fn error(failure: &Failure) -> Value {
    json!({ "Payload": { "ErrorType": failure.name(), "ErrorMessage": failure.cause() } })
}
