//! The workflows a runtime knows, by name and version.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Context, Failure, Payload};

/// The future of a workflow in memory.
pub(crate) type Running = Pin<Box<dyn Future<Output = Result<Payload, Failure>> + Send>>;

type Begin = Box<dyn Fn(Context, &Payload) -> Result<Running, Failure> + Send + Sync>;

/// The workflows a runtime knows, by name and version.
#[derive(Default)]
pub(crate) struct Registry {
    workflows: BTreeMap<String, BTreeMap<u32, Begin>>,
}

/// What calling a workflow came to.
pub(crate) enum Begun {
    Running(Running),
    /// Its input cannot be read.
    Unreadable(Failure),
    UnknownWorkflow,
    UnknownVersion,
}

impl Registry {
    /// Adds a workflow; `false` when there is one of this name and version already, which stays.
    pub(crate) fn add<F, Fut, I, O, E>(&mut self, name: String, version: u32, workflow: F) -> bool
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
        let versions = self.workflows.entry(name).or_default();
        if versions.contains_key(&version) {
            return false;
        }
        versions.insert(version, Box::new(begin));
        true
    }

    pub(crate) fn knows(&self, name: &str) -> bool {
        self.workflows.contains_key(name)
    }

    /// The version that a new execution runs: the one asked for, or the newest; none when it is not here.
    pub(crate) fn version_to_start(&self, name: &str, asked: Option<u32>) -> Option<u32> {
        let versions = self.workflows.get(name)?;
        match asked {
            Some(version) => versions.contains_key(&version).then_some(version),
            None => versions.keys().next_back().copied(),
        }
    }

    /// The names of all workflows, in order.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.workflows.keys().map(String::as_str).collect()
    }

    /// The versions of a workflow, in order.
    pub(crate) fn versions(&self, name: &str) -> Vec<u32> {
        self.workflows.get(name).into_iter().flat_map(BTreeMap::keys).copied().collect()
    }

    /// Calls a workflow.
    pub(crate) fn begin(&self, name: &str, version: u32, context: Context, input: &Payload) -> Begun {
        let Some(versions) = self.workflows.get(name) else { return Begun::UnknownWorkflow };
        let Some(begin) = versions.get(&version) else { return Begun::UnknownVersion };
        match begin(context, input) {
            Ok(running) => Begun::Running(running),
            Err(failure) => Begun::Unreadable(failure),
        }
    }
}
