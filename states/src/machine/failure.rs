//! Why a state fails.

use crate::history::Fault;
use crate::query::QueryError;
use crate::query::path::{AssignError, PathMiss};

/// What the errors of the language itself are called.
pub(crate) const RUNTIME: &str = "States.Runtime";
pub(crate) const TIMEOUT: &str = "States.Timeout";

/// A failure of a state, before anything was done about it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    pub(crate) fault: Fault,
    /// Whether the cause is to be preceded by the words on the state in which it happened.
    pub(crate) explained: bool,
    /// Whether an expression failed, so that the history says so; and the field it stands in.
    pub(crate) evaluation: Option<Option<String>>,
}

impl Failure {
    /// An error that the state was given: by a task or a branch, or as written in a fail state.
    pub(crate) fn given(fault: Fault) -> Self {
        Self { fault, explained: false, evaluation: None }
    }

    /// An error of the language, found while the state did its work.
    pub(crate) fn found(error: &str, cause: impl Into<String>) -> Self {
        let fault = Fault { error: Some(error.to_owned()), cause: Some(cause.into()) };
        Self { fault, explained: true, evaluation: None }
    }

    pub(crate) fn runtime(cause: impl Into<String>) -> Self {
        Self::found(RUNTIME, cause)
    }

    /// A failed evaluation of JSONata.
    pub(crate) fn evaluation(cause: impl Into<String>, location: Option<&str>) -> Self {
        let evaluation = Some(location.map(str::to_owned));
        Self { evaluation, ..Self::found("States.QueryEvaluationError", cause) }
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        match &error {
            QueryError::Jsonata(failed) => Self::evaluation(error.to_string(), Some(failed.field())),
            _ => Self::found(error.error(), error.to_string()),
        }
    }
}

impl From<PathMiss> for Failure {
    fn from(miss: PathMiss) -> Self {
        Self::found(miss.error(), miss.cause())
    }
}

impl From<AssignError> for Failure {
    fn from(error: AssignError) -> Self {
        Self::found(error.error(), error.to_string())
    }
}

/// Whether one of the names of a retrier or catcher stands for an error.
///
/// `States.ALL` stands for all, and `States.TaskFailed` for all but timeouts; but neither they nor its own name stand for
/// `States.Runtime`, behind which nothing can go on.
pub(crate) fn matches(names: &[String], fault: &Fault) -> bool {
    let error = fault.error.as_deref();
    if error == Some(RUNTIME) {
        return false;
    }
    names.iter().any(|name| match name.as_str() {
        "States.ALL" => true,
        "States.TaskFailed" => error != Some(TIMEOUT),
        "States.Timeout" => matches!(error, Some("States.Timeout" | "States.HeartbeatTimeout")),
        name => error == Some(name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(name: &str, error: &str) -> bool {
        matches(&[name.to_owned()], &Fault { error: Some(error.to_owned()), cause: None })
    }

    #[test]
    fn wildcards_stand_for_what_they_say() {
        assert!(holds("States.ALL", "Anything"));
        assert!(holds("States.ALL", "States.DataLimitExceeded"));
        assert!(holds("States.TaskFailed", "Anything"));
        assert!(!holds("States.TaskFailed", "States.Timeout"));
        assert!(holds("States.Timeout", "States.HeartbeatTimeout"));
        assert!(!holds("Other", "Anything"));
    }

    #[test]
    fn nothing_stands_for_a_runtime_error() {
        assert!(!holds("States.ALL", RUNTIME));
        assert!(!holds(RUNTIME, RUNTIME));
    }
}
