//! Why a rehearsal cannot go on.

use thiserror::Error;

use crate::definition::Pointer;

/// Why a run could not go on. It is no error of the execution.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RehearsalError {
    /// A state was reached whose work nobody does.
    #[error("the state '{state}' has no mock{}", if *.is_reader { " for the items that it reads".to_owned() } else { format!(", and nothing else stands for '{what}'") })]
    NoMock {
        /// The state.
        state: String,
        /// What it calls.
        what: String,
        /// Whether it is a map that wants to read its items.
        is_reader: bool,
    },
    /// There were more calls than answers, where there were to be enough.
    #[error("the state '{state}' makes a call more than the mock '{name}' answers, which are {replies}")]
    NoMore {
        /// The state.
        state: String,
        /// The name of the mock.
        name: String,
        /// How many calls it answers.
        replies: usize,
    },
    /// The service cannot give such a result.
    #[error("what the mock of the state '{state}' returns is no result of the service: {message}")]
    WrongResult {
        /// The state.
        state: String,
        /// What is wrong with it.
        message: String,
    },
}

impl RehearsalError {
    /// The state at which the run ended.
    #[must_use]
    pub fn state(&self) -> &str {
        match self {
            Self::NoMock { state, .. } | Self::NoMore { state, .. } | Self::WrongResult { state, .. } => state,
        }
    }
}

/// What is wrong with a file of mocks.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MockError {
    /// It is no JSON.
    #[error("it is not JSON: {0}")]
    Syntax(String),
    /// Something in it is not as it should be.
    #[error("{message} at {place}", place = .pointer.location())]
    Shape {
        /// What is wrong.
        message: String,
        /// Where.
        pointer: Pointer,
    },
    /// It has several cases, or several state machines, and it was not said which is meant; or not that one.
    #[error("{0}")]
    Case(String),
}

impl MockError {
    pub(super) fn shape(pointer: &Pointer, message: impl Into<String>) -> Self {
        Self::Shape { message: message.into(), pointer: pointer.clone() }
    }
}
