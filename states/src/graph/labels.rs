//! What is written on nodes and edges.

use serde_json::Value;

use crate::definition::{Condition, Resource, State, StateKind, jsonata_body};

/// The operators that have a sign.
const SIGNS: [(&str, &str); 5] =
    [("LessThanEquals", "<="), ("GreaterThanEquals", ">="), ("LessThan", "<"), ("GreaterThan", ">"), ("Equals", "==")];

/// The type of a state, and what a task calls.
pub(super) fn detail(state: &State) -> String {
    let StateKind::Task(task) = &state.kind else { return state.kind.name().to_owned() };
    let what = match &task.resource {
        Resource::Lambda { function, .. } => function.clone(),
        Resource::Activity { name, .. } => format!("activity {name}"),
        Resource::Service(service) => format!("{}:{}{}", service.service, service.api, service.pattern.suffix()),
        Resource::Handler(name) => name.clone(),
        _ => return "Task".to_owned(),
    };
    format!("Task · {what}")
}

/// A rule's condition in short.
pub(crate) fn condition(condition: &Condition) -> String {
    match condition {
        Condition::Comparison(rule) => comparison(&rule.value),
        Condition::Jsonata(condition) => match &condition.value {
            Value::String(text) => jsonata_body(text).unwrap_or(text).to_owned(),
            other => other.to_string(),
        },
    }
}

fn comparison(rule: &Value) -> String {
    let Value::Object(fields) = rule else { return String::new() };
    for (word, sign) in [("And", " and "), ("Or", " or ")] {
        if let Some(Value::Array(rules)) = fields.get(word) {
            let parts: Vec<String> = rules.iter().map(|rule| inner(rule, rules.len() > 1)).collect();
            return parts.join(sign);
        }
    }
    if let Some(rule) = fields.get("Not") {
        return format!("not {}", inner(rule, true));
    }
    let variable = fields.get("Variable").and_then(Value::as_str).unwrap_or_default();
    let known = ["String", "Numeric", "Boolean", "Timestamp", "Is"];
    let operator = fields.iter().find(|(name, _)| known.iter().any(|known| name.starts_with(known)));
    let Some((operator, value)) = operator else { return variable.to_owned() };
    let value = match value {
        Value::String(text) if operator.ends_with("Path") => text.clone(),
        other => other.to_string(),
    };
    if let Some(kind) = operator.strip_prefix("Is") {
        let not = if value == "false" { "not " } else { "" };
        return format!("{variable} is {not}{}", kind.to_lowercase());
    }
    let plain = operator.strip_suffix("Path").unwrap_or(operator);
    match SIGNS.iter().find(|(name, _)| plain.ends_with(name)) {
        Some((_, sign)) => format!("{variable} {sign} {value}"),
        None => format!("{variable} matches {value}"),
    }
}

fn inner(rule: &Value, brackets: bool) -> String {
    let text = comparison(rule);
    if brackets && (rule.get("And").is_some() || rule.get("Or").is_some()) { format!("({text})") } else { text }
}

/// At most so many characters of the text, in one line.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().count() <= most {
        return text;
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}
