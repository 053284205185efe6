//! What stands for the work of a state that is tried.

use serde_json::Value;

use super::{TestError, TestState};
use crate::definition::{Resource, StateKind};
use crate::history::Fault;
use crate::payload::Payload;

/// What a state that is tried is told, instead of calling or running anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Mock {
    /// The result, as JSON text.
    pub result: Option<String>,
    /// The error.
    pub error: Option<Fault>,
    /// How a result is compared with what the service can answer.
    pub validation: FieldValidation,
}

/// How a mocked result is compared with the API of the service. The fields of `startExecution` are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FieldValidation {
    /// What is required must be there, and what is there must be of its type.
    #[default]
    Strict,
    /// What is there must be of its type.
    Present,
    /// Not at all.
    None,
}

impl Mock {
    /// That result, as JSON text.
    #[must_use]
    pub fn result(text: impl Into<String>) -> Self {
        Self { result: Some(text.into()), ..Self::default() }
    }

    /// That error.
    #[must_use]
    pub fn error(fault: Fault) -> Self {
        Self { error: Some(fault), ..Self::default() }
    }

    /// Compared in that way.
    #[must_use]
    pub fn validation(mut self, validation: FieldValidation) -> Self {
        self.validation = validation;
        self
    }
}

/// What the fields of a service's response are: their name, and whether they are required. All of them are strings.
const RESPONSES: &[Response] = &[
    Response { service: "states", api: "startExecution", fields: &[("ExecutionArn", true), ("StartDate", true)] },
    Response { service: "aws-sdk:sfn", api: "startExecution", fields: &[("ExecutionArn", true), ("StartDate", true)] },
];

struct Response {
    service: &'static str,
    api: &'static str,
    fields: &'static [(&'static str, bool)],
}

impl TestState {
    /// What the mock stands for, if there is one.
    pub(super) fn mocked(&self, kind: &StateKind) -> Result<Option<Result<Payload, Fault>>, TestError> {
        let refuse = |message: &str| Err(TestError::Request(message.to_owned()));
        let Some(mock) = &self.mock else {
            if self.failed_iterations.is_some() {
                return refuse("TestState does not support MapIterationFailureCount when a mock is not specified.");
            }
            return Ok(None);
        };
        if self.reveal_secrets {
            return refuse("TestState does not support RevealSecrets when a mock is specified.");
        }
        let text = match (&mock.result, &mock.error) {
            (Some(_), Some(_)) => {
                return refuse("A test mock should have only one of the following fields: [result, errorOutput].");
            }
            (None, None) => return Ok(None),
            (None, Some(fault)) => return Ok(Some(Err(fault.clone()))),
            (Some(text), None) => text,
        };
        let Ok(result) = serde_json::from_str::<Value>(text) else { return refuse("Mocked result must be valid JSON") };
        match kind {
            StateKind::Map(map) if map.result_writer.is_some() && !result.is_object() => {
                return refuse("Mocked result must be a JSON object.");
            }
            StateKind::Map(map) if map.result_writer.is_none() && !result.is_array() => {
                return refuse("Mocked result must be an array.");
            }
            StateKind::Parallel(parallel) => match result.as_array().map(Vec::len) {
                None => return refuse("Mocked result must be an array."),
                Some(length) if length != parallel.branches.len() => {
                    return refuse(
                        "Mocked result must contain the same number of items as number of Parallel branches.",
                    );
                }
                Some(_) => {}
            },
            StateKind::Task(task) => {
                if let Err(message) = compare(&task.resource, &result, mock.validation) {
                    return refuse(&format!("Mock result schema validation error: {message}"));
                }
            }
            _ => {}
        }
        Ok(Some(Ok(result.into())))
    }
}

/// Whether the API of the service can give that result.
pub(crate) fn compare(resource: &Resource, result: &Value, validation: FieldValidation) -> Result<(), String> {
    let Resource::Service(service) = resource else { return Ok(()) };
    let known = RESPONSES.iter().find(|known| known.service == service.service && known.api == service.api);
    let Some(known) = known.filter(|_| validation != FieldValidation::None) else { return Ok(()) };
    for (name, required) in known.fields {
        match result.get(name) {
            None if *required && validation == FieldValidation::Strict => {
                return Err(format!("Required field '{name}' is missing"));
            }
            Some(value) if !value.is_string() => return Err(format!("Field '{name}' must be a string")),
            _ => {}
        }
    }
    Ok(())
}
