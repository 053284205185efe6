//! Tasks that start an execution: what they ask for, and what they are answered.
//!
//! Which execution a task starts is a function of the task alone, so that starting it twice starts one.

use bincode::{Decode, Encode};
use duramen_storage::ExecutionId;
use serde_json::{Map, Value, json};

use super::link::Report;
use crate::definition::{Pattern, Resource, ServiceResource};
use crate::history::Fault;
use crate::machine::{End, timestamp};
use crate::payload::Payload;
use crate::query::Moment;
use crate::task::ServiceError;

/// The execution that a task asks for.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub(crate) struct Asked {
    /// The resource that the task names.
    pub(crate) resource: String,
    /// What is named: a state machine by its name or ARN, perhaps with a version or an alias.
    pub(crate) which: String,
    /// The name of the state machine alone.
    pub(crate) machine: String,
    pub(crate) name: String,
    pub(crate) input: Payload,
}

/// Whether a task that names this starts an execution.
pub(crate) fn starts(resource: &Resource) -> Option<&ServiceResource> {
    match resource {
        Resource::Service(service)
            if service.api == "startExecution" && matches!(service.service.as_str(), "states" | "aws-sdk:sfn") =>
        {
            Some(service)
        }
        _ => None,
    }
}

impl Asked {
    /// What the call of that number of an execution asks for.
    ///
    /// # Errors
    /// What the service would say of it.
    pub(crate) fn of(
        service: &ServiceResource,
        parameters: &Payload,
        parent: ExecutionId,
        call: u64,
    ) -> Result<Self, ServiceError> {
        let text = |field: &str| parameters.get(field).and_then(Value::as_str).map(str::to_owned);
        let Some(machine) = text("StateMachineArn") else {
            return Err(ServiceError::new("Validation", "The field StateMachineArn is missing"));
        };
        let input = match parameters.get("Input") {
            None | Some(Value::Null) => json!({}),
            Some(Value::String(text)) => serde_json::from_str(text).map_err(|error| {
                ServiceError::new("InvalidExecutionInput", format!("Invalid State Machine Execution Input: '{error}'"))
            })?,
            Some(other) => other.clone(),
        };
        let name = text("Name").unwrap_or_else(|| derived(parent, call));
        let name_alone = machine_name(&machine).to_owned();
        let resource = service.arn.clone();
        Ok(Self { resource, which: machine, machine: name_alone, name, input: input.into() })
    }
}

/// The name of a state machine that is named by itself or by its ARN.
fn machine_name(machine: &str) -> &str {
    let name = machine.split_once(":stateMachine:").map_or(machine, |(_, name)| name);
    name.split(':').next().unwrap_or_default()
}

/// A name that belongs to one call of one execution.
fn derived(parent: ExecutionId, call: u64) -> String {
    let seed = parent
        .as_bytes()
        .iter()
        .chain(&call.to_be_bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    Moment::new(0, seed).uuid()
}

/// What the service answers to a start.
pub(crate) fn started(service: &ServiceResource, execution_arn: &str, started_ms: u64) -> Value {
    let date = timestamp(started_ms);
    if service.service != "states" {
        return json!({"ExecutionArn": execution_arn, "StartDate": date});
    }
    let id = Moment::new(started_ms, started_ms).uuid();
    // The answer of the service has the time in seconds with the ms behind the point, 1.234567890123E9.
    let length = r#"{"executionArn":"","startDate":1.234567890123E9}"#.len() + execution_arn.len();
    let length = length.to_string();
    let headers = [
        ("x-amzn-RequestId", id.as_str()),
        ("connection", "keep-alive"),
        ("Content-Length", length.as_str()),
        ("Date", date.as_str()),
        ("Content-Type", "application/x-amz-json-1.0"),
    ];
    let all: Map<String, Value> = headers.iter().map(|(name, text)| ((*name).to_owned(), json!([text]))).collect();
    let single: Map<String, Value> = headers.iter().map(|(name, text)| ((*name).to_owned(), json!(text))).collect();
    json!({
        "ExecutionArn": execution_arn,
        "SdkHttpMetadata": {"AllHttpHeaders": all, "HttpHeaders": single, "HttpStatusCode": 200},
        "SdkResponseMetadata": {"RequestId": id},
        "StartDate": date,
    })
}

/// What a task that waited for the end of an execution has come to.
pub(crate) fn ended(service: &ServiceResource, report: &Report) -> Result<Payload, Fault> {
    let Report { about, input, started_ms, ended, .. } = report;
    let Some((ended_ms, end)) = ended else { return Err(Fault::default()) };
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    let fault = match end {
        End::Succeeded(_) => None,
        End::Failed(fault) | End::TimedOut(fault) | End::Aborted(fault) => Some(fault),
    };
    if let Some(cause) = fault.and_then(|fault| fault.cause.as_ref()) {
        put("Cause", json!(cause));
    }
    if let Some(error) = fault.and_then(|fault| fault.error.as_ref()) {
        put("Error", json!(error));
    }
    put("ExecutionArn", json!(about.execution_arn));
    put("Input", of_pattern(service.pattern, input));
    put("InputDetails", json!({"Included": true}));
    put("Name", json!(about.execution_name));
    if let End::Succeeded(output) = end {
        put("Output", of_pattern(service.pattern, output));
        put("OutputDetails", json!({"Included": true}));
    }
    put("StartDate", json!(started_ms));
    put("StateMachineArn", json!(about.machine_arn));
    put("Status", json!(end.status()));
    put("StopDate", json!(ended_ms));
    let answer = Value::Object(fields);
    match fault {
        None => Ok(answer.into()),
        Some(_) => Err(Fault { error: Some("States.TaskFailed".to_owned()), cause: Some(answer.to_string()) }),
    }
}

/// Input and output are text, unless the pattern asks for JSON.
fn of_pattern(pattern: Pattern, payload: &Payload) -> Value {
    match pattern {
        Pattern::Sync2 => (**payload).clone(),
        _ => json!(payload.text()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(byte: u8) -> ExecutionId {
        ExecutionId::from_bytes([byte; 16])
    }

    fn service() -> ServiceResource {
        let Resource::Service(service) = Resource::parse("arn:aws:states:::states:startExecution") else {
            unreachable!()
        };
        service
    }

    #[test]
    fn the_same_call_asks_for_the_same_execution_and_another_for_another() {
        let parameters = Payload::from(json!({"StateMachineArn": "arn:aws:states:r:1:stateMachine:m:3"}));
        let asked = |parent, call| Asked::of(&service(), &parameters, id(parent), call).unwrap();
        assert_eq!(asked(1, 1), asked(1, 1));
        assert_eq!(asked(1, 1).machine, "m");
        assert_eq!(asked(1, 1).input, json!({}).into());
        assert_ne!(asked(1, 1).name, asked(1, 2).name);
        assert_ne!(asked(1, 1).name, asked(2, 1).name);
    }

    #[test]
    fn an_input_may_be_given_as_text() {
        let asked = |input: Value| {
            let parameters = Payload::from(json!({"StateMachineArn": "m", "Name": "n", "Input": input}));
            Asked::of(&service(), &parameters, id(1), 1)
        };
        assert_eq!(asked(json!("[1]")).unwrap().input, json!([1]).into());
        assert_eq!(asked(json!([1])).unwrap().input, json!([1]).into());
        assert!(asked(json!("[1")).is_err());
        assert!(Asked::of(&service(), &json!({}).into(), id(1), 1).is_err());
    }
}
