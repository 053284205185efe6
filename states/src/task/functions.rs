//! Durable functions: workflows of a runtime on the same log, which tasks name like functions of Lambda.

use duramen::Failure;
use duramen::others::{Functions, Outcome};
use duramen_actors::Error as ActorError;
use serde_json::{Value, json};

use super::handler::{Call, Tasks};
use super::lambda::Response;
use super::{Answer, is_invoke};
use crate::definition::{Pattern, Resource};
use crate::history::Fault;
use crate::payload::Payload;
use crate::query::Moment;

/// A function that a task calls, as the task names it.
pub(crate) struct Function {
    pub(crate) name: String,
    /// Its qualifier, if that is a number.
    pub(crate) version: Option<u32>,
    pub(crate) input: Payload,
}

impl Tasks {
    /// The function that a task calls with that input, unless a handler stands for it.
    pub(crate) fn function_of(&self, resource: &Resource, input: &Payload) -> Option<Function> {
        let function = |name: &str, qualifier: Option<&str>, input: Payload| Function {
            name: name.to_owned(),
            version: qualifier.and_then(|qualifier| qualifier.parse().ok()),
            input,
        };
        match resource {
            Resource::Handler(name) => {
                self.find([name.as_str()]).is_none().then(|| function(name, None, input.clone()))
            }
            Resource::Lambda { arn, function: name, qualifier } => {
                let free = self.find([arn.as_str(), name]).is_none();
                free.then(|| function(name, qualifier.as_deref(), input.clone()))
            }
            Resource::Service(service) if is_invoke(service) && awaits_answer(service.pattern) => {
                let named = input.get("FunctionName").and_then(Value::as_str)?;
                let (name, qualifier) = named_function(named);
                let payload = input.get("Payload").filter(|payload| !payload.is_null()).cloned();
                let payload = payload.unwrap_or_else(|| json!({})).into();
                self.find([named, &name]).is_none().then(|| function(&name, qualifier.as_deref(), payload))
            }
            _ => None,
        }
    }

    /// What a task is answered whose function returned that. The call has a number and a time.
    fn returned(&self, resource: &Resource, input: &Payload, call: (u64, u64), result: Value) -> Payload {
        match resource {
            Resource::Service(service) if is_invoke(service) => {
                let (number, at_ms) = call;
                let logs = input.get("LogType").and_then(Value::as_str) == Some("Tail");
                Response { id: Moment::new(at_ms, number).uuid(), at_ms, logs }.around(result).into()
            }
            _ => result.into(),
        }
    }
}

/// Whether what is invoked gives its answer to the API.
fn awaits_answer(pattern: Pattern) -> bool {
    matches!(pattern, Pattern::RequestResponse | Pattern::WaitForTaskToken)
}

/// The name of a function and its qualifier, of its ARN or of its name.
fn named_function(named: &str) -> (String, Option<String>) {
    match Resource::parse(named) {
        Resource::Lambda { function, qualifier, .. } => (function, qualifier),
        _ => match named.split_once(':') {
            Some((name, qualifier)) => (name.to_owned(), Some(qualifier.to_owned())),
            None => (named.to_owned(), None),
        },
    }
}

impl Tasks {
    /// Calls the durable function that a task names and waits for it, for executions that are in memory alone.
    pub(super) async fn call_function(
        &self,
        functions: &Functions,
        function: Function,
        resource: &Resource,
        call: &Call,
    ) -> Answer {
        let Function { name, version, input } = function;
        let input = duramen::Payload::of(&*input).map_err(|error| failed(&Failure::from(error)))?;
        match functions.call(&name, version, input).await {
            Ok(outcome) => self.answered(resource, &call.input, (call.number, call.at_ms), &outcome),
            Err(error @ ActorError::Overloaded { .. }) => {
                Err(failed(&Failure::new("Lambda.TooManyRequestsException", error.to_string())))
            }
            Err(error) => Err(failed(&Failure::new("Lambda.ServiceException", error.to_string()))),
        }
    }

    /// What a task is answered whose function ended so. The call has a number and a time.
    pub(crate) fn answered(&self, resource: &Resource, input: &Payload, call: (u64, u64), outcome: &Outcome) -> Answer {
        match outcome {
            Outcome::Succeeded(result) => match result.read::<Value>() {
                Ok(result) => Ok(self.returned(resource, input, call, result)),
                Err(error) => Err(failed(&Failure::from(error))),
            },
            Outcome::Failed(failure) | Outcome::TimedOut(failure) | Outcome::Stopped(failure) => Err(failed(failure)),
        }
    }
}

/// What a task fails with whose function failed, as with a function of Lambda.
fn failed(failure: &Failure) -> Fault {
    let mut error = json!({"errorMessage": failure.cause(), "errorType": failure.name()});
    if let (Some(data), Some(fields)) = (failure.data::<Value>(), error.as_object_mut()) {
        fields.insert("errorData".to_owned(), data);
    }
    Fault { error: Some(failure.name().to_owned()), cause: Some(error.to_string()) }
}
