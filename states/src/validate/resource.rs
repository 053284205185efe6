//! The resources of tasks, and what of them a type of machine allows.

use serde_json::{Map, Value};

use super::Validator;
use super::diagnostic::Code;
use super::options::{Handlers, MachineType};
use crate::definition::{Pattern, Pointer, Resource};

/// Services that have no job to wait for.
const NO_JOBS: [&str; 7] = ["lambda", "sns", "sqs", "dynamodb", "events", "apigateway", "bedrock-agentcore"];

/// Services that cannot hand on a token.
const NO_TOKENS: [&str; 12] = [
    "athena",
    "batch",
    "codebuild",
    "elasticmapreduce",
    "emr-containers",
    "emr-serverless",
    "glue",
    "databrew",
    "mediaconvert",
    "sagemaker",
    "dynamodb",
    "bedrock-agentcore",
];

impl Validator<'_> {
    pub(super) fn resource(&self, value: &Value, at: &Pointer) {
        let Value::String(text) = value else {
            self.text(value, at);
            return;
        };
        let express = self.options.machine_type == MachineType::Express;
        match Resource::parse(text) {
            Resource::Handler(name) => {
                let allowed = match &self.options.handlers {
                    Handlers::None => false,
                    Handlers::Any => !name.is_empty(),
                    Handlers::Named(names) => names.contains(&name),
                };
                if !allowed && matches!(self.options.handlers, Handlers::Named(_)) {
                    self.schema(at, format!("Value is neither a resource ARN nor a registered handler: '{name}'"));
                } else if !allowed {
                    self.schema(at, "Value is not a valid resource ARN");
                }
            }
            Resource::Service(service) => {
                let job = service.pattern.waits_for_end();
                let name = service.service.as_str();
                let impossible = match service.pattern {
                    Pattern::RequestResponse => false,
                    Pattern::Sync => NO_JOBS.contains(&name) || name.starts_with("aws-sdk:"),
                    Pattern::Sync2 => name != "states",
                    Pattern::WaitForTaskToken => NO_TOKENS.contains(&name),
                };
                if impossible {
                    self.schema(at, format!("The resource provided {text} is not recognized"));
                } else if express && service.pattern != Pattern::RequestResponse {
                    let pattern = if job { ".sync" } else { ".waitForTaskToken" };
                    let message = format!("Express state machine does not support '{pattern}' service integration");
                    self.schema(at, message);
                }
            }
            Resource::Activity { .. } if express => {
                self.schema(at, "Express state machine does not support Activity ARN");
            }
            _ => {}
        }
    }

    pub(super) fn task(&self, state: &Map<String, Value>, at: &Pointer) {
        let activity = state.get("Resource").and_then(Value::as_str).map(Resource::parse);
        if matches!(activity, Some(Resource::Activity { .. })) && state.contains_key("Credentials") {
            self.schema(at, "The field 'Credentials' is not supported for activities");
        }
        let seconds = |name: &str| state.get(name).and_then(Value::as_u64);
        if let (Some(heartbeat), Some(timeout)) = (seconds("HeartbeatSeconds"), seconds("TimeoutSeconds"))
            && heartbeat >= timeout
        {
            let message = "A heartbeat that is not smaller than 'TimeoutSeconds' is never missed";
            self.warning(Code::DoubtfulValue, &at.field("HeartbeatSeconds"), message);
        }
    }
}
