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
/// It does not implement [`std::error::Error`] itself, as that would stand in the way of the conversion.
#[derive(Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Failure {
    name: String,
    cause: String,
    data: Option<Payload>,
}

impl Failure {
    /// The name of the failure of a step or workflow that panicked; the cause is the panic's text.
    pub const PANIC: &'static str = "Panic";

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
