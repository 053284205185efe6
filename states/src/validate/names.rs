//! Names of states and labels: how long they are, and that none stands for two things.

use std::collections::HashSet;

use serde_json::Value;

use super::Validator;
use super::diagnostic::{Code, Severity};
use crate::definition::{Pointer, Repeat};

impl Validator<'_> {
    pub(super) fn names(&self, definition: &Value, at: &Pointer, repeats: &[Repeat]) {
        for repeat in repeats {
            let place = (repeat.place.line, repeat.place.column);
            let (severity, code, message) = if repeat.is_state {
                (Severity::Error, Code::DuplicateStateName, format!("Duplicate State name: {}", repeat.key))
            } else {
                let message = format!("Field '{}' stands more than once; only the last counts", repeat.key);
                (Severity::Warning, Code::DuplicateField, message)
            };
            self.findings.say_at(severity, code, &repeat.pointer, place, message);
        }
        self.machine_names(definition, at, &mut HashSet::new(), &mut HashSet::new());
    }

    fn machine_names<'v>(
        &self,
        machine: &'v Value,
        at: &Pointer,
        states: &mut HashSet<&'v str>,
        labels: &mut HashSet<&'v str>,
    ) {
        let Some(Value::Object(own)) = machine.get("States") else { return };
        let at = at.field("States");
        for (name, state) in own {
            let at = at.field(name);
            if !states.insert(name) {
                self.error(Code::DuplicateStateName, &at, format!("Duplicate State name: {name}"));
            }
            if name.chars().count() > 80 {
                let message = "State name must have length less than or equal to 80";
                self.error(Code::InvalidStateName, &at, message);
            }
            if let Some(Value::String(label)) = state.get("Label")
                && !labels.insert(label)
            {
                self.error(Code::DuplicateLabelName, &at.field("Label"), format!("Duplicate label name: {label}"));
            }
        }
        for (name, state) in own {
            for (at, inner) in inner_machines_at(state, &at.field(name)) {
                self.machine_names(inner, &at, states, labels);
            }
        }
    }
}

/// The machines inside a state, each with its place.
pub(super) fn inner_machines_at<'v>(state: &'v Value, at: &Pointer) -> Vec<(Pointer, &'v Value)> {
    let branches_at = at.field("Branches");
    let branches = state.get("Branches").and_then(Value::as_array).into_iter().flatten().enumerate();
    let mut machines: Vec<_> = branches.map(|(index, branch)| (branches_at.index(index), branch)).collect();
    for key in ["ItemProcessor", "Iterator"] {
        machines.extend(state.get(key).map(|machine| (at.field(key), machine)));
    }
    machines
}
