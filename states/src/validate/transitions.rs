//! Where states go on: to states that exist, from the first to all others, and to an end.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::Validator;
use super::diagnostic::Code;
use super::names::inner_machines_at;
use crate::definition::Pointer;

impl Validator<'_> {
    /// Looks at the machine and all machines inside it. Transitions stay within their machine.
    pub(super) fn transitions(&self, machine: &Value, at: &Pointer) {
        let Some(Value::Object(states)) = machine.get("States") else { return };
        let states_at = at.field("States");
        if let Some(Value::String(start)) = machine.get("StartAt") {
            self.target(states, start, &at.field("StartAt"));
        }
        for (name, state) in states {
            for (at, target) in targets(state, &states_at.field(name)) {
                self.target(states, target, &at);
            }
        }
        if states.values().any(is_terminal) || states.is_empty() {
            self.unreachable(machine, states, &states_at);
        } else if *at == Pointer::root() {
            self.findings.say_of_whole(Code::MissingEndState, "Workflow has no terminal state");
        } else {
            self.warning(Code::MissingEndState, at, "Workflow has no terminal state");
        }
        for (name, state) in states {
            for (at, inner) in inner_machines_at(state, &states_at.field(name)) {
                self.transitions(inner, &at);
            }
        }
    }

    fn target(&self, states: &Map<String, Value>, target: &str, at: &Pointer) {
        if !states.contains_key(target) {
            self.error(Code::MissingTransitionTarget, at, format!("Missing 'Next' target: {target}"));
        }
    }

    fn unreachable(&self, machine: &Value, states: &Map<String, Value>, at: &Pointer) {
        let mut reached = HashSet::new();
        let mut next: Vec<&str> = machine.get("StartAt").and_then(Value::as_str).into_iter().collect();
        while let Some(name) = next.pop() {
            let Some(state) = states.get(name) else { continue };
            if reached.insert(name) {
                next.extend(targets(state, at).into_iter().map(|(_, target)| target));
            }
        }
        for name in states.keys().filter(|name| !reached.contains(name.as_str())) {
            let message = format!("State \"{name}\" is not reachable.");
            self.error(Code::MissingTransitionTarget, &at.field(name), message);
        }
    }
}

fn is_terminal(state: &Value) -> bool {
    state.get("End").is_some_and(|end| end == &Value::Bool(true))
        || state.get("Type").is_some_and(|kind| kind == "Succeed" || kind == "Fail")
}

/// The names of the states that a state may go on to, each with its place.
fn targets<'v>(state: &'v Value, at: &Pointer) -> Vec<(Pointer, &'v str)> {
    let mut targets = Vec::new();
    for key in ["Next", "Default"] {
        targets.extend(state.get(key).and_then(Value::as_str).map(|target| (at.field(key), target)));
    }
    for key in ["Choices", "Catch"] {
        let at = at.field(key);
        let elements = state.get(key).and_then(Value::as_array).into_iter().flatten();
        for (index, element) in elements.enumerate() {
            let target = element.get("Next").and_then(Value::as_str);
            targets.extend(target.map(|target| (at.index(index).field("Next"), target)));
        }
    }
    targets
}
