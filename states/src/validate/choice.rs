//! The rules of choice states.

use serde_json::{Map, Value};

use super::Validator;
use super::diagnostic::Code;
use super::shapes::{INNER_RULE, OPERATORS, OUTER_RULE, Operand, operand};
use crate::definition::{Pointer, QueryLanguage, jsonata_body};

const SELECTORS: [&str; 5] = ["And", "Or", "Not", "Variable", "Condition"];

impl Validator<'_> {
    pub(super) fn rules(&self, value: &Value, language: QueryLanguage, at: &Pointer) {
        self.not_empty(value, at);
        for (at, rule) in self.elements(value, at) {
            self.object(rule, &OUTER_RULE, language, &at, &|name| operand(name).is_some());
            self.condition(rule, language, &at);
        }
    }

    pub(super) fn inner_rule(&self, value: &Value, language: QueryLanguage, at: &Pointer) {
        self.object(value, &INNER_RULE, language, at, &|name| operand(name).is_some());
        self.condition(value, language, at);
    }

    fn condition(&self, rule: &Value, language: QueryLanguage, at: &Pointer) {
        let Value::Object(fields) = rule else { return };
        if SELECTORS.iter().filter(|name| fields.contains_key(**name)).count() != 1 {
            let message = format!("The object must have only one of the following fields, [{}]", SELECTORS.join(", "));
            self.schema(at, message);
            return;
        }
        match language {
            QueryLanguage::Jsonata => {
                let condition = fields.get("Condition");
                let good = |value: &Value| value.is_boolean() || value.as_str().and_then(jsonata_body).is_some();
                if condition.is_some_and(|condition| !good(condition)) {
                    self.schema(&at.field("Condition"), "Expected value of type Boolean");
                }
            }
            QueryLanguage::JsonPath => self.operators(fields, at),
        }
    }

    fn operators(&self, rule: &Map<String, Value>, at: &Pointer) {
        let used: Vec<(&String, &Value, Operand)> =
            rule.iter().filter_map(|(name, value)| Some((name, value, operand(name)?))).collect();
        match (rule.contains_key("Variable"), used.len()) {
            (true, 1) | (false, 0) => {}
            (true, 0) => {
                let names = OPERATORS.join(", ");
                self.schema(at, format!("This object should have only one of the following fields: [{names}]"));
            }
            (true, _) => {
                let names: Vec<&str> = used.iter().map(|(name, ..)| name.as_str()).collect();
                let names = names.join(", ");
                self.schema(at, format!("There should only be one of the following fields: [{names}]"));
            }
            (false, _) => {
                for (name, ..) in &used {
                    self.schema(at, format!("Field '{name}' is not supported"));
                }
            }
        }
        for (name, value, operand) in used {
            let at = at.field(name);
            match operand {
                Operand::Path => self.rule_path(value, &at),
                Operand::Text if name == "StringMatches" => self.pattern(value, &at),
                Operand::Text => self.text(value, &at),
                Operand::Timestamp => self.timestamp(value, &at),
                Operand::Number if !value.is_number() => self.schema(&at, "Expected value of type Number"),
                Operand::Flag if !value.is_boolean() => self.schema(&at, "Expected value of type Boolean"),
                Operand::Number | Operand::Flag => {}
            }
        }
    }

    pub(super) fn choice_without_default(&self, state: &Map<String, Value>, at: &Pointer) {
        if !state.contains_key("Default") {
            let message = "Without a 'Default', an input for which no rule holds fails with States.NoChoiceMatched";
            self.warning(Code::NoDefault, at, message);
        }
    }
}
