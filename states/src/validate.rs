//! Finds all that is wrong with a definition, at once, and says it as AWS does where it is known how AWS says it.
//!
//! # What is promised
//!
//! - A text with no diagnostic of [`Severity::Error`] can be [parsed](crate::definition::Definition::parse).
//! - Where AWS was seen to refuse something, the code, the message and the location are AWS's. What AWS was not seen to
//!   refuse, and what only this library finds doubtful, is a warning.
//! - No text makes it panic or overflow the stack, and the number of diagnostics is bounded.
//!
//! What the expressions say is looked at by a [`Checker`], which is [`Queries`] unless another is given.

mod checker;
mod choice;
mod diagnostic;
mod error_names;
mod expressions;
mod findings;
mod lint;
mod machines;
mod maps;
mod names;
mod objects;
mod options;
mod queries;
mod resource;
mod shape;
mod shapes;
mod syntax;
mod transitions;
mod values;
mod variables;

use serde_json::Value;

pub use checker::{Checker, Fault, FaultKind};
pub use diagnostic::{Code, Diagnostic, Severity, invalid_definition};
pub use options::{Handlers, MachineType, Options};
pub use queries::Queries;

use crate::definition::{MAX_BYTES, Pointer, Positions, QueryLanguage, Repeat, read_value, repeats};
use findings::Findings;

/// Looks at a definition.
///
/// ```
/// use duramen_states::validate::{Options, validate};
///
/// let diagnostics = validate(r#"{"StartAt": "A"}"#, &Options::default());
/// let said: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
/// assert_eq!(said, ["SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /"]);
/// ```
#[must_use]
pub fn validate(text: &str, options: &Options<'_>) -> Vec<Diagnostic> {
    let (positions, value) = match open(text) {
        Ok(opened) => opened,
        Err(diagnostic) => return vec![diagnostic],
    };
    let whole = match value.get("QueryLanguage") {
        Some(Value::String(word)) if word == "JSONata" => QueryLanguage::Jsonata,
        _ => QueryLanguage::JsonPath,
    };
    let findings = Findings::new(&positions, options.limit, None);
    let validator = Validator { options, findings: &findings, whole };
    validator.definition(&value, &repeats(&positions));
    said(&findings, options)
}

/// Looks at one state alone, as AWS's `TestState` takes it. Where it goes on is not looked at. Locations are those that
/// AWS gives: as if the state had the name `StateName` in a definition; lines and columns are those of the text.
#[must_use]
pub fn validate_state(text: &str, options: &Options<'_>) -> Vec<Diagnostic> {
    let (positions, value) = match open(text) {
        Ok(opened) => opened,
        Err(diagnostic) => return vec![diagnostic],
    };
    let prefix = Pointer::root().field("States").field("StateName");
    let findings = Findings::new(&positions, options.limit, Some(&prefix));
    let validator = Validator { options, findings: &findings, whole: QueryLanguage::JsonPath };
    validator.single_state(&value);
    said(&findings, options)
}

fn said(findings: &Findings<'_>, options: &Options<'_>) -> Vec<Diagnostic> {
    let mut said = findings.finish();
    said.retain(|one| options.lints || one.is_error() || !one.code.is_own());
    said
}

fn open(text: &str) -> Result<(Positions<'_>, Value), Diagnostic> {
    if text.is_empty() {
        return Err(Diagnostic::of_text(Code::MissingDescription, "Definition must not be empty"));
    }
    if text.len() > MAX_BYTES {
        let message = format!("Definition must have length less than or equal to {MAX_BYTES}");
        return Err(Diagnostic::of_text(Code::SchemaValidationFailed, message));
    }
    let read = Positions::of(text).and_then(|positions| Ok((positions, read_value(text)?)));
    let (positions, value) = read.map_err(|error| syntax::diagnostic(text, &error))?;
    if !value.is_object() {
        let message = "Definition must be a valid JSON object";
        return Err(Diagnostic::of_text(Code::SchemaValidationFailed, message));
    }
    Ok((positions, value))
}

/// What all rules need: what is allowed, and where to say what is wrong.
struct Validator<'a> {
    options: &'a Options<'a>,
    findings: &'a Findings<'a>,
    /// The query language of states that do not name one.
    whole: QueryLanguage,
}

impl Validator<'_> {
    fn definition(&self, value: &Value, repeats: &[Repeat]) {
        let root = Pointer::root();
        self.whole_machine(value, &root);
        self.transitions(value, &root);
        self.names(value, &root, repeats);
        self.variables(value, &root);
    }

    /// An error in the form of the document.
    fn schema(&self, at: &Pointer, message: impl Into<String>) {
        self.findings.say(Severity::Error, Code::SchemaValidationFailed, at, message.into());
    }

    fn error(&self, code: Code, at: &Pointer, message: impl Into<String>) {
        self.findings.say(Severity::Error, code, at, message.into());
    }

    fn warning(&self, code: Code, at: &Pointer, message: impl Into<String>) {
        self.findings.say(Severity::Warning, code, at, message.into());
    }
}
