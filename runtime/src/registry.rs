//! The workflows a runtime knows, by name.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Context, Failure, Payload};

/// The future of a workflow in memory.
pub(crate) type Running = Pin<Box<dyn Future<Output = Result<Payload, Failure>> + Send>>;

type Begin = Box<dyn Fn(Context, &Payload) -> Result<Running, Failure> + Send + Sync>;

/// The workflows a runtime knows, by name.
#[derive(Default)]
pub(crate) struct Registry {
    workflows: HashMap<String, Begin>,
}

impl Registry {
    pub(crate) fn add<F, Fut, I, O, E>(&mut self, name: String, workflow: F)
    where
        F: Fn(Context, I) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, E>> + Send + 'static,
        I: DeserializeOwned,
        O: Serialize,
        E: Into<Failure>,
    {
        let begin = move |context, input: &Payload| {
            let input = input.read().map_err(|error| {
                let cause = format!("the input is not a {}: {error}", std::any::type_name::<I>());
                Failure::new("InputNotReadable", cause)
            })?;
            let running = workflow(context, input);
            let running = async move { Payload::of_result(&running.await.map_err(Into::into)?) };
            // A turn must not be cut short by tokio's budget for tasks, which would make it depend on time.
            let running: Running = Box::pin(tokio::task::unconstrained(running));
            Ok(running)
        };
        self.workflows.insert(name, Box::new(begin));
    }

    pub(crate) fn knows(&self, name: &str) -> bool {
        self.workflows.contains_key(name)
    }

    /// The names of all workflows, in order.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.workflows.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// Calls a workflow; `None` when there is none of this name.
    pub(crate) fn begin(&self, name: &str, context: Context, input: &Payload) -> Option<Result<Running, Failure>> {
        self.workflows.get(name).map(|begin| begin(context, input))
    }
}
