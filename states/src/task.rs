//! What a task calls: the handlers that the embedding program registered, and the services that are understood.

mod callee;
mod functions;
mod handler;
mod lambda;
mod service_error;
mod store;

use crate::definition::{Resource, ServiceResource};
use crate::history::Fault;
use crate::machine::Owed;
use crate::payload::Payload;

use callee::Callee;
pub(crate) use functions::Function;
pub use handler::{Call, Tasks};
pub(crate) use service_error::ServiceError;

/// What a call came to.
pub(crate) type Answer = Result<Payload, Fault>;

impl Tasks {
    /// Calls what a task names.
    pub(crate) async fn perform(&self, resource: &Resource, call: Call) -> Answer {
        if let Some(fault) = self.forbids(call.credentials.as_ref()) {
            return Err(fault);
        }
        match self.callee(resource, &call.input)? {
            Callee::Handler(handler) => Ok(handler(call).await?.into()),
            Callee::Invoked(handler) => lambda::invoke(handler, call).await,
            Callee::Function(functions, function) => self.call_function(functions, function, resource, &call).await,
            Callee::NoFunction(None) => Err(lambda::nameless()),
            Callee::NoFunction(Some(name)) => Err(lambda::missing(&name, &call)),
            Callee::Get(objects) => store::get(objects, &call).await,
            Callee::Put(objects) => store::put(objects, &call).await,
            #[cfg(feature = "http")]
            Callee::Http(http) => http.invoke(&call.input, call.trace.as_deref()).await.map(Into::into),
        }
    }

    /// Whether there is a handler, or a store, for what is owed.
    pub(crate) fn has_for(&self, owed: &Owed) -> bool {
        match owed {
            Owed::Task(resource, call) => {
                !matches!(self.callee(resource, &call.input), Err(_) | Ok(Callee::NoFunction(_)))
            }
            Owed::Read(_) => self.objects.is_some(),
            Owed::Write(_) => true,
        }
    }
}

fn is_invoke(service: &ServiceResource) -> bool {
    service.service == "lambda" && service.api == "invoke"
}
