//! Why a text is not JSON.

use thiserror::Error;

/// What is wrong with a text that is not JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{kind} (line {line}, column {column})")]
pub struct SyntaxError {
    /// What is wrong.
    pub kind: SyntaxErrorKind,
    /// The line in which it was noticed, counted from 1.
    pub line: usize,
    /// The column in which it was noticed, counted from 1 in characters.
    pub column: usize,
    /// The byte at which it was noticed.
    pub offset: usize,
}

/// The kinds of [`SyntaxError`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SyntaxErrorKind {
    /// There is nothing but white space.
    #[error("there is no value")]
    Empty,
    /// A word that means nothing in JSON.
    #[error("the word `{0}` means nothing here")]
    Word(String),
    /// A character that cannot stand there.
    #[error("the character {found:?} cannot stand here: {expected}")]
    Character {
        /// What stands there.
        found: char,
        /// What may stand there.
        expected: &'static str,
    },
    /// A control character inside a string.
    #[error("the control character {0:?} must be written as an escape in a string")]
    Control(char),
    /// An escape that JSON does not have.
    #[error("no such escape in a string")]
    Escape,
    /// The text ends inside something.
    #[error("the text ends inside {inside} begun in line {line}, column {column}")]
    End {
        /// What is not closed: `an object`, `an array` or `a string`.
        inside: &'static str,
        /// The line in which it begins.
        line: usize,
        /// The column in which it begins.
        column: usize,
    },
    /// Objects and arrays lie too deep in each other.
    #[error("objects and arrays lie more than {0} deep in each other")]
    TooDeep(usize),
    /// Something follows the value.
    #[error("something follows the value")]
    Trailing,
    /// What the reader of numbers and strings objects to.
    #[error("{0}")]
    Other(String),
}
