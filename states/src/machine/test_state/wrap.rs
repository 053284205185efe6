//! One state made into a state machine of its own.

use serde_json::{Map, Value, json};

use super::TestError;
use crate::validate::{Handlers, Options, invalid_definition, validate, validate_state};

/// What the state is called, as AWS calls it in a test.
const NAME: &str = "StateName";

/// A state machine that has the state as its first. What the state goes on to are states that end it.
pub(super) fn wrapped(text: &str, name: Option<&str>) -> Result<String, TestError> {
    let options = Options::default().handlers(Handlers::Any);
    let diagnostics = if name.is_some() { validate(text, &options) } else { validate_state(text, &options) };
    if let Some(message) = invalid_definition(&diagnostics) {
        return Err(TestError::Definition(message));
    }
    let value: Value = serde_json::from_str(text).map_err(|error| TestError::Definition(error.to_string()))?;
    let state = match name {
        Some(name) => {
            find(&value, name).ok_or_else(|| TestError::Request("State not found in definition".to_owned()))?
        }
        None => &value,
    };
    let mut states = Map::new();
    states.insert(NAME.to_owned(), state.clone());
    for target in targets(state) {
        states.entry(target).or_insert_with(|| json!({"Type": "Succeed"}));
    }
    let mut machine = Map::new();
    if let (Some(_), Some(language)) = (name, value.get("QueryLanguage")) {
        machine.insert("QueryLanguage".to_owned(), language.clone());
    }
    machine.insert("StartAt".to_owned(), json!(NAME));
    machine.insert("States".to_owned(), Value::Object(states));
    Ok(Value::Object(machine).to_string())
}

fn find<'v>(machine: &'v Value, name: &str) -> Option<&'v Value> {
    let states = machine.get("States")?.as_object()?;
    if let Some(state) = states.get(name) {
        return Some(state);
    }
    states.values().find_map(|state| {
        let branches = state.get("Branches").and_then(Value::as_array).into_iter().flatten();
        let processors = ["ItemProcessor", "Iterator"].into_iter().filter_map(|field| state.get(field));
        branches.chain(processors).find_map(|machine| find(machine, name))
    })
}

/// The names of the states it goes on to.
fn targets(state: &Value) -> Vec<String> {
    let own = [state.get("Next"), state.get("Default")].into_iter().flatten();
    let listed = ["Choices", "Catch"].into_iter().filter_map(|field| state.get(field)?.as_array());
    let inner = listed.flatten().filter_map(|item| item.get("Next"));
    own.chain(inner).filter_map(Value::as_str).map(str::to_owned).collect()
}
