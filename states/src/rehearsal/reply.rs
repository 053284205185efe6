//! What a mock says to one call.

use serde_json::Value;

use crate::history::Fault;
use crate::payload::Payload;

/// What a mock says to one call: a result or an error, and after how much time.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub(crate) told: Result<Payload, Fault>,
    pub(crate) after_ms: u64,
}

impl Reply {
    /// That result.
    #[must_use]
    pub fn result(result: Value) -> Self {
        Self { told: Ok(result.into()), after_ms: 0 }
    }

    /// That error, with that cause.
    #[must_use]
    pub fn error(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self::fault(Fault { error: Some(error.into()), cause: Some(cause.into()) })
    }

    /// That error, or an error of which nothing is known.
    #[must_use]
    pub fn fault(fault: Fault) -> Self {
        Self { told: Err(fault), after_ms: 0 }
    }

    /// What is said.
    ///
    /// # Errors
    /// The error, if it is one.
    pub fn told(&self) -> Result<&Value, &Fault> {
        self.told.as_ref().map(|result| &**result)
    }

    /// Only after so many ms, by the time of the execution. A task that has a timeout may be timed out before.
    #[must_use]
    pub fn after_ms(mut self, ms: u64) -> Self {
        self.after_ms = ms;
        self
    }
}
