//! One recorded case: calls, and what they were answered with.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::compare::Comparison;
use crate::service::Service;

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    steps: Vec<Step>,
    expects: Vec<Expectation>,
    recorded: Map<String, Value>,
    transformers: Vec<Value>,
    #[serde(default)]
    lambdas: Vec<Lambda>,
    #[serde(default)]
    fixtures: Vec<String>,
}

#[derive(Deserialize)]
struct Step {
    i: i64,
    op: String,
    #[serde(default)]
    params: Value,
    #[serde(default)]
    args: Vec<Value>,
}

#[derive(Deserialize)]
struct Expectation {
    key: String,
    after_step: i64,
    actual: Value,
}

#[derive(Deserialize)]
pub(crate) struct Lambda {
    pub(crate) name: String,
    pub(crate) file: Option<String>,
}

/// What a case asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    History,
    Sync,
    TestState,
    Validate,
}

impl Case {
    pub(crate) fn name(&self) -> &str {
        self.id.rsplit_once("/v2/").map_or(&self.id, |(_, name)| name)
    }

    /// None for those that ask for the service alone: creating, listing, tags, aliases.
    pub(crate) fn kind(&self) -> Option<Kind> {
        let kinds = [
            ("test_state", Kind::TestState),
            ("start_sync_execution", Kind::Sync),
            ("get_execution_history", Kind::History),
            ("validate_state_machine_definition", Kind::Validate),
        ];
        let asks = |op: &str| self.steps.iter().any(|step| step.op == op);
        kinds.into_iter().find_map(|(op, kind)| asks(op).then_some(kind))
    }

    /// Makes the calls, and compares; the first difference if there is one.
    pub(crate) async fn run(&self) -> Result<(), String> {
        let comparison = Comparison::new(&self.transformers);
        let mut service = Service::new(&self.lambdas, &self.fixtures).await;
        let mut answers: BTreeMap<i64, Value> = BTreeMap::new();
        self.check(-1, &answers, &comparison)?;
        for step in &self.steps {
            let mut params = resolve(&step.params, &answers);
            if let (Value::Object(params), Some(first)) = (&mut params, step.args.first()) {
                // Waiting is told of what by its place.
                params.insert("execution_arn".to_owned(), resolve(first, &answers));
            }
            let answer = service.call(&step.op, &params).await?;
            answers.insert(step.i, answer);
            self.check(step.i, &answers, &comparison)?;
        }
        Ok(())
    }

    fn check(&self, step: i64, answers: &BTreeMap<i64, Value>, comparison: &Comparison) -> Result<(), String> {
        for expectation in self.expects.iter().filter(|expectation| expectation.after_step == step) {
            let Some(recorded) = self.recorded.get(&expectation.key) else { continue };
            let actual = resolve(&expectation.actual, answers);
            comparison.compare(recorded, &actual).map_err(|difference| format!("{}{difference}", expectation.key))?;
        }
        Ok(())
    }
}

/// Puts answers where they are referred to: `{{step3.executionArn}}`, `{"$response_of_step": 3}`.
fn resolve(value: &Value, answers: &BTreeMap<i64, Value>) -> Value {
    match value {
        Value::Object(fields) => {
            if let Some(step) = fields.get("$response_of_step").and_then(Value::as_i64) {
                return answers.get(&step).cloned().unwrap_or_default();
            }
            if let Some(step) = fields.get("$error_of_step").and_then(Value::as_i64) {
                return answers.get(&step).map(error_text).unwrap_or_default();
            }
            if let Some(step) = fields.get("exception_value").and_then(|value| value.get("$error_of_step")?.as_i64()) {
                // The recording has a stand-in for the name of the exception.
                let answer = answers.get(&step).cloned().unwrap_or_default();
                return serde_json::json!({
                    "exception_typename": answer["Error"]["Code"], "exception_value": error_text(&answer),
                });
            }
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), resolve(value, answers))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| resolve(item, answers)).collect()),
        Value::String(text) => resolve_text(text, answers),
        other => other.clone(),
    }
}

fn resolve_text(text: &str, answers: &BTreeMap<i64, Value>) -> Value {
    let pattern = regex::Regex::new(r"\{\{step(\d+)\.([^{}]+)\}\}").unwrap();
    let found = |captures: &regex::Captures<'_>| {
        let step: i64 = captures[1].parse().ok()?;
        captures[2].split('.').try_fold(answers.get(&step)?, |value, key| match (value, key.parse::<usize>()) {
            (Value::Array(items), Ok(index)) => items.get(index),
            // The field of the last item that has it.
            (Value::Array(items), Err(_)) => items.iter().rev().find_map(|item| item.get(key)),
            _ => value.get(key),
        })
    };
    if let Some(captures) = pattern.captures(text)
        && captures[0] == *text
    {
        return found(&captures).cloned().unwrap_or_else(|| text.into());
    }
    let replaced = pattern.replace_all(text, |captures: &regex::Captures<'_>| match found(captures) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => captures[0].to_owned(),
    });
    replaced.into_owned().into()
}

/// An error as the client library words it.
fn error_text(answer: &Value) -> Value {
    let code = answer["Error"]["Code"].as_str().unwrap_or_default();
    let message = answer["Error"]["Message"].as_str().unwrap_or_default();
    format!(
        "An error occurred ({code}) when calling the {} operation: {message}",
        answer["operation"].as_str().unwrap_or_default()
    )
    .into()
}
