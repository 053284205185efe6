//! Which variables a state refers to.

mod path;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub(crate) use path::path_variables;

use super::expression::{QueryLanguage, jsonata_body};
use super::state::state_language;
use super::{Definition, Pointer};
use crate::query;

impl Definition {
    /// For each state that refers to variables, by its name, the variables, without their `$`.
    ///
    /// Only what is set by `Assign` counts: neither what a JSONata expression binds itself, nor `$states`, nor a function that no `Assign` hides.
    ///
    /// ```
    /// use duramen_states::definition::Definition;
    ///
    /// let text = r#"{"StartAt": "A", "States": {
    ///     "A": {"Type": "Pass", "Assign": {"total": 0}, "Next": "B"},
    ///     "B": {"Type": "Pass", "Parameters": {"sum.$": "States.MathAdd($total, 1)"}, "End": true}}}"#;
    /// let references = Definition::parse(text).unwrap().variable_references();
    /// assert_eq!(references["B"].iter().collect::<Vec<_>>(), ["total"]);
    /// ```
    #[must_use]
    pub fn variable_references(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut references = BTreeMap::new();
        if let Ok(value) = super::read_value(self.text()) {
            let mut assigned = BTreeSet::new();
            machine_assigned(&value, self.language(), &mut assigned);
            machine_references(&value, self.language(), &assigned, &mut references);
        }
        references
    }
}

fn machine_assigned<'v>(machine: &'v Value, whole: QueryLanguage, names: &mut BTreeSet<&'v str>) {
    let Some(Value::Object(states)) = machine.get("States") else { return };
    for state in states.values() {
        let language = state_language(state, whole);
        names.extend(assigned(state, &Pointer::root()).into_iter().map(|(_, key)| variable_name(key, language)));
        inner_machines(state).for_each(|inner| machine_assigned(inner, whole, names));
    }
}

fn machine_references(
    machine: &Value,
    whole: QueryLanguage,
    assigned: &BTreeSet<&str>,
    references: &mut BTreeMap<String, BTreeSet<String>>,
) {
    let Some(Value::Object(states)) = machine.get("States") else { return };
    for (name, state) in states {
        let mut names = BTreeSet::new();
        let language = state_language(state, whole);
        each_expression(state, language, &Pointer::root(), &mut |_, text| {
            names.extend(variables_in(text, language, &|name| assigned.contains(name)));
        });
        if !names.is_empty() {
            references.insert(name.clone(), names);
        }
        for inner in inner_machines(state) {
            machine_references(inner, whole, assigned, references);
        }
    }
}

/// The names of the variables in an expression, without `$`. `assigned` says whether there is a variable of a name that a function of JSONata has too.
/// None of what is no expression of JSONata.
pub(crate) fn variables_in(text: &str, language: QueryLanguage, assigned: &dyn Fn(&str) -> bool) -> BTreeSet<String> {
    match language {
        QueryLanguage::JsonPath => path_variables(text).into_iter().collect(),
        QueryLanguage::Jsonata => match query::Expression::compile(text) {
            Ok(expression) => expression.references().variables_among(assigned).map(str::to_owned).collect(),
            Err(_) => BTreeSet::new(),
        },
    }
}

/// The keys of all `Assign` fields of a state, each with its place.
pub(crate) fn assigned<'v>(state: &'v Value, at: &Pointer) -> Vec<(Pointer, &'v String)> {
    let mut keys = Vec::new();
    let mut take = |holder: &'v Value, at: &Pointer| {
        if let Some(Value::Object(fields)) = holder.get("Assign") {
            let at = at.field("Assign");
            keys.extend(fields.keys().map(|key| (at.field(key), key)));
        }
    };
    take(state, at);
    for list in ["Choices", "Catch"] {
        let at = at.field(list);
        for (index, element) in state.get(list).and_then(Value::as_array).into_iter().flatten().enumerate() {
            take(element, &at.index(index));
        }
    }
    keys
}

/// The name of the variable that is set under a key of `Assign`.
pub(crate) fn variable_name(key: &str, language: QueryLanguage) -> &str {
    match language {
        QueryLanguage::JsonPath => key.strip_suffix(".$").unwrap_or(key),
        QueryLanguage::Jsonata => key,
    }
}

/// The machines inside a state.
pub(crate) fn inner_machines(state: &Value) -> impl Iterator<Item = &Value> {
    let branches = state.get("Branches").and_then(Value::as_array).into_iter().flatten();
    branches.chain(state.get("ItemProcessor")).chain(state.get("Iterator"))
}

/// Fields of a state that hold no expressions of its own.
const NOT_OWN: [&str; 9] =
    ["Branches", "ItemProcessor", "Iterator", "Comment", "Type", "QueryLanguage", "Resource", "Next", "Default"];

/// Fields whose keys are the writer's own, so that only `.$` at their end means something.
const PAYLOADS: [&str; 7] =
    ["Parameters", "Arguments", "ResultSelector", "ItemSelector", "BatchInput", "Assign", "Output"];

/// Calls `found` with every expression of a state's own fields and its place: of JSONata the body of the string, of
/// JSONPath the path or the intrinsic function.
pub(crate) fn each_expression(
    state: &Value,
    language: QueryLanguage,
    at: &Pointer,
    found: &mut dyn FnMut(&Pointer, &str),
) {
    let Value::Object(fields) = state else { return };
    for (key, value) in fields {
        let fixed = language == QueryLanguage::JsonPath && key == "Result";
        if !fixed && !NOT_OWN.contains(&key.as_str()) {
            expressions_in(key, value, PAYLOADS.contains(&key.as_str()), language, &at.field(key), found);
        }
    }
}

/// Calls `found` with every text of a state's own fields that may be a JSONata string, and its place.
pub(crate) fn each_text(state: &Value, at: &Pointer, found: &mut dyn FnMut(&Pointer, &str)) {
    let Value::Object(fields) = state else { return };
    for (key, value) in fields.iter().filter(|(key, _)| !NOT_OWN.contains(&key.as_str())) {
        texts_in(value, PAYLOADS.contains(&key.as_str()), &at.field(key), found);
    }
}

fn texts_in(value: &Value, payload: bool, at: &Pointer, found: &mut dyn FnMut(&Pointer, &str)) {
    match value {
        Value::String(text) => found(at, text),
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                texts_in(element, payload, &at.index(index), found);
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields.iter().filter(|(key, _)| payload || *key != "Comment") {
                texts_in(value, payload || PAYLOADS.contains(&key.as_str()), &at.field(key), found);
            }
        }
        _ => {}
    }
}

fn expressions_in(
    key: &str,
    value: &Value,
    payload: bool,
    language: QueryLanguage,
    at: &Pointer,
    found: &mut dyn FnMut(&Pointer, &str),
) {
    match value {
        Value::String(text) => match language {
            QueryLanguage::Jsonata => {
                if let Some(body) = jsonata_body(text) {
                    found(at, body);
                }
            }
            QueryLanguage::JsonPath => {
                if key.ends_with(".$") || (!payload && (key.ends_with("Path") || key == "Variable")) {
                    found(at, text);
                }
            }
        },
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                expressions_in("", element, payload, language, &at.index(index), found);
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                if payload || key != "Comment" {
                    let payload = payload || PAYLOADS.contains(&key.as_str());
                    expressions_in(key, value, payload, language, &at.field(key), found);
                }
            }
        }
        _ => {}
    }
}
