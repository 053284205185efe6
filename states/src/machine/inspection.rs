//! What can be seen of a state while it does its work.

use serde_json::{Map, Value, json};

/// How much is shown of a state that is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum InspectionLevel {
    /// What it came to.
    Info,
    /// Also the values that data had on its way.
    #[default]
    Debug,
    /// Also the request and the response of a task that called an HTTP API.
    Trace,
}

/// The values that data has on its way through a state, as `TestState` shows them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Inspection(Map<String, Value>);

impl Inspection {
    /// The values by the names AWS gives them: `input`, `afterInputPath`, `afterParameters`, …
    #[must_use]
    pub fn values(&self) -> &Map<String, Value> {
        &self.0
    }

    pub(crate) fn put(&mut self, name: &str, value: &Value) {
        self.0.insert(name.to_owned(), value.clone());
    }

    pub(crate) fn put_error(&mut self, name: &str, value: impl Into<Value>) {
        let details = self.0.entry("errorDetails").or_insert_with(|| json!({}));
        if let Some(details) = details.as_object_mut() {
            details.insert(name.to_owned(), value.into());
        }
    }
}
