//! What a task calls: the handlers that the embedding program registered, and the services that are understood.

mod handler;
mod lambda;
mod service_error;
mod store;

use crate::definition::{Pattern, Resource, ServiceResource};
use crate::history::Fault;
use crate::machine::Owed;
use crate::payload::Payload;

pub use handler::{Call, Tasks};
pub(crate) use lambda::Function;
pub(crate) use service_error::ServiceError;

/// What a call came to.
pub(crate) type Answer = Result<Payload, Fault>;

impl Tasks {
    /// Calls what a task names.
    pub(crate) async fn perform(&self, resource: &Resource, call: Call) -> Answer {
        match resource {
            Resource::Handler(name) | Resource::Other(name) => self.registered(name, call).await,
            Resource::Activity { arn, name } => match self.find([arn.as_str(), name]) {
                Some(handler) => Ok(handler(call).await?.into()),
                None => Err(self.unsupported(arn)),
            },
            Resource::Lambda { arn, function, .. } => self.function(arn, function, call).await,
            Resource::Service(service) if service.service == "aws-sdk:s3" => match self.s3(&service.api, &call).await {
                Some(answer) => answer,
                None => self.registered(resource.text(), call).await,
            },
            Resource::Service(service) if service.service == "http" && service.api == "invoke" => {
                match self.find([resource.text()]) {
                    Some(handler) => Ok(handler(call).await?.into()),
                    None => self.call_http(&call).await.unwrap_or_else(|| Err(self.unsupported(resource.text()))),
                }
            }
            Resource::Service(service) if service.pattern == Pattern::WaitForTaskToken => {
                // Whoever does the work has the token; what is called is the same as without it.
                let called = service.arn.strip_suffix(Pattern::WaitForTaskToken.suffix()).unwrap_or(&service.arn);
                match self.find([service.arn.as_str(), called]) {
                    Some(handler) => Ok(handler(call).await?.into()),
                    None if is_invoke(service) => self.invoke(call).await,
                    None => Err(self.unsupported(&service.arn)),
                }
            }
            Resource::Service(service) if is_invoke(service) && service.pattern == Pattern::RequestResponse => {
                self.invoke(call).await
            }
            _ => self.registered(resource.text(), call).await,
        }
    }

    /// Whether there is a handler, or a store, for what is owed.
    pub(crate) fn has_for(&self, owed: &Owed) -> bool {
        match owed {
            Owed::Task(Resource::Service(service), _) if service.service == "aws-sdk:s3" && self.objects.is_some() => {
                true
            }
            #[cfg(feature = "http")]
            Owed::Task(Resource::Service(service), _) if service.service == "http" && self.http.is_some() => true,
            Owed::Task(..) => self.find(owed.callees().iter().map(String::as_str)).is_some(),
            Owed::Read(_) => self.objects.is_some(),
            Owed::Write(_) => true,
        }
    }

    fn unsupported(&self, name: &str) -> Fault {
        let cause = format!("Nothing is registered under the resource '{name}'; known are: {}", self.known());
        Fault { error: Some("States.TaskFailed".to_owned()), cause: Some(cause) }
    }

    async fn registered(&self, name: &str, call: Call) -> Answer {
        match self.find([name]) {
            Some(handler) => Ok(handler(call).await?.into()),
            None => Err(self.unsupported(name)),
        }
    }
}

fn is_invoke(service: &ServiceResource) -> bool {
    service.service == "lambda" && service.api == "invoke"
}
