//! What keeps a text from being a definition.

use thiserror::Error;

use super::pointer::Pointer;
use super::syntax::SyntaxError;

/// One thing that keeps a text from being a [`Definition`](super::Definition), and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message} at {pointer} (line {line}, column {column})", pointer = .pointer.location())]
pub struct Problem {
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// Where in the document.
    pub pointer: Pointer,
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted from 1 in characters.
    pub column: usize,
}

impl Problem {
    /// A problem with a place that is found later.
    pub(crate) fn at(pointer: &Pointer, message: impl Into<String>) -> Self {
        Self { message: message.into(), pointer: pointer.clone(), line: 1, column: 1 }
    }
}

impl From<SyntaxError> for Problem {
    fn from(error: SyntaxError) -> Self {
        let SyntaxError { kind, line, column, .. } = error;
        Self { message: kind.to_string(), pointer: Pointer::root(), line, column }
    }
}
