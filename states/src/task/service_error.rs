//! How a service's refusal is worded.

use crate::definition::ServiceResource;
use crate::history::Fault;
use crate::query::Moment;

/// Why an API of Step Functions refuses what a task asks of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceError {
    /// The error's code in the API, such as `ExecutionAlreadyExists`.
    code: &'static str,
    message: String,
}

impl ServiceError {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// As a task sees it that names this resource: the optimised integrations and those by the SDK have words of their own.
    pub(crate) fn fault(&self, service: &ServiceResource, moment: &mut Moment) -> Fault {
        let Self { code, message } = self;
        let id = moment.uuid();
        let (error, cause) = match service.service.strip_prefix("aws-sdk:") {
            Some(name) => {
                let mut letters = name.chars();
                let first = letters.next().map(|letter| letter.to_ascii_uppercase());
                let name: String = first.into_iter().chain(letters).collect();
                let cause =
                    format!("{message} (Service: {name}, Status Code: 400, Request ID: {id}) (SDK Attempt Count: 1)");
                (format!("{name}.{code}Exception"), cause)
            }
            None => {
                let cause = format!(
                    "{message} (Service: AWSStepFunctions; Status Code: 400; Error Code: {code}; Request ID: {id}; \
                     Proxy: null)"
                );
                (format!("StepFunctions.{code}Exception"), cause)
            }
        };
        Fault { error: Some(error), cause: Some(cause) }
    }
}
