//! Why an expression gave no value.

use jsonata_core::evaluator::EvaluatorError;
use serde_json::Value;

use super::messages::worded;
use crate::query::java_text::java_text;
use crate::query::value::{MAX_DEPTH, kind};

/// A text is not an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The JSONata expression '{expression}' is not valid: {message}")]
pub struct JsonataSyntaxError {
    /// The text, without white space around it.
    pub expression: String,
    /// Where it goes wrong, in bytes from its start.
    pub at: usize,
    /// What is wrong with it, with JSONata's code where there is one.
    pub message: String,
}

/// An evaluation failed. What is over a limit is said in the words of Step Functions, as they are known from
/// `https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html` and from answers of the service that
/// `https://github.com/floci-io/floci/issues/2737` repeats.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonataError {
    /// The expression cannot be applied to these values.
    #[error("{message}")]
    Failed {
        /// JSONata's code, if the message begins with one.
        code: Option<String>,
        /// What is wrong.
        message: String,
    },
    /// It takes too long.
    #[error("Expression evaluation timeout: Check for infinite loop")]
    Timeout,
    /// It nests too deep: functions call each other without an end.
    #[error(
        "Stack overflow error: Check for non-terminating recursive function.  Consider rewriting as tail-recursive."
    )]
    StackOverflow,
    /// It makes too much, or the result is too large.
    #[error("Expression evaluation memory limit exceeded: Check for excessive memory usage")]
    MemoryLimit,
    /// The result is or has a function.
    #[error("the result has a function, which is not a JSON value")]
    Function,
    /// The result nests too deep.
    #[error("the result has more than {MAX_DEPTH} levels")]
    TooDeep,
    /// The evaluator did not stand it.
    #[error("the evaluator failed: {0}")]
    Internal(String),
}

impl JsonataError {
    pub(super) fn of(error: &EvaluatorError) -> Self {
        match error.code() {
            Some("D1012" | "U1002") => Self::Timeout,
            Some("D1011" | "U1001") => Self::StackOverflow,
            Some("D2014" | "D2015") => Self::MemoryLimit,
            code => Self::Failed { code: code.map(str::to_owned), message: worded(error.message()) },
        }
    }

    /// What joins the words on the expression with what is wrong: an error with a code of JSONata is a sentence of its own.
    const fn joint(&self) -> &'static str {
        match self {
            Self::Failed { code: Some(_), .. } => " threw an error during evaluation. ",
            Self::Internal(_) => " threw an internal error during evaluation: ",
            _ => " threw an error during evaluation: ",
        }
    }
}

/// The type a field needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// An array.
    Array,
    /// True or false.
    Boolean,
    /// A number.
    Number,
    /// A text.
    String,
    /// An object.
    Object,
}

impl Expected {
    /// Whether a value is of the type.
    pub fn is_met_by(self, value: &Value) -> bool {
        self.name() == kind(value)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Array => "array",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::String => "string",
            Self::Object => "object",
        }
    }
}

/// The expression of a field gave no value it can have.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluationError {
    /// It gives nothing.
    #[error("The JSONata expression '{expression}' specified for the field '{field}' returned nothing (undefined).")]
    Undefined {
        /// The expression as written.
        expression: String,
        /// The field, with the names within it behind slashes: `Output/result`.
        field: String,
    },
    /// It fails.
    #[error("The JSONata expression '{expression}' specified for the field '{field}'{}{source}", source.joint())]
    Failed {
        /// The expression as written.
        expression: String,
        /// The field.
        field: String,
        /// Why.
        source: JsonataError,
    },
    /// It gives a value of another type than the field has.
    #[error(
        "The JSONata expression '{expression}' specified for the field '{field}' returned an unexpected result type. Expected '{}', but was '{}' for value: {}",
        expected.name(),
        kind(value),
        java_text(value)
    )]
    Type {
        /// The expression as written.
        expression: String,
        /// The field.
        field: String,
        /// The type it needs.
        expected: Expected,
        /// The value.
        value: Value,
    },
}

impl EvaluationError {
    /// The error of Step Functions.
    pub const fn error(&self) -> &'static str {
        "States.QueryEvaluationError"
    }

    /// The field the expression stands in, the `location` of the history's event.
    pub fn field(&self) -> &str {
        match self {
            Self::Undefined { field, .. } | Self::Failed { field, .. } | Self::Type { field, .. } => field,
        }
    }
}
