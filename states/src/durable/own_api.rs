//! Tasks that call Step Functions itself by the SDK, beside those that start executions.

use duramen_actors::{Address, Error as ActorError};
use serde_json::{Value, json};

use super::Error;
use super::activities::take_from_inside;
use super::behavior::StateMachine;
use super::children::again;
use super::command::Command;
use super::tokens::{owner, taken_up};
use crate::definition::{Resource, ServiceResource};
use crate::history::Fault;
use crate::payload::Payload;
use crate::query::Moment;
use crate::task::ServiceError;

/// What is called, if a task that names this calls Step Functions itself.
pub(super) fn calls(resource: &Resource) -> Option<&ServiceResource> {
    match resource {
        Resource::Service(service) if service.service == "aws-sdk:sfn" => {
            let known = ["sendTaskSuccess", "sendTaskFailure", "sendTaskHeartbeat", "getActivityTask"];
            known.contains(&service.api.as_str()).then_some(service)
        }
        _ => None,
    }
}

/// Makes the call, and answers the task.
pub(super) async fn call(me: Address<StateMachine>, service: ServiceResource, call: u64, parameters: Payload) {
    let answer = match service.api.as_str() {
        "getActivityTask" => take_task(&me, &parameters).await,
        _ => tell(&me, &service.api, &parameters).await,
    };
    let answer = match answer {
        Ok(answer) => Ok(answer.into()),
        // What is owed is done after the next opening.
        Err(Error::Execution(error)) => {
            tracing::debug!(execution = %me.execution(), call, %error, "what a task asks for is not done");
            return;
        }
        Err(error) => {
            let code = error.code().unwrap_or("Validation");
            let error = ServiceError::new(code, error.to_string());
            Err(error.fault(&service, &mut Moment::new(me.now_ms(), me.now_ms() ^ call)))
        }
    };
    me.tell(Command::Answer { call, answer });
}

/// Tells the task of a token what the parameters say.
async fn tell(me: &Address<StateMachine>, api: &str, parameters: &Payload) -> Result<Value, Error> {
    let text = |field: &str| parameters.get(field).and_then(Value::as_str).map(str::to_owned);
    loop {
        let token = text("TaskToken").ok_or(Error::InvalidToken)?;
        // The service looks at the token before anything else.
        let execution = owner(me.log(), &token)?;
        let command = match api {
            "sendTaskSuccess" => Command::Told { token, answer: Ok(output(parameters.get("Output"))?) },
            "sendTaskFailure" => {
                let fault = Fault { error: text("Error"), cause: text("Cause") };
                Command::Told { token, answer: Err(fault) }
            }
            _ => Command::Alive { token },
        };
        match me.of(execution).ask_from_inside(command).await {
            Err(error @ ActorError::Paused { .. }) => return Err(Error::Unavailable { why: error.to_string() }),
            Err(error) => again(error).await.map_err(Error::Execution)?,
            reply => return taken_up(reply).map(|()| json!({})),
        }
    }
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
