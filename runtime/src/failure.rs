//! Failures of workflows and steps: values that stand in the history.

use std::error::Error;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Payload;

/// Why a step or a workflow failed: a name to tell kinds of failures apart, a cause for people, and data for code.
///
/// It is recorded, so it is the same after any number of crashes. `?` turns any [`std::error::Error`] into one: its name
/// is then the type's with its module (`io::Error`), its cause the text of the error and of the errors behind it.
///
/// ```
/// use duramen::Failure;
///
/// fn parse(text: &str) -> Result<u32, Failure> {
///     Ok(text.parse()?)
/// }
///
/// let failure = parse("many").unwrap_err();
/// assert_eq!(failure.name(), "num::ParseIntError");
/// assert_eq!(failure.cause(), "invalid digit found in string");
///
/// let declined = Failure::new("CardDeclined", "the bank said no").with_data(&51);
/// assert_eq!(declined.data::<u32>(), Some(51));
/// ```
///
/// It does not implement [`std::error::Error`] itself, as that would stand in the way of the conversion. An error that
/// does not implement it either, as `anyhow::Error`, is given a name:
/// `map_err(|error| Failure::new("Mail", format!("{error:#}")))`.
#[derive(Clone, PartialEq, Eq, bincode::Encode, bincode::Decode, serde::Serialize, serde::Deserialize)]
pub struct Failure {
    name: String,
    cause: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<Payload>,
}

impl Failure {
    /// The name of the failure of a step or workflow that panicked; the cause is the panic's text.
    pub const PANIC: &'static str = "Panic";
    /// The name of the failure of operations that were under way, or called, when the execution was cancelled.
    pub const CANCELLED: &'static str = "Cancelled";
    /// The name of the failure of operations that were under way when the time of the execution was up.
    pub const EXECUTION_TIMEOUT: &'static str = "Execution.Timeout";
    /// The name of the failure of an attempt that took longer than [`Step::timeout`](crate::Step::timeout).
    pub const STEP_TIMEOUT: &'static str = "Step.Timeout";
    /// The name of the failure of an attempt that gave no sign of life for
    /// [`Step::heartbeat`](crate::Step::heartbeat).
    pub const STEP_HEARTBEAT: &'static str = "Step.Heartbeat";
    /// The name of the failure of an attempt that is not run twice and was running when the process died: AWS's
    /// `StepInterruptedError`.
    pub const STEP_INTERRUPTED: &'static str = "StepInterrupted";
    /// The name of the failure of a callback whose time was up, as with AWS.
    pub const CALLBACK_TIMEOUT: &'static str = "Callback.Timeout";
    /// The name of the failure of a callback that gave no sign of life for too long, as with AWS.
    pub const CALLBACK_HEARTBEAT: &'static str = "Callback.Heartbeat";
    /// The name of the failure of an invocation whose execution ran out of time, as with AWS.
    pub const INVOKE_TIMEOUT: &'static str = "ChainedInvoke.Timeout";
    /// The name of the failure of a condition that was not met in as many polls as it had.
    pub const CONDITION_NOT_MET: &'static str = "ConditionNotMet";
    /// The name of the failure of an operation that was not begun, as the execution has as many as it may have.
    pub const TOO_MANY_OPERATIONS: &'static str = "TooManyOperations";
    /// The name of the failure of what is larger than [`Builder::max_payload`](crate::Builder::max_payload).
    pub const PAYLOAD_TOO_LARGE: &'static str = "PayloadTooLarge";
    /// The name of the failure of what was received and is not of the type that was asked for.
    pub const PAYLOAD_NOT_READABLE: &'static str = "PayloadNotReadable";
    /// The name of the failure of what is called with settings that cannot be.
    pub const INVALID_SETTING: &'static str = "InvalidSetting";
    /// The name of the failure when none of several succeeded; the data are their failures.
    pub const NONE_SUCCEEDED: &'static str = "NoneSucceeded";
    /// The name of the failure of a map or parallel whose rule for being done said that it failed.
    pub const NOT_COMPLETED: &'static str = "NotCompleted";

    /// A failure with this name and cause, without data.
    #[must_use]
    pub fn new(name: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { name: name.into(), cause: cause.into(), data: None }
    }

    /// Adds data. A value that has no JSON form is left out.
    #[must_use]
    pub fn with_data<T: Serialize + ?Sized>(mut self, data: &T) -> Self {
        self.data = Payload::of(data).ok();
        self
    }

    /// The same, without what is more than so many bytes: the end of the cause, and all of the data.
    pub(crate) fn within(mut self, limit: usize) -> Self {
        for text in [&mut self.name, &mut self.cause] {
            if text.len() > limit {
                let end = (0..=limit).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
                text.truncate(end);
                text.push_str(CUT);
            }
        }
        self.data = self.data.filter(|data| data.as_bytes().len() <= limit);
        self
    }

    /// What kind of failure this is.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What happened, for people.
    #[must_use]
    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// The data as JSON.
    #[must_use]
    pub fn payload(&self) -> Option<&Payload> {
        self.data.as_ref()
    }

    /// The data as a value; `None` when there is none, or none of this type.
    #[must_use]
    pub fn data<T: DeserializeOwned>(&self) -> Option<T> {
        self.data.as_ref().and_then(|data| data.read().ok())
    }
}

/// What stands at the end of a text that was longer.
const CUT: &str = " … (cut)";

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut cause = error.to_string();
        let mut behind = error.source();
        while let Some(source) = behind {
            let text = source.to_string();
            // Many errors repeat the text of the one behind them.
            if !cause.contains(&text) {
                cause.push_str(": ");
                cause.push_str(&text);
            }
            behind = source.source();
        }
        Self { name: short_name(std::any::type_name::<E>()), cause, data: None }
    }
}

/// An error that becomes a [`Failure`] of its own accord when a step, a workflow or a branch returns it.
///
/// Every [`std::error::Error`] is one, a `Failure` itself, and every type for which there is a `From` into `Failure`.
/// `anyhow::Error` is none of them: turn it into a failure where it arises, by
/// `.map_err(|error| Failure::new("CannotShip", format!("{error:#}")))`.
///
/// It has no other use than to let the compiler say so.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot become a `Failure`",
    label = "its error is recorded as a `Failure`",
    note = "implement `std::error::Error` for the type, or `From<{Self}>` for `Failure`",
    note = "or turn it into one where it arises: `.map_err(|error| Failure::new(\"Name\", format!(\"{{error:#}}\")))`"
)]
pub trait IntoFailure: Into<Failure> {}

#[diagnostic::do_not_recommend]
impl<E: Into<Failure>> IntoFailure for E {}

/// The last module and the name of a type, without its parameters. Modules named `error` say nothing.
fn short_name(full: &str) -> String {
    let plain = full.split('<').next().unwrap_or(full);
    let parts: Vec<_> = plain.rsplit("::").filter(|part| *part != "error").take(2).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join("::")
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.cause)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        self.data.as_ref().map_or(Ok(()), |data| write!(f, " {data}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the order cannot be sent")]
    struct Unsent(#[source] std::io::Error);

    #[test]
    fn an_error_keeps_its_name_and_the_causes_behind_it() {
        let failure = Failure::from(Unsent(std::io::Error::other("the line is dead")));
        assert_eq!(failure.name(), "tests::Unsent");
        assert_eq!(failure.cause(), "the order cannot be sent: the line is dead");
    }

    #[test]
    fn data_of_another_type_is_none() {
        let failure = Failure::new("Odd", "").with_data("text");
        assert_eq!(failure.data::<u32>(), None);
        assert_eq!(failure.data::<String>().as_deref(), Some("text"));
    }
}
