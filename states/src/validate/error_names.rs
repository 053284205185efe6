//! The names of errors in retriers and catchers.

use serde_json::Value;

use super::Validator;
use crate::definition::Pointer;

const ALL: &str = "States.ALL";

impl Validator<'_> {
    pub(super) fn error_names(&self, value: &Value, at: &Pointer) {
        self.not_empty(value, at);
        for (at, name) in self.elements(value, at) {
            self.text(name, &at);
        }
    }

    /// `States.ALL` stands alone in its list, and in the last of the retriers or catchers.
    pub(super) fn catch_all_last(&self, handlers: &Value, at: &Pointer) {
        let Value::Array(handlers) = handlers else { return };
        for (index, handler) in handlers.iter().enumerate() {
            let Some(Value::Array(names)) = handler.get("ErrorEquals") else { continue };
            let last = index + 1 == handlers.len();
            if names.iter().any(|name| name == ALL) && (names.len() > 1 || !last) {
                let at = at.index(index).field("ErrorEquals");
                self.schema(&at, "States.ALL must appear alone and at end of list");
            }
        }
    }
}
