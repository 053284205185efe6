//! The outer form of expressions, and what the checker says of their inside.

use serde_json::Value;

use super::Validator;
use super::checker::{Checker, Fault};
use super::diagnostic::Code;
use crate::definition::{Pointer, QueryLanguage, each_text, jsonata_body};

impl Validator<'_> {
    /// A path, which must begin with a dollar.
    pub(super) fn path(&self, value: &Value, null: bool, at: &Pointer) {
        match value {
            Value::Null if null => {}
            Value::String(text) if text.starts_with('$') => {
                if let Some(checker) = self.options.checker {
                    self.faults(checker.check_path(text), (text, 0), at);
                }
            }
            Value::String(_) => self.schema(at, "Value must be a valid JSONPath."),
            _ => self.text(value, at),
        }
    }

    pub(super) fn reference_path(&self, value: &Value, null: bool, at: &Pointer) {
        if !(null && value.is_null()) {
            self.path_like(value, at, |checker, text| checker.check_reference_path(text));
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
                    self.faults(check(checker, text), (text, 0), at);
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
            (Value::String(text), Some(checker)) => self.faults(checker.check_pattern(text), (text, 0), at),
            _ => self.text(value, at),
        }
    }

    pub(super) fn path_or_function(&self, value: &Value, name: &str, at: &Pointer) {
        match value {
            Value::String(text) if text.starts_with('$') || text.starts_with("States.") => {
                if let Some(checker) = self.options.checker {
                    self.faults(checker.check_template(text), (text, 0), at);
                }
            }
            _ => {
                let message = format!(
                    "The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call"
                );
                self.schema(at, message);
            }
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
                    if name.ends_with(".$") {
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
        each_text(state, at, &mut |at, text| {
            match jsonata_body(text) {
                Some(body) => {
                    if let Some(checker) = self.options.checker {
                        let begin = text.find(body).unwrap_or_default();
                        self.faults(checker.check_jsonata(body), (text, begin), at);
                    }
                }
                None if text.starts_with("{%") || text.ends_with("%}") => {
                    self.schema(at, "JSONata string must start with {% and end with %}");
                }
                None => {}
            };
        });
    }

    /// Says what the checker found in that string, where the expression begins at that byte.
    fn faults(&self, faults: Vec<Fault>, (text, begin): (&str, usize), at: &Pointer) {
        for fault in faults {
            let code = match (jsonata_body(text).is_some(), fault.unsupported) {
                (true, false) => Code::InvalidJsonataExpression,
                (true, true) => Code::UnsupportedJsonataExpression,
                (false, _) => Code::SchemaValidationFailed,
            };
            self.findings.say_inside(code, at, begin + fault.offset, text, fault.message);
        }
    }
}
