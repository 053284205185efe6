//! Holds a value against its shape.

use serde_json::Value;

use super::Validator;
use super::shape::Shape;
use crate::definition::{Pointer, QueryLanguage, jsonata_body};
use crate::query::timestamp::Timestamp;

impl Validator<'_> {
    pub(super) fn value(
        &self,
        value: &Value,
        shape: &'static Shape,
        language: QueryLanguage,
        name: &str,
        at: &Pointer,
    ) {
        let jsonata = language == QueryLanguage::Jsonata && value.as_str().and_then(jsonata_body).is_some();
        match shape {
            Shape::Any => {}
            Shape::Text => self.text(value, at),
            Shape::DynamicText => {
                self.text(value, at);
                self.looks_like_a_path(value, language, name, at);
            }
            Shape::Flag if !value.is_boolean() => self.schema(at, "Expected value of type Boolean"),
            Shape::Flag => {}
            Shape::Word(words) => self.word(value, words, at),
            Shape::Fixed(shape) => self.value(value, shape, QueryLanguage::JsonPath, name, at),
            Shape::Whole(..) | Shape::Number(..) | Shape::Timestamp if jsonata => {}
            Shape::Whole(min, max) => self.whole(value, *min, *max, at),
            Shape::Number(min, max) => self.number(value, *min, *max, at),
            Shape::Timestamp => self.timestamp(value, at),
            Shape::Path => self.path(value, at),
            Shape::RulePath => self.rule_path(value, at),
            Shape::ReferencePath => self.reference_path(value, at),
            Shape::ResultPath => self.result_path(value, at),
            Shape::PathOrFunction => self.path_or_function(value, name, at),
            Shape::Template => self.template(value, language, at),
            Shape::Expressions => {}
            Shape::Variables => self.variables_object(value, language, at),
            Shape::Texts => {
                for (at, element) in self.elements(value, at) {
                    self.text(element, &at);
                }
            }
            Shape::ErrorNames => self.error_names(value, at),
            Shape::Object(shape) => self.object(value, shape, language, at, &|_| false),
            Shape::Objects(shape, may_be_empty) => {
                if !may_be_empty {
                    self.not_empty(value, at);
                }
                for (at, element) in self.elements(value, at) {
                    self.object(element, shape, language, &at, &|_| false);
                }
                self.catch_all_last(value, at);
            }
            Shape::InnerRule => self.inner_rule(value, language, at),
            Shape::InnerRules => {
                self.not_empty(value, at);
                for (at, element) in self.elements(value, at) {
                    self.inner_rule(element, language, &at);
                }
            }
            Shape::Rules => self.rules(value, language, at),
            Shape::Machine(shape) => self.machine(value, shape, at),
            Shape::Machines => self.branches(value, at),
            Shape::Resource => self.resource(value, at),
            Shape::Credentials => self.credentials(value, language, at),
        }
    }

    /// The elements of what must be an array, each with its place.
    pub(super) fn elements<'v>(&self, value: &'v Value, at: &Pointer) -> Vec<(Pointer, &'v Value)> {
        let Value::Array(elements) = value else {
            self.schema(at, "Expected value of type Array");
            return Vec::new();
        };
        elements.iter().enumerate().map(|(index, element)| (at.index(index), element)).collect()
    }

    pub(super) fn not_empty(&self, value: &Value, at: &Pointer) {
        if value.as_array().is_some_and(Vec::is_empty) {
            self.schema(at, "Value cannot be empty");
        }
    }

    pub(super) fn text(&self, value: &Value, at: &Pointer) {
        if !value.is_string() {
            self.schema(at, "Expected value of type String");
        }
    }

    fn word(&self, value: &Value, words: &[&str], at: &Pointer) {
        match value {
            Value::String(word) if words.contains(&word.as_str()) => {}
            Value::String(_) => {
                self.schema(at, format!("Value should be one of the following: [{}]", words.join(", ")));
            }
            _ => self.text(value, at),
        }
    }

    fn whole(&self, value: &Value, min: u64, max: u64, at: &Pointer) {
        if value.as_i64().is_some_and(i64::is_negative) || value.as_u64().is_some_and(|number| number < min) {
            self.schema(at, format!("Minimum value is {min}"));
        } else if value.as_u64().is_some_and(|number| number > max) {
            self.schema(at, format!("Maximum value is {max}"));
        } else if !value.is_u64() {
            self.schema(at, "Expected value of type Integer");
        }
    }

    fn number(&self, value: &Value, min: f64, max: f64, at: &Pointer) {
        match value.as_f64() {
            None => self.schema(at, "Expected value of type Number"),
            Some(number) if number < min => self.schema(at, format!("Minimum value is {min}")),
            Some(number) if number > max => self.schema(at, format!("Maximum value is {max}")),
            Some(_) => {}
        }
    }

    pub(super) fn timestamp(&self, value: &Value, at: &Pointer) {
        match value {
            Value::String(text) if Timestamp::parse(text).is_some() => {}
            Value::String(_) => self.schema(at, "String does not match RFC3339 timestamp"),
            _ => self.text(value, at),
        }
    }

    fn credentials(&self, value: &Value, language: QueryLanguage, at: &Pointer) {
        if language == QueryLanguage::Jsonata && value.is_string() {
            return;
        }
        let Value::Object(fields) = value else {
            self.schema(at, "Expected value of type Object");
            return;
        };
        let dynamic = language == QueryLanguage::JsonPath && fields.contains_key("RoleArn.$");
        if !fields.contains_key("RoleArn") && !dynamic {
            self.schema(at, "The field 'RoleArn' is required but was missing");
        }
        self.template(value, language, at);
    }
}
