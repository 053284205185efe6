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

/// How a mocked result is compared with the API of the service. Known are the common operations of Lambda, Step Functions, S3,
/// SQS, SNS, DynamoDB, EventBridge, KMS, ECS, Glue, Athena, Batch, Kinesis, Secrets Manager, Systems Manager, CloudWatch Logs and
/// some more.
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
        if !matches!(kind, StateKind::Task(_) | StateKind::Parallel(_) | StateKind::Map(_)) {
            return refuse(&format!("State type '{}' is not supported when a mock is specified", kind.name()));
        }
        if self.reveal_secrets {
            return refuse("TestState does not support RevealSecrets when a mock is specified.");
        }
        let text = match (&mock.result, &mock.error) {
            (Some(_), Some(_)) | (None, None) => {
                return refuse("A test mock should have only one of the following fields: [result, errorOutput].");
            }
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
    match resource {
        Resource::Service(service) => super::responses::compare(service, result, validation),
        _ => Ok(()),
    }
}
