//! Why an entity cannot go on.

/// Why an entity cannot go on until somebody does something about it; a text for that person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Fault {
    reason: String,
}

impl Fault {
    /// A fault with this reason: what happened, where, and what to do.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }

    /// The reason.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}
