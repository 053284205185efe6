//! The intrinsic functions of the Amazon States Language: `States.Format('{}!', $.name)` and seventeen more.

mod array;
mod encode;
mod hash;
mod json;
mod math;
mod parse;
mod table;
mod text;
mod unique;

use std::borrow::Cow;

use serde_json::Value;

pub(super) use hash::digest;
pub use parse::IntrinsicSyntaxError;

use super::moment::Moment;
use super::path::{Path, PathMiss};
use super::roots::Roots;
use super::value::{MAX_SIZE, fits};
use table::Function;

/// A compiled call of an intrinsic function, with the calls that give its arguments.
#[derive(Debug, Clone)]
pub struct Intrinsic {
    text: String,
    call: Call,
}

#[derive(Debug, Clone)]
struct Call {
    function: &'static Function,
    arguments: Vec<Argument>,
}

#[derive(Debug, Clone)]
enum Argument {
    /// A number, true, false or null.
    Value(Value),
    /// What stands between quotes, with its escapes, and what it means.
    Text {
        raw: String,
        value: Value,
    },
    Path(Path),
    Call(Call),
}

/// A function gave no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntrinsicError {
    /// The path of an argument leads nowhere.
    #[error(transparent)]
    Miss(#[from] PathMiss),
    /// A function does not take its arguments. It is said as Step Functions says it, which does not tell why; the words are known from
    /// `https://github.com/floci-io/floci` and from suites of others that were run against the service.
    #[error("The function '{call}' had the following error: {}", said(function, reason))]
    Failed {
        /// The whole of what was to be evaluated, as written.
        call: String,
        /// The name of the function, behind `States.`.
        function: &'static str,
        /// What is wrong.
        reason: String,
    },
}

/// What Step Functions says of a function that does not take its arguments.
fn said(function: &str, reason: &str) -> String {
    let is_told = reason == text::OTHER_NUMBER || reason.starts_with(TOO_LARGE);
    format!("Invalid arguments in States.{function}{}", if is_told { format!(": {reason}") } else { String::new() })
}

/// A limit that Step Functions does not have.
const TOO_LARGE: &str = "the arguments have more than";

impl IntrinsicError {
    /// The error of Step Functions. Its documentation speaks of `States.IntrinsicFailure`, but that is not what it was seen to give.
    pub const fn error(&self) -> &'static str {
        match self {
            Self::Miss(miss) => miss.error(),
            Self::Failed { .. } => "States.Runtime",
        }
    }
}

impl Intrinsic {
    /// Compiles a call.
    ///
    /// # Errors
    /// What is wrong with the text and where: an unknown function, a wrong number of arguments, an escape that is none, more than 10 levels.
    pub fn parse(text: &str) -> Result<Self, IntrinsicSyntaxError> {
        Ok(Self { text: text.to_owned(), call: parse::call(text)? })
    }

    /// Whether a text is meant to be a call of an intrinsic function.
    pub fn is_meant(text: &str) -> bool {
        text.trim_start().starts_with("States.")
    }

    /// The text it was compiled from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the function gives. The same moment gives the same random numbers.
    ///
    /// # Errors
    /// `States.Runtime` if a function does not take its arguments, or a path leads nowhere.
    pub fn evaluate(&self, roots: &Roots<'_>, moment: &mut Moment) -> Result<Value, IntrinsicError> {
        self.call.evaluate(&self.text, roots, moment)
    }

    /// The paths among its arguments, in order, those of inner calls included.
    pub fn paths(&self) -> Vec<&Path> {
        let mut paths = Vec::new();
        self.call.paths(&mut paths);
        paths
    }
}

impl Call {
    /// `whole` is the text of what is evaluated, of which this may be a part.
    fn evaluate(&self, whole: &str, roots: &Roots<'_>, moment: &mut Moment) -> Result<Value, IntrinsicError> {
        let failed = |reason| IntrinsicError::Failed { call: whole.to_owned(), function: self.function.name, reason };
        let mut values: Vec<Cow<'_, Value>> = Vec::with_capacity(self.arguments.len());
        let mut left = MAX_SIZE;
        for argument in &self.arguments {
            let value = match argument {
                Argument::Value(value) | Argument::Text { value, .. } => Cow::Borrowed(value),
                Argument::Path(path) => path.evaluate(roots)?,
                Argument::Call(call) => Cow::Owned(call.evaluate(whole, roots, moment)?),
            };
            if !fits(&value, &mut left) {
                return Err(failed(format!("{TOO_LARGE} {MAX_SIZE} bytes")));
            }
            values.push(value);
        }
        let raw = match self.arguments.first() {
            Some(Argument::Text { raw, .. }) => Some(raw.as_str()),
            _ => None,
        };
        (self.function.apply)(&mut Arguments { values, raw, moment }).map_err(failed)
    }

    fn paths<'c>(&'c self, paths: &mut Vec<&'c Path>) {
        for argument in &self.arguments {
            match argument {
                Argument::Path(path) => paths.push(path),
                Argument::Call(call) => call.paths(paths),
                Argument::Value(_) | Argument::Text { .. } => {}
            }
        }
    }
}

/// What a function is given.
struct Arguments<'a> {
    values: Vec<Cow<'a, Value>>,
    /// The first argument as it stands between quotes, if it does.
    raw: Option<&'a str>,
    moment: &'a mut Moment,
}

impl Arguments<'_> {
    fn value(&self, at: usize) -> Result<&Value, String> {
        self.values.get(at).map(|value| &**value).ok_or_else(|| format!("argument {} is missing", at + 1))
    }

    fn text(&self, at: usize) -> Result<&str, String> {
        let value = self.value(at)?;
        value.as_str().ok_or_else(|| wrong(at, "a string", value))
    }

    fn items(&self, at: usize) -> Result<&[Value], String> {
        let value = self.value(at)?;
        value.as_array().map(Vec::as_slice).ok_or_else(|| wrong(at, "an array", value))
    }

    /// A number, rounded to the nearest whole one.
    fn whole(&self, at: usize) -> Result<i64, String> {
        let value = self.value(at)?;
        value.as_number().and_then(super::value::rounded).ok_or_else(|| wrong(at, "a number", value))
    }

    /// A number without what stands behind its point.
    fn cut(&self, at: usize) -> Result<i64, String> {
        let value = self.value(at)?;
        value.as_number().and_then(super::value::cut).ok_or_else(|| wrong(at, "a number", value))
    }

    /// A text of at most so many characters.
    fn short_text(&self, at: usize, most: usize) -> Result<&str, String> {
        let text = self.text(at)?;
        if text.chars().count() > most {
            return Err(format!("argument {} has more than {most} characters", at + 1));
        }
        Ok(text)
    }
}

fn wrong(at: usize, expected: &str, value: &Value) -> String {
    format!("argument {} must be {expected}, but was '{}' for value: {value}", at + 1, super::value::kind(value))
}
