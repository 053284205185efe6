//! Why a path gave no value.

use serde_json::Value;

use super::Path;
use crate::query::java_text::java_text;

/// A path gave no value. The causes are worded as Step Functions words them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid path '{path}' : {detail}")]
pub struct PathMiss {
    /// The path as written.
    pub path: String,
    /// What was missing, as Jayway's library says it.
    pub detail: String,
    /// Of which kind it is.
    pub kind: MissKind,
}

/// The kinds of [`PathMiss`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissKind {
    /// There is nothing there.
    NotFound,
    /// A step does not apply to the kind of value that is there.
    Mismatch,
    /// The variable is not assigned.
    Unassigned,
    /// Finding all takes too many steps, or what was found is too large.
    Exhausted,
}

impl PathMiss {
    /// The error of Step Functions.
    pub const fn error(&self) -> &'static str {
        "States.Runtime"
    }

    /// The cause, for a path that is a field's own value, such as `InputPath`.
    pub fn cause(&self) -> String {
        self.to_string()
    }

    /// The cause, for a path in a payload template or one that stands for a scalar. `field` is named with its ending (`value.$`, `ErrorPath`);
    /// `input` is the input of the state.
    pub fn cause_in_field(&self, field: &str, input: &Value) -> String {
        match self.kind {
            MissKind::Exhausted => self.to_string(),
            _ => format!(
                "The JSONPath '{}' specified for the field '{field}' could not be found in the input '{}'",
                self.path,
                java_text(input)
            ),
        }
    }

    /// The cause behind the words on the function, for a path that is an argument of one.
    pub fn cause_in_call(&self, input: &Value) -> String {
        match self.kind {
            MissKind::Exhausted => self.to_string(),
            MissKind::Mismatch => self.detail.clone(),
            MissKind::NotFound | MissKind::Unassigned => {
                let input = java_text(input);
                format!("The JsonPath argument for the field '{}' could not be found in the input '{input}'", self.path)
            }
        }
    }

    pub(super) fn new(path: &Path, kind: MissKind, detail: String) -> Self {
        Self { path: path.text.clone(), detail, kind }
    }
}
