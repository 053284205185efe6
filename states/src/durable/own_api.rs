//! Tasks that call Step Functions itself by the SDK, beside those that start executions.

use duramen_actors::{Address, Error as ActorError};
use duramen_storage::{ExecutionId, Name};
use serde_json::{Value, json};

use super::Error;
use super::activities::take_from_inside;
use super::behavior::{KIND, StateMachine};
use super::command::{Command, Reply};
use super::describe::Description;
use super::tokens::{owner, taken_up};
use crate::definition::{Resource, ServiceResource};
use crate::history::Fault;
use crate::machine::{End, timestamp};
use crate::payload::Payload;
use crate::query::Moment;
use crate::task::ServiceError;

/// What is called, if a task that names this calls Step Functions itself.
pub(super) fn calls(resource: &Resource) -> Option<&ServiceResource> {
    match resource {
        Resource::Service(service) if service.service == "aws-sdk:sfn" => {
            let known = [
                "sendTaskSuccess",
                "sendTaskFailure",
                "sendTaskHeartbeat",
                "getActivityTask",
                "describeExecution",
                "stopExecution",
            ];
            known.contains(&service.api.as_str()).then_some(service)
        }
        _ => None,
    }
}

/// Makes the call, and answers the task.
pub(super) async fn call(me: Address<StateMachine>, service: ServiceResource, call: u64, parameters: Payload) {
    let by = Some((me.execution(), call));
    // What is owed is done after the next opening.
    if let Some(answer) = ask(&me, &service, call, by, &parameters).await {
        me.tell(Command::Answer { call, answer });
    }
}

/// Makes the call. `by` is who is known as the one that told, should it tell again. Nothing, if nothing goes on any more.
pub(super) async fn ask(
    me: &Address<StateMachine>,
    service: &ServiceResource,
    call: u64,
    by: Option<(ExecutionId, u64)>,
    parameters: &Payload,
) -> Option<Result<Payload, Fault>> {
    let answer = loop {
        let answer = match service.api.as_str() {
            "getActivityTask" => take_task(me, parameters).await,
            "describeExecution" => describe(me, parameters).await,
            "stopExecution" => stop(me, parameters).await,
            _ => tell(me, &service.api, by, parameters).await,
        };
        match answer {
            Ok(answer) => break Ok(answer.into()),
            Err(Error::Execution(error @ ActorError::Paused { .. })) => {
                break Err(refusal(&Error::Unavailable { why: error.to_string() }));
            }
            Err(Error::Execution(error)) => {
                if let Err(error) = error.pass().await {
                    tracing::debug!(execution = %me.execution(), call, %error, "what a task asks for is not done");
                    return None;
                }
            }
            Err(error) => break Err(refusal(&error)),
        }
    };
    Some(answer.map_err(|error| error.fault(service, &mut Moment::new(me.now_ms(), me.now_ms() ^ call))))
}

fn refusal(error: &Error) -> ServiceError {
    let message = match error {
        Error::UnknownExecution { execution } => format!("Execution Does Not Exist: '{execution}'"),
        other => other.to_string(),
    };
    ServiceError::new(error.code().unwrap_or("Validation"), message)
}

/// The execution that the parameters name by its ARN.
fn named(me: &Address<StateMachine>, parameters: &Payload) -> Result<Address<StateMachine>, Error> {
    let arn = parameters.get("ExecutionArn").and_then(Value::as_str).unwrap_or_default();
    let unknown = || Error::UnknownExecution { execution: arn.to_owned() };
    let (definition, name) = me.behavior().registry.arns.execution_of(arn).ok_or_else(unknown)?;
    let name = Name { kind: KIND, definition: definition.to_owned(), name: name.to_owned() };
    let holder = me.log().holder(&name).map_err(ActorError::Log)?;
    Ok(me.of(holder.ok_or_else(unknown)?))
}

async fn describe(me: &Address<StateMachine>, parameters: &Payload) -> Result<Value, Error> {
    let address = named(me, parameters)?;
    match address.ask_from_inside(Command::Describe).await? {
        Reply::Described(known) => Ok(described(&known)),
        _ => Err(Error::UnknownExecution { execution: address.execution().to_string() }),
    }
}

