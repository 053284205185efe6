//! Handlers of requirements, written as workflows.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use duramen::{Builder, Context, Failure};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Notify;

/// A handler: a workflow under the id of its requirement, and the workflows that it invokes.
pub(crate) struct Handler {
    pub(crate) id: &'static str,
    /// An input for when there is no requirement that gives one.
    pub(crate) sample: Value,
    /// Whether the process dies in it.
    pub(crate) crashes: bool,
    register: Vec<Register>,
}

type Register = Box<dyn Fn(Builder, &Crash) -> Builder>;

impl Handler {
    pub(crate) fn register(&self, builder: Builder, crash: &Crash) -> Builder {
        self.register.iter().fold(builder, |builder, register| register(builder, crash))
    }

    /// Registers a workflow beside it.
    pub(crate) fn beside<F, Fut, I, O>(mut self, name: &'static str, workflow: F) -> Self
    where
        F: Fn(Context, I) -> Fut + Copy + Send + Sync + 'static,
        Fut: Future<Output = Result<O, Failure>> + Send + 'static,
        I: DeserializeOwned,
        O: Serialize,
    {
        self.register.push(Box::new(move |builder, _| builder.workflow(name, workflow)));
        self
    }
}

/// The handler of a requirement.
pub(crate) fn handler<F, Fut, I, O>(id: &'static str, sample: Value, workflow: F) -> Handler
where
    F: Fn(Context, I) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Result<O, Failure>> + Send + 'static,
    I: DeserializeOwned,
    O: Serialize,
{
    Handler { id, sample, crashes: false, register: Vec::new() }.beside(id, workflow)
}

/// The handler of a requirement in which the process dies.
pub(crate) fn crashing<F, Fut, I, O>(id: &'static str, sample: Value, workflow: F) -> Handler
where
    F: Fn(Crash, Context, I) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Result<O, Failure>> + Send + 'static,
    I: DeserializeOwned,
    O: Serialize,
{
    let register = move |builder: Builder, crash: &Crash| {
        let crash = crash.clone();
        builder.workflow(id, move |ctx, input| workflow(crash.clone(), ctx, input))
    };
    Handler { id, sample, crashes: true, register: vec![Box::new(register)] }
}

/// The death of the process, once in the life of an execution.
#[derive(Clone, Default)]
pub(crate) struct Crash {
    inner: Arc<CrashInner>,
}

#[derive(Default)]
struct CrashInner {
    happened: AtomicBool,
    asked: Notify,
}

impl Crash {
    /// Ends the process, if this has not happened: what calls it does not go on.
    pub(crate) async fn once(&self) {
        if !self.inner.happened.swap(true, Ordering::SeqCst) {
            self.inner.asked.notify_one();
            std::future::pending::<()>().await;
        }
    }

    /// Until the process is to be ended.
    pub(crate) async fn asked(&self) {
        self.inner.asked.notified().await;
    }
}

/// What a step does that only gives something.
pub(crate) async fn give<T>(value: T) -> Result<T, Failure> {
    Ok(value)
}

/// What a step or branch does that only fails.
pub(crate) async fn fail<T>() -> Result<T, Failure> {
    Err(Failure::new("Refused", "it was to fail"))
}

/// A text with a serialiser of its own, which writes it in capitals.
#[derive(serde::Deserialize)]
pub(crate) struct Loud(pub(crate) String);

impl Serialize for Loud {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_uppercase())
    }
}
