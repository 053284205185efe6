//! A definition with all its expressions compiled, once for all executions.

mod expressions;
mod state;

use std::sync::Arc;

use serde_json::Value;

use crate::definition::{Definition, Machine as Part, MachineId, Problem, State, StateId};

pub(crate) use expressions::{Form, Items, Lookup, Query, Select};
pub(crate) use state::{CatchPlan, RulePlan, StatePlan, When};

/// A definition that is ready to run. It never changes and is cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Plan(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    definition: Definition,
    states: Vec<StatePlan>,
}

impl Plan {
    /// Compiles all expressions of a definition.
    ///
    /// # Errors
    /// Every expression that cannot be compiled, with its place.
    pub(crate) fn compile(definition: &Definition) -> Result<Self, Vec<Problem>> {
        let text: Value = serde_json::from_str(definition.text()).unwrap_or(Value::Null);
        let mut problems = Vec::new();
        let states = definition.states().iter().map(|state| StatePlan::compile(state, &text, &mut problems)).collect();
        if problems.is_empty() {
            Ok(Self(Arc::new(Compiled { definition: definition.clone(), states })))
        } else {
            Err(problems)
        }
    }

    pub(crate) fn definition(&self) -> &Definition {
        &self.0.definition
    }

    /// The state of that id, with what was compiled of it.
    pub(crate) fn state(&self, id: StateId) -> Option<(&State, &StatePlan)> {
        Some((self.0.definition.state(id)?, self.0.states.get(id.index())?))
    }

    pub(crate) fn part(&self, id: MachineId) -> &Part {
        self.0.definition.machine(id)
    }
}
