//! The outer form of expressions, and what the checker says of their inside.

use serde_json::Value;

use super::Validator;
use super::checker::{Checker, Fault, FaultKind};
use super::diagnostic::{Code, Severity};
use crate::definition::{Pointer, QueryLanguage, Step, each_text, jsonata_body};
use crate::query::twice;

/// What AWS says of a text that is no path.
const NO_PATH: &str = "Value must be a valid JSONPath.";

impl Validator<'_> {
    /// A path, which must begin with a dollar; null selects nothing.
    pub(super) fn path(&self, value: &Value, at: &Pointer) {
        match value {
            Value::Null => {}
            Value::String(text) if text.starts_with('$') => {
                if let Some(checker) = self.options.checker {
                    self.faults(checker.check_path(text), (text, 0), at, Some(NO_PATH));
                }
            }
            Value::String(_) => self.schema(at, NO_PATH),
            _ => self.text(value, at),
        }
    }

    pub(super) fn reference_path(&self, value: &Value, at: &Pointer) {
        self.path_like(value, at, |checker, text| checker.check_reference_path(text));
    }

    /// Where a result is put; null discards it.
    pub(super) fn result_path(&self, value: &Value, at: &Pointer) {
        if !value.is_null() {
            self.path_like(value, at, |checker, text| checker.check_result_path(text));
        }
    }

    /// A path in a choice rule. It is worded as a reference path, but may find many values.
    pub(super) fn rule_path(&self, value: &Value, at: &Pointer) {
        self.path_like(value, at, |checker, text| checker.check_path(text));
    }

    fn path_like(&self, value: &Value, at: &Pointer, check: impl FnOnce(&dyn Checker, &str) -> Vec<Fault>) {
        match value {
            Value::String(text) if text.starts_with('$') => {
                if let Some(checker) = self.options.checker {
                    self.faults(check(checker, text), (text, 0), at, None);
                }
            }
            Value::String(_) => {
                self.schema(at, "Value is not a Reference Path: Reference path didn't start with '$'");
            }
            _ => self.text(value, at),
        }
    }

    /// The pattern of `StringMatches`.
    pub(super) fn pattern(&self, value: &Value, at: &Pointer) {
        match (value, self.options.checker) {
            (Value::String(text), Some(checker)) => self.faults(checker.check_pattern(text), (text, 0), at, None),
            _ => self.text(value, at),
        }
    }

    pub(super) fn path_or_function(&self, value: &Value, name: &str, at: &Pointer) {
        let message =
            || format!("The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call");
        match value {
            Value::String(text) if text.starts_with('$') || text.starts_with("States.") => {
                if let Some(checker) = self.options.checker {
                    self.faults(checker.check_template(text), (text, 0), at, Some(&message()));
                }
            }
            _ => self.schema(at, message()),
        }
    }

    /// A payload template: what stands under a key that ends in `.$` is a path or an intrinsic function.
    pub(super) fn template(&self, value: &Value, language: QueryLanguage, at: &Pointer) {
        if language == QueryLanguage::Jsonata {
            return;
        }
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let at = at.field(name);
                    if let Some(plain) = name.strip_suffix(".$") {
                        if fields.contains_key(plain) {
                            self.schema(&at, twice(plain));
                        }
                        self.path_or_function(value, name, &at);
                    } else {
                        self.dollar_forgotten(value, name, &at);
                        self.template(value, language, &at);
                    }
                }
            }
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    self.template(element, language, &at.index(index));
                }
            }
            _ => {}
        }
    }

    /// Every JSONata string of a state's own fields.
    pub(super) fn jsonata_strings(&self, state: &Value, at: &Pointer) {
        let has_result =
            state.get("Type").is_some_and(|kind| ["Task", "Parallel", "Map"].iter().any(|one| kind == one));
        let depth = at.steps().len();
        each_text(state, at, &mut |at, text| {
            match jsonata_body(text) {
                Some(body) => {
                    if let Some(checker) = self.options.checker {
                        let begin = text.find(body).unwrap_or_default();
                        let states = states_fields(at.steps().get(depth..).unwrap_or_default(), has_result);
                        self.faults(checker.check_jsonata(body, states), (text, begin), at, None);
                    }
                }
                None if text.starts_with("{%") || text.ends_with("%}") => {
                    self.schema(at, "JSONata string must start with {% and end with %}");
                }
                None => {}
            };
        });
    }

    /// Says what the checker found in that string, where the expression begins at that byte. Where AWS says the same of all that
    /// is no expression, what was found is the reason.
    fn faults(&self, faults: Vec<Fault>, (text, begin): (&str, usize), at: &Pointer, said: Option<&str>) {
        let jsonata = jsonata_body(text).is_some();
        for fault in faults {
            let (severity, code) = match fault.kind {
                FaultKind::Newer => (Severity::Warning, Code::NewerSyntax),
                FaultKind::Failing => (Severity::Warning, Code::UnsupportedJsonataExpression),
                FaultKind::Unsupported if jsonata => (Severity::Error, Code::UnsupportedJsonataExpression),
                FaultKind::Invalid if jsonata => (Severity::Error, Code::InvalidJsonataExpression),
                FaultKind::Unsupported | FaultKind::Invalid => (Severity::Error, Code::SchemaValidationFailed),
            };
            let words = match said.filter(|_| fault.kind == FaultKind::Invalid) {
                Some(said) => (said.to_owned(), Some(fault.message)),
                None => (fault.message, None),
            };
            self.findings.say_inside((severity, code), at, (text, begin + fault.offset), words);
        }
    }
}

/// The fields of `$states` at a place within a state: the result where a task, branches or iterations have come to one, the
/// error in catchers.
fn states_fields(place: &[&Step], has_result: bool) -> &'static [&'static str] {
    match place {
        [Step::Field(list), Step::Index(_), ..] if **list == *"Catch" => &["input", "context", "errorOutput"],
        [Step::Field(field), ..] if has_result && (**field == *"Output" || **field == *"Assign") => {
            &["input", "context", "result"]
        }
        _ => &["input", "context"],
    }
}
