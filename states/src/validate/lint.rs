//! What is allowed, but hardly meant.

use serde_json::{Map, Value};

use super::Validator;
use super::diagnostic::Code;
use crate::definition::{Pointer, QueryLanguage};

/// Whether a text looks as if it were to be evaluated.
fn looks_evaluated(text: &str) -> bool {
    let path = text.starts_with("$.") || text.starts_with("$$.") || text.starts_with("$[");
    let function = text.strip_prefix("States.").and_then(|rest| rest.split_once('('));
    path || function
        .is_some_and(|(name, rest)| name.chars().all(char::is_alphanumeric) && rest.trim_end().ends_with(')'))
}

impl Validator<'_> {
    /// A path in a field that takes no path.
    pub(super) fn looks_like_a_path(&self, value: &Value, language: QueryLanguage, name: &str, at: &Pointer) {
        if language == QueryLanguage::JsonPath && value.as_str().is_some_and(looks_evaluated) {
            let message = format!("The value looks like a path; did you mean the field '{name}Path'?");
            self.warning(Code::NoPath, at, message);
        }
    }

    /// A path in a payload template under a key without `.$`.
    pub(super) fn dollar_forgotten(&self, value: &Value, name: &str, at: &Pointer) {
        if value.as_str().is_some_and(looks_evaluated) {
            let message =
                format!("The value looks like a path or an intrinsic function; did you mean the key '{name}.$'?");
            self.warning(Code::NoDollar, at, message);
        }
    }

    /// A path in the `Result` of a pass state, which is never evaluated.
    pub(super) fn static_result(&self, state: &Map<String, Value>, language: QueryLanguage, at: &Pointer) {
        if language == QueryLanguage::JsonPath
            && let Some(result) = state.get("Result")
        {
            self.static_value(result, &at.field("Result"));
        }
    }

    fn static_value(&self, value: &Value, at: &Pointer) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let at = at.field(name);
                    if name.ends_with(".$")
                        && value.as_str().is_some_and(|text| text.starts_with('$') || looks_evaluated(text))
                    {
                        let message =
                            "The result of a pass state is taken as it is; use 'Parameters' to evaluate paths";
                        self.warning(Code::PassResultIsStatic, &at, message);
                    }
                    self.static_value(value, &at);
                }
            }
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    self.static_value(element, &at.index(index));
                }
            }
            _ => {}
        }
    }
}
