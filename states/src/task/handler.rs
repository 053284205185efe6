//! The handlers of a program.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use duramen::others::Functions;
use futures::future::BoxFuture;
use serde_json::Value;

use crate::history::Fault;
use crate::machine::About;
use crate::objects::Objects;
use crate::payload::Payload;

pub(super) type Handler = Arc<dyn Fn(Call) -> BoxFuture<'static, Result<Value, Fault>> + Send + Sync>;

/// Says which roles may be assumed.
pub(super) type Roles = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// One call of a handler.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Call {
    /// What the handler is given.
    pub input: Payload,
    /// Which call of the execution it is, the first being 1.
    pub number: u64,
    /// The token with which the task can be answered from elsewhere, if it waits for that.
    pub token: Option<String>,
    /// In whose name the task is done: an object with `RoleArn`.
    pub credentials: Option<Payload>,
    pub(crate) at_ms: u64,
    /// The execution that calls.
    pub(crate) about: Option<Arc<About>>,
    /// Who wants to see what goes to and fro.
    #[cfg(feature = "http")]
    pub(crate) trace: Option<Arc<crate::http::Trace>>,
}

impl Call {
    pub(crate) fn new(input: Payload, number: u64, at_ms: u64) -> Self {
        Self {
            input,
            number,
            token: None,
            credentials: None,
            at_ms,
            about: None,
            #[cfg(feature = "http")]
            trace: None,
        }
    }
}

/// The handlers by which tasks are done, by name or ARN. Cheap to clone.
///
/// A task finds a handler under its `Resource`; a function (by its ARN, or by `arn:aws:states:::lambda:invoke`) under its
/// ARN, else under its name. A handler that is registered under the ARN of a service's API stands for that service.
///
/// ```
/// use duramen_states::Tasks;
/// use serde_json::json;
///
/// let tasks = Tasks::new().handler("greet", |call| async move { Ok(json!({"greeting": call.input["name"]})) });
/// ```
#[derive(Clone, Default)]
pub struct Tasks {
    handlers: Arc<HashMap<String, Handler>>,
    pub(super) roles: Option<Roles>,
    pub(crate) objects: Option<Arc<dyn Objects>>,
    /// The durable functions on the same log.
    pub(crate) functions: Option<Functions>,
    #[cfg(feature = "http")]
    pub(super) http: Option<Arc<crate::http::Http>>,
}

impl Tasks {
    /// No handler.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a handler under that name, in place of the one that had it.
    #[must_use]
    pub fn handler<H, F>(mut self, name: impl Into<String>, handler: H) -> Self
    where
        H: Fn(Call) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Value, Fault>> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |call| Box::pin(handler(call)));
        Arc::make_mut(&mut self.handlers).insert(name.into(), handler);
        self
    }

    /// With HTTP: what tasks that name `arn:aws:states:::http:invoke` call, unless a handler has that name.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn http(mut self, http: crate::http::Http) -> Self {
        self.http = Some(Arc::new(http));
        self
    }

    /// With a say in which roles tasks may assume: it is asked for the `RoleArn` of `Credentials`. A task that may not fails
    /// with `States.Permissions` before anything is called. Otherwise each may, and handlers see to it: they are given the
    /// credentials.
    ///
    /// ```
    /// use duramen_states::Tasks;
    ///
    /// let tasks = Tasks::new().roles(|role| role.starts_with("arn:aws:iam::111111111111:role/orders/"));
    /// ```
    #[must_use]
    pub fn roles(mut self, may_assume: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.roles = Some(Arc::new(may_assume));
        self
    }

    /// Under which names there is a handler, in order.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.handlers.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// Whether a handler stands for what has that name or ARN.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.handlers.contains_key(name)
    }

    /// The names of all by whom tasks are done.
    pub(super) fn known(&self) -> String {
        let functions = self.functions.iter().flat_map(|functions| functions.versions().keys().map(String::as_str));
        let known = self.names().into_iter().chain(functions).collect::<Vec<_>>();
        if known.is_empty() { "none".to_owned() } else { known.join(", ") }
    }

    pub(super) fn find<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Option<&Handler> {
        names.into_iter().find_map(|name| self.handlers.get(name))
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
