//! Holds an object against its shape: fields it must have, may have and may not have, and what is in them.

use serde_json::{Map, Value};

use super::Validator;
use super::shape::{Alternatives, Field, Object};
use crate::definition::{Pointer, QueryLanguage};

impl Validator<'_> {
    /// Looks at the value, which must be an object of that shape. `known` says of a field that the shape does not name
    /// whether it is looked at elsewhere.
    pub(super) fn object(
        &self,
        value: &Value,
        shape: &'static Object,
        language: QueryLanguage,
        at: &Pointer,
        known: &dyn Fn(&str) -> bool,
    ) {
        let Value::Object(fields) = value else {
            self.schema(at, "Expected value of type Object");
            return;
        };
        let missing: Vec<&str> = shape.required.iter().copied().filter(|name| !fields.contains_key(*name)).collect();
        if !missing.is_empty() {
            self.schema(at, format!("These fields are required: [{}]", missing.join(", ")));
        }
        for alternatives in shape.alternatives {
            self.alternatives(fields, alternatives, at);
        }
        for (name, value) in fields {
            match shape.fields.iter().copied().flatten().find(|field| field.name == name) {
                Some(field) => self.field(value, field, language, at),
                None if known(name) => {}
                None => self.schema(at, format!("Field '{name}' is not supported")),
            }
        }
    }

    fn field(&self, value: &Value, field: &'static Field, language: QueryLanguage, at: &Pointer) {
        match field.language {
            Some(only) if only != language => self.other_language(field.name, language, at),
            _ => self.value(value, &field.shape, language, field.name, &at.field(field.name)),
        }
    }

    /// The field is one of the other query language.
    pub(super) fn other_language(&self, name: &str, language: QueryLanguage, at: &Pointer) {
        let (own, other) = match language {
            QueryLanguage::JsonPath => ("JSONPath", "JSONata"),
            QueryLanguage::Jsonata => ("JSONata", "JSONPath"),
        };
        let message = format!(
            "The QueryLanguage is set to '{own}', but field '{name}' is only supported for the '{other}' QueryLanguage"
        );
        self.schema(at, message);
    }

    fn alternatives(&self, fields: &Map<String, Value>, alternatives: &Alternatives, at: &Pointer) {
        let names = alternatives.names.join(", ");
        match alternatives.names.iter().filter(|name| fields.contains_key(**name)).count() {
            0 if alternatives.required => {
                self.schema(at, format!("This object should have only one of the following fields: [{names}]"));
            }
            0 | 1 => {}
            _ => self.schema(at, format!("There should only be one of the following fields: [{names}]")),
        }
    }

    /// Where a state goes on: there is either `Next` or `"End": true`.
    pub(super) fn next_or_end(&self, state: &Map<String, Value>, at: &Pointer) {
        let ends = state.get("End").is_some_and(|end| end != &Value::Bool(false));
        match (state.contains_key("Next"), ends) {
            (true, true) => self.schema(at, "There should only be one of the following fields: [Next, End]"),
            (false, false) => self.schema(at, "This object should have only one of the following fields: [Next, End]"),
            _ => {}
        }
    }
}
