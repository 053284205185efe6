//! Who does what a task asks for, and what is said where there is nobody.

use duramen::others::Functions;
use serde_json::Value;

use super::handler::{Handler, Tasks};
use super::{Function, is_invoke};
use crate::definition::{Pattern, Resource, ServiceResource};
use crate::history::Fault;
use crate::machine::{Reach, Refusal};
use crate::objects::Objects;
use crate::payload::Payload;

/// Who does it.
pub(super) enum Callee<'t> {
    /// A handler, which is given the parameters.
    Handler(&'t Handler),
    /// A handler that stands for a function, which is given the payload in the parameters.
    Invoked(&'t Handler),
    /// A durable function.
    Function(&'t Functions, Function),
    /// The service of functions itself, which has none of that name. Nothing, if none is named.
    NoFunction(Option<String>),
    /// A store that is read.
    Get(&'t dyn Objects),
    /// A store that is written to.
    Put(&'t dyn Objects),
    #[cfg(feature = "http")]
    Http(&'t crate::http::Http),
}

impl Tasks {
    /// Who does what a task asks for that names that, with these parameters.
    pub(super) fn callee(&self, resource: &Resource, parameters: &Payload) -> Result<Callee<'_>, Fault> {
        if let Some(functions) = &self.functions
            && let Some(function) = self.function_of(resource, parameters)
            && functions.versions().contains_key(&function.name)
        {
            return Ok(Callee::Function(functions, function));
        }
        match resource {
            Resource::Handler(name) | Resource::Other(name) => self.registered([name.as_str()]),
            Resource::Activity { arn, name } => self.registered([arn.as_str(), name]),
            Resource::Lambda { arn, function, .. } => {
                let found = self.find([arn.as_str(), function]);
                Ok(found.map_or_else(|| Callee::NoFunction(Some(arn.clone())), Callee::Handler))
            }
            Resource::Service(service) => self.of_service(service, parameters),
        }
    }

    fn of_service(&self, service: &ServiceResource, parameters: &Payload) -> Result<Callee<'_>, Fault> {
        let arn = service.arn.as_str();
        // Whoever does the work has the token; what is called is the same as without it.
        let called = arn.strip_suffix(Pattern::WaitForTaskToken.suffix()).unwrap_or(arn);
        match (self.find([arn, called]), service.service.as_str(), service.api.as_str()) {
            (Some(handler), ..) => Ok(Callee::Handler(handler)),
            (None, ..) if is_invoke(service) && !service.pattern.waits_for_end() => Ok(self.invoked(parameters)),
            (None, "aws-sdk:s3", "getObject") if let Some(objects) = &self.objects => Ok(Callee::Get(&**objects)),
            (None, "aws-sdk:s3", "putObject") if let Some(objects) = &self.objects => Ok(Callee::Put(&**objects)),
            #[cfg(feature = "http")]
            (None, "http", "invoke") if let Some(http) = &self.http => Ok(Callee::Http(http)),
            _ => Err(self.unsupported(arn)),
        }
    }

    fn invoked(&self, parameters: &Payload) -> Callee<'_> {
        let Some(name) = parameters.get("FunctionName").and_then(Value::as_str) else {
            return Callee::NoFunction(None);
        };
        let parsed = Resource::parse(name);
        let short = match &parsed {
            Resource::Lambda { function, .. } => function.as_str(),
            _ => name.split(':').next().unwrap_or_default(),
        };
        self.find([name, short]).map_or_else(|| Callee::NoFunction(Some(name.to_owned())), Callee::Invoked)
    }

    fn registered<const N: usize>(&self, names: [&str; N]) -> Result<Callee<'_>, Fault> {
        self.find(names)
            .map(Callee::Handler)
            .ok_or_else(|| self.unsupported(names.first().copied().unwrap_or_default()))
    }

    fn unsupported(&self, name: &str) -> Fault {
        let cause = format!("Nothing is registered under the resource '{name}'; known are: {}", self.known());
        Fault { error: Some("States.TaskFailed".to_owned()), cause: Some(cause) }
    }

    /// Why a task may not be done in that name; nothing, if it may.
    pub(crate) fn forbids(&self, credentials: Option<&Payload>) -> Option<Fault> {
        let roles = self.roles.as_ref()?;
        let role = credentials?.get("RoleArn").and_then(Value::as_str).unwrap_or_default();
        (!roles(role)).then(|| {
            let cause = format!("The role '{role}' in Credentials is none that a task may assume here");
            Fault { error: Some("States.Permissions".to_owned()), cause: Some(cause) }
        })
    }
}

/// What nobody does here is refused, and so is what the roles forbid.
impl Reach for Tasks {
    fn refuses(&self, resource: &Resource, parameters: &Payload, credentials: Option<&Payload>) -> Option<Refusal> {
        if let Some(fault) = self.forbids(credentials) {
            return Some(Refusal::Start(fault));
        }
        let nobody = self.callee(resource, parameters).err()?;
        Some(match resource {
            Resource::Service(_) => Refusal::Start(nobody),
            _ => Refusal::Schedule(nobody),
        })
    }
}
