//! Random definitions, good ones, for properties.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A good definition: every state is reached, every transition has a target, there is an end.
pub(crate) fn definition() -> impl Strategy<Value = Value> {
    let leaf = machine(Just(Value::Null).boxed());
    let nested = leaf.prop_recursive(2, 24, 3, |inner| machine(inner.boxed()));
    nested.prop_map(|mut machine| {
        number(&mut machine, &mut 0);
        machine
    })
}

/// What one state is made of: its kind, where it may jump to, and what is inside.
fn machine(inner: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    prop::collection::vec((0..8_u8, any::<prop::sample::Index>(), inner), 1..7).prop_map(build).boxed()
}

fn build(parts: Vec<(u8, prop::sample::Index, Value)>) -> Value {
    let count = parts.len();
    let name = |index: usize| format!("s{index}");
    let mut states = Map::new();
    for (index, (kind, jump, inner)) in parts.into_iter().enumerate() {
        let next = (index + 1 < count).then(|| name(index + 1));
        let jump = name(jump.index(count));
        let mut state = match (kind, &next) {
            (1, Some(next)) => json!({"Type": "Choice", "Choices": [
                {"Variable": "$.a", "NumericGreaterThan": 1, "Next": jump},
                {"Not": {"Variable": "$.b", "IsPresent": true}, "Next": jump}], "Default": next}),
            (2, _) => json!({"Type": "Wait", "Seconds": 1}),
            (3, _) => json!({"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage",
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": jump}]}),
            (4 | 5, _) if inner.is_object() => json!({"Type": "Parallel", "Branches": [inner.clone(), inner]}),
            (6, _) if inner.is_object() => json!({"Type": "Map", "ItemProcessor": inner}),
            (7, None) => json!({"Type": "Fail", "Error": "no"}),
            _ => json!({"Type": "Pass", "Result": [1, "two", null]}),
        };
        if !matches!(state["Type"].as_str(), Some("Choice" | "Fail")) {
            match next {
                Some(next) => state["Next"] = json!(next),
                None => state["End"] = json!(true),
            }
        }
        states.insert(name(index), state);
    }
    json!({"StartAt": "s0", "States": states})
}

/// Gives all states names that no other state of the definition has.
fn number(machine: &mut Value, count: &mut usize) {
    let prefix = format!("m{count} ");
    *count += 1;
    let renamed = |value: &mut Value| {
        if let Value::String(name) = value {
            *name = format!("{prefix}{name}");
        }
    };
    renamed(&mut machine["StartAt"]);
    let states = std::mem::take(machine["States"].as_object_mut().unwrap());
    let mut all = Map::new();
    for (name, mut state) in states {
        for field in ["Next", "Default"] {
            if state.get(field).is_some() {
                renamed(&mut state[field]);
            }
        }
        for field in ["Choices", "Catch"] {
            for element in state.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten() {
                renamed(&mut element["Next"]);
            }
        }
        for branch in state.get_mut("Branches").and_then(Value::as_array_mut).into_iter().flatten() {
            number(branch, count);
        }
        if let Some(processor) = state.get_mut("ItemProcessor") {
            number(processor, count);
        }
        all.insert(format!("{prefix}{name}"), state);
    }
    machine["States"] = Value::Object(all);
}
