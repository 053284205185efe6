//! Variables: what they may be called, and that they are assigned where they are read.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Validator;
use super::diagnostic::Code;
use super::names::inner_machines_at;
use crate::definition::{
    Pointer, QueryLanguage, assigned, each_expression, state_language, variable_name, variables_in,
};

/// The variables of the machines around one, and of itself.
type Scope<'v> = BTreeSet<&'v str>;

impl Validator<'_> {
    /// The value of `Assign`.
    pub(super) fn variables_object(&self, value: &Value, language: QueryLanguage, at: &Pointer) {
        let Value::Object(fields) = value else {
            if !(language == QueryLanguage::Jsonata && value.is_string()) {
                self.schema(at, "Expected value of type Object");
            }
            return;
        };
        for key in fields.keys() {
            let at = at.field(key);
            let name = variable_name(key, language);
            let mut characters = name.chars();
            let begins = characters.next().is_some_and(|first| first.is_alphabetic() || first == '_');
            if name == "states" {
                self.error(Code::ReservedVariableName, &at, "Cannot assign to reserved variable '$states'.");
            } else if !begins || !characters.all(|c| c.is_alphanumeric() || c == '_') {
                let message = format!("Invalid variable name '{name}': the variable name contains invalid characters.");
                self.error(Code::InvalidVariableName, &at, message);
            } else if name.chars().count() > 80 {
                let message = format!("Invalid variable name '{name}': it has more than 80 characters.");
                self.error(Code::InvalidVariableName, &at, message);
            }
        }
        self.template(value, language, at);
    }

    pub(super) fn variables(&self, definition: &Value, at: &Pointer) {
        self.scope(definition, at, &Scope::new());
    }

    fn scope(&self, machine: &Value, at: &Pointer, around: &Scope<'_>) {
        let Some(Value::Object(states)) = machine.get("States") else { return };
        let at = at.field("States");
        let mut known = around.clone();
        for (name, state) in states {
            for (assign_at, key) in assigned(state, &at.field(name)) {
                let variable = variable_name(key, state_language(state, self.whole));
                if around.contains(variable) {
                    let message = format!("Variable '{variable}' has the name of a variable of an outer scope");
                    self.warning(Code::ShadowedVariable, &assign_at, message);
                }
                known.insert(variable);
            }
        }
        for (name, state) in states {
            let at = at.field(name);
            let language = state_language(state, self.whole);
            each_expression(state, language, &at, &mut |at, text| {
                let names = variables_in(text, language, &|_| false);
                for name in names.iter().filter(|name| !known.contains(name.as_str())) {
                    self.warning(
                        Code::UndefinedVariable,
                        at,
                        format!("Variable '${name}' is never assigned in its scope"),
                    );
                }
            });
            for (at, inner) in inner_machines_at(state, &at) {
                let mode = inner.get("ProcessorConfig").and_then(|config| config.get("Mode"));
                let distributed = mode.is_some_and(|mode| mode == "DISTRIBUTED");
                self.scope(inner, &at, if distributed { const { &Scope::new() } } else { &known });
            }
        }
    }
}
