//! The form of machines and their states, each with its query language.

use serde_json::Value;

use super::Validator;
use super::shape::Object;
use super::shapes::{BRANCH, DEFINITION, state_shape};
use crate::definition::{Pointer, QueryLanguage, STATE_TYPES, state_language};

impl Validator<'_> {
    pub(super) fn whole_machine(&self, value: &Value, at: &Pointer) {
        self.machine(value, &DEFINITION, at);
        if let Some(language) = value.get("QueryLanguage") {
            self.language_word(language, at);
        }
    }

    pub(super) fn branches(&self, value: &Value, at: &Pointer) {
        self.not_empty(value, at);
        for (at, branch) in self.elements(value, at) {
            self.machine(branch, &BRANCH, &at);
        }
    }

    /// A machine of that shape and all its states.
    pub(super) fn machine(&self, value: &Value, shape: &'static Object, at: &Pointer) {
        self.object(value, shape, self.whole, at, &|_| false);
        let Some(states) = value.get("States") else { return };
        let at = at.field("States");
        let Value::Object(states) = states else {
            self.schema(&at, "Expected value of type Object");
            return;
        };
        if states.is_empty() {
            self.schema(&at, "Value cannot be empty");
        }
        for (name, state) in states {
            self.state(state, &at.field(name), true);
        }
    }

    pub(super) fn single_state(&self, value: &Value) {
        self.state(value, &Pointer::root(), false);
    }

    /// A state, and whether it must say where it goes on.
    fn state(&self, value: &Value, at: &Pointer, in_machine: bool) {
        let Value::Object(fields) = value else {
            self.schema(at, "Expected value of type Object");
            return;
        };
        let kind = match fields.get("Type") {
            None => {
                self.schema(at, "These fields are required: [Type]");
                return;
            }
            Some(Value::String(kind)) => kind,
            Some(_) => {
                self.schema(&at.field("Type"), "Expected value of type String");
                return;
            }
        };
        let Some((shape, goes_on)) = state_shape(kind) else {
            let message = format!("The field 'Type' should have one of these values: [{}]", STATE_TYPES.join(", "));
            self.schema(&at.field("Type"), message);
            return;
        };
        if let Some(word) = fields.get("QueryLanguage") {
            self.language_word(word, at);
            if self.whole == QueryLanguage::Jsonata && word == "JSONPath" {
                let message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
                self.schema(at, message);
                return;
            }
        }
        let language = state_language(value, self.whole);
        self.object(value, shape, language, at, &|_| false);
        if goes_on && (in_machine || fields.contains_key("Next") || fields.contains_key("End")) {
            self.next_or_end(fields, at);
        }
        match kind.as_str() {
            "Map" => self.map(fields, at),
            "Choice" => self.choice_without_default(fields, at),
            "Task" => self.task(fields, at),
            "Pass" => self.static_result(fields, language, at),
            _ => {}
        }
        if language == QueryLanguage::Jsonata {
            self.jsonata_strings(value, at);
        }
    }

    fn language_word(&self, word: &Value, at: &Pointer) {
        let at = at.field("QueryLanguage");
        match word {
            Value::String(word) if word == "JSONPath" || word == "JSONata" => {}
            Value::String(_) => self.schema(&at, "Value should be one of the following: [JSONPath, JSONata]"),
            _ => self.schema(&at, "Expected value of type [STRING]"),
        }
    }
}
