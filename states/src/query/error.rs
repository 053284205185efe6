//! Why an expression of a definition gave no value.

use serde_json::Value;

use super::choice::ChoiceError;
use super::intrinsic::IntrinsicError;
use super::jsonata::EvaluationError;
use super::path::PathMiss;

/// An expression gave no value. What is displayed is the cause as Step Functions words it, without the words on the state in front.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// A path leads nowhere.
    #[error("{cause}")]
    Path {
        /// The field the path stands in, with its ending.
        field: String,
        /// The cause.
        cause: String,
        /// What was missing.
        miss: Box<PathMiss>,
    },
    /// An intrinsic function does not take its arguments.
    #[error("{source}")]
    Intrinsic {
        /// The field the function stands in, with its ending.
        field: String,
        /// What is wrong.
        source: Box<IntrinsicError>,
    },
    /// A JSONata expression fails, or gives nothing.
    #[error("{0}")]
    Jsonata(Box<EvaluationError>),
    /// A rule of a Choice state asks about what is not there.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
}

impl QueryError {
    /// The error of Step Functions.
    pub const fn error(&self) -> &'static str {
        match self {
            Self::Path { miss, .. } => miss.error(),
            Self::Intrinsic { source, .. } => source.error(),
            Self::Jsonata(error) => error.error(),
            Self::Choice(error) => error.error(),
        }
    }

    /// The field the expression stands in, where it is known: `value.$`, `Output/result`.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Path { field, .. } | Self::Intrinsic { field, .. } => Some(field),
            Self::Jsonata(error) => Some(error.field()),
            Self::Choice(_) => None,
        }
    }

    pub(crate) fn miss(miss: PathMiss, field: &str, input: &Value) -> Self {
        Self::Path { field: field.to_owned(), cause: miss.cause_in_field(field, input), miss: Box::new(miss) }
    }

    /// `call` is the whole of what was to be evaluated.
    pub(crate) fn intrinsic(error: IntrinsicError, call: &str, field: &str, input: &Value) -> Self {
        match error {
            IntrinsicError::Miss(miss) => {
                let cause = format!("The function '{call}' had the following error: {}", miss.cause_in_call(input));
                Self::Path { field: field.to_owned(), cause, miss: Box::new(miss) }
            }
            failed @ IntrinsicError::Failed { .. } => {
                Self::Intrinsic { field: field.to_owned(), source: Box::new(failed) }
            }
        }
    }
}

impl From<EvaluationError> for QueryError {
    fn from(error: EvaluationError) -> Self {
        Self::Jsonata(Box::new(error))
    }
}

/// Something in a definition that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at {pointer}")]
pub struct Problem {
    /// Where it stands in the value that was to be compiled: a JSON pointer, empty for the value itself.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
}

impl Problem {
    pub(crate) fn new(pointer: &str, message: impl Into<String>) -> Self {
        Self { pointer: pointer.to_owned(), message: message.into() }
    }
}

/// The pointer of a field of an object.
pub(crate) fn pointer(parent: &str, name: &str) -> String {
    format!("{parent}/{}", name.replace('~', "~0").replace('/', "~1"))
}