fn described(known: &Description) -> Value {
    let included = json!({"Included": true});
    let mut answer = json!({
        "ExecutionArn": known.about.execution_arn, "Input": known.input.text(), "InputDetails": included,
        "Name": known.about.execution_name, "RedriveCount": known.redrives, "StartDate": timestamp(known.started_ms),
        "StateMachineArn": known.about.machine_arn, "Status": known.status(),
    });
    let Some(fields) = answer.as_object_mut() else { return answer };
    let mut put = |name: &str, value: Option<Value>| value.map(|value| fields.insert(name.to_owned(), value));
    put("RedriveStatus", known.redrive_status().map(Into::into));
    put("RedriveStatusReason", known.not_redrivable.map(Into::into));
    put("StateMachineAliasArn", known.alias_arn.clone().map(Into::into));
    put("StateMachineVersionArn", known.version_arn.clone().map(Into::into));
    put("StopDate", known.stopped_ms.map(|at_ms| timestamp(at_ms).into()));
    match &known.end {
        Some(End::Succeeded(output)) => {
            put("Output", Some(output.text().into()));
            put("OutputDetails", Some(included));
        }
        Some(End::Failed(fault) | End::TimedOut(fault) | End::Aborted(fault)) => {
            put("Error", fault.error.clone().map(Into::into));
            put("Cause", fault.cause.clone().map(Into::into));
        }
        None => {}
    }
    answer
}

/// Stops an execution. One that has ended stays as it is.
async fn stop(me: &Address<StateMachine>, parameters: &Payload) -> Result<Value, Error> {
    let text = |field: &str| parameters.get(field).and_then(Value::as_str).map(str::to_owned);
    let fault = Fault { error: text("Error"), cause: text("Cause") };
    match named(me, parameters)?.ask_from_inside(Command::Stop { fault }).await? {
        Reply::Express => Err(Error::WrongType {
            what: "the Express execution".to_owned(),
            call: "an end from outside",
            instead: "let it run",
        }),
        _ => Ok(json!({"StopDate": timestamp(me.now_ms())})),
    }
}

/// Tells the task of a token what the parameters say.
async fn tell(
    me: &Address<StateMachine>,
    api: &str,
    by: Option<(ExecutionId, u64)>,
    parameters: &Payload,
) -> Result<Value, Error> {
    let text = |field: &str| parameters.get(field).and_then(Value::as_str).map(str::to_owned);
    let token = text("TaskToken").ok_or(Error::InvalidToken)?;
    // The service looks at the token before anything else.
    let execution = owner(me.log(), &token)?;
    let command = match api {
        "sendTaskSuccess" => Command::Told { token, answer: Ok(output(parameters.get("Output"))?), by },
        "sendTaskFailure" => {
            Command::Told { token, answer: Err(Fault { error: text("Error"), cause: text("Cause") }), by }
        }
        _ => Command::Alive { token },
    };
    taken_up(me.of(execution).ask_from_inside(command).await).map(|()| json!({}))
}

/// The output is JSON text; what is no text is written down as such.
fn output(output: Option<&Value>) -> Result<Payload, Error> {
    match output {
        Some(Value::String(text)) => match serde_json::from_str::<Value>(text) {
            Ok(output) => Ok(output.into()),
            Err(error) => Err(Error::InvalidOutput { why: error.to_string() }),
        },
        Some(other) => Ok(other.clone().into()),
        None => Err(Error::InvalidOutput { why: "it is missing".to_owned() }),
    }
}

/// Takes a task of an activity, as a worker does.
async fn take_task(me: &Address<StateMachine>, parameters: &Payload) -> Result<Value, Error> {
    let text = |field: &str| parameters.get(field).and_then(Value::as_str);
    let activity = text("ActivityArn").unwrap_or_default();
    let task = take_from_inside(me, activity, text("WorkerName")).await?;
    Ok(task.map_or_else(|| json!({}), |task| json!({"Input": task.input.text(), "TaskToken": task.token})))
}
