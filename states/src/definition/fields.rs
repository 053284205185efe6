//! Reads the fields of one object of a definition, and says which cannot be read.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::expression::{Dynamic, Expression, QueryLanguage, Selection, Template, jsonata_body};
use super::pointer::Pointer;
use super::problem::Problem;
use super::state::{StateId, Transition};

/// The states that a transition may name: those of the same machine.
pub(super) type Targets = HashMap<String, StateId>;

pub(super) struct Fields<'a> {
    map: &'a Map<String, Value>,
    pub(super) at: Pointer,
    pub(super) language: QueryLanguage,
}

impl<'a> Fields<'a> {
    /// The fields of the value, or a problem when it is not an object.
    pub(super) fn of(
        value: &'a Value,
        at: &Pointer,
        language: QueryLanguage,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let Value::Object(map) = value else {
            problems.push(Problem::at(at, "this must be an object"));
            return None;
        };
        Some(Self { map, at: at.clone(), language })
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name)
    }

    pub(super) fn pointer(&self, name: &str) -> Pointer {
        self.at.field(name)
    }

    fn wrong(&self, name: &str, wanted: &str, problems: &mut Vec<Problem>) {
        problems.push(Problem::at(&self.pointer(name), format!("`{name}` must be {wanted}")));
    }

    fn missing(&self, name: &str, problems: &mut Vec<Problem>) {
        problems.push(Problem::at(&self.at, format!("the field `{name}` is missing")));
    }

    pub(super) fn required(&self, name: &str, problems: &mut Vec<Problem>) -> Option<&'a Value> {
        let value = self.get(name);
        if value.is_none() {
            self.missing(name, problems);
        }
        value
    }

    pub(super) fn text(&self, name: &str, problems: &mut Vec<Problem>) -> Option<&'a str> {
        match self.get(name)? {
            Value::String(text) => Some(text),
            _ => {
                self.wrong(name, "a string", problems);
                None
            }
        }
    }

    pub(super) fn required_text(&self, name: &str, problems: &mut Vec<Problem>) -> Option<&'a str> {
        self.required(name, problems)?;
        self.text(name, problems)
    }

    /// A comment is kept when it is a text, and never in the way.
    pub(super) fn comment(&self) -> Option<String> {
        self.get("Comment").and_then(Value::as_str).map(str::to_owned)
    }

    pub(super) fn template(&self, name: &str) -> Option<Template> {
        self.get(name).map(|value| Template { value: value.clone(), pointer: self.pointer(name) })
    }

    pub(super) fn expression(&self, name: &str, problems: &mut Vec<Problem>) -> Option<Expression> {
        self.text(name, problems).map(|text| Expression { text: text.to_owned(), pointer: self.pointer(name) })
    }

    pub(super) fn selection(&self, name: &str, problems: &mut Vec<Problem>) -> Selection {
        match self.get(name) {
            None => Selection::Whole,
            Some(Value::Null) => Selection::Nothing,
            Some(_) => self.expression(name, problems).map_or(Selection::Whole, Selection::Path),
        }
    }

    /// A field read by `fixed`, or a JSONata string in it, or the field `{name}Path`.
    fn dynamic<T>(
        &self,
        name: &str,
        wanted: &str,
        problems: &mut Vec<Problem>,
        fixed: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<Dynamic<T>> {
        let path = format!("{name}Path");
        if self.get(&path).is_some() {
            if self.get(name).is_some() {
                let message = format!("there may be only one of `{name}` and `{path}`");
                problems.push(Problem::at(&self.at, message));
            }
            return self.expression(&path, problems).map(Dynamic::Path);
        }
        let value = self.get(name)?;
        if let Value::String(text) = value
            && self.language == QueryLanguage::Jsonata
            && jsonata_body(text).is_some()
        {
            return Some(Dynamic::Jsonata(Expression { text: text.clone(), pointer: self.pointer(name) }));
        }
        let read = fixed(value).map(Dynamic::Fixed);
        if read.is_none() {
            self.wrong(name, wanted, problems);
        }
        read
    }

    /// A whole number that is not negative.
    pub(super) fn amount(&self, name: &str, problems: &mut Vec<Problem>) -> Option<Dynamic<u64>> {
        self.dynamic(name, "a whole number that is not negative", problems, Value::as_u64)
    }

    pub(super) fn number(&self, name: &str, problems: &mut Vec<Problem>) -> Option<Dynamic<f64>> {
        self.dynamic(name, "a number", problems, Value::as_f64)
    }

    pub(super) fn dynamic_text(&self, name: &str, problems: &mut Vec<Problem>) -> Option<Dynamic<String>> {
        self.dynamic(name, "a string", problems, |value| value.as_str().map(str::to_owned))
    }

    /// One of those words; the field's absence is none of them.
    pub(super) fn word<T: Copy>(&self, name: &str, words: &[(&str, T)], problems: &mut Vec<Problem>) -> Option<T> {
        let text = self.text(name, problems)?;
        let word = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if word.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.wrong(name, &format!("one of {}", known.join(", ")), problems);
        }
        word
    }

    /// The elements of an array, each with its place; empty when the field is absent.
    pub(super) fn elements(&self, name: &str, problems: &mut Vec<Problem>) -> Vec<(Pointer, &'a Value)> {
        match self.get(name) {
            None => Vec::new(),
            Some(Value::Array(elements)) => {
                let at = self.pointer(name);
                elements.iter().enumerate().map(|(index, element)| (at.index(index), element)).collect()
            }
            Some(_) => {
                self.wrong(name, "an array", problems);
                Vec::new()
            }
        }
    }

    pub(super) fn texts(&self, name: &str, problems: &mut Vec<Problem>) -> Vec<String> {
        let mut texts = Vec::new();
        for (at, element) in self.elements(name, problems) {
            match element {
                Value::String(text) => texts.push(text.clone()),
                _ => problems.push(Problem::at(&at, "this must be a string")),
            }
        }
        texts
    }

    /// The state that the field names.
    pub(super) fn target(&self, name: &str, targets: &Targets, problems: &mut Vec<Problem>) -> Option<StateId> {
        let text = self.text(name, problems)?;
        let target = targets.get(text).copied();
        if target.is_none() {
            problems.push(Problem::at(&self.pointer(name), format!("there is no state `{text}` in the same machine")));
        }
        target
    }

    /// `Next` or `End`, of which there must be exactly one.
    pub(super) fn transition(&self, targets: &Targets, problems: &mut Vec<Problem>) -> Option<Transition> {
        let end = match self.get("End") {
            None => false,
            Some(Value::Bool(end)) => *end,
            Some(_) => {
                self.wrong("End", "true or false", problems);
                return None;
            }
        };
        match (self.get("Next").is_some(), end) {
            (true, false) => self.target("Next", targets, problems).map(Transition::Next),
            (false, true) => Some(Transition::End),
            _ => {
                problems.push(Problem::at(&self.at, "there must be either `Next` or `\"End\": true`"));
                None
            }
        }
    }
}
