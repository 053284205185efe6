//! A definition with all its expressions compiled, once for all executions.

mod context;
mod expressions;
mod state;

use std::sync::Arc;

use serde_json::Value;

use crate::definition::{Definition, Machine as Part, MachineId, Problem, State, StateId};

pub(crate) use context::Asks;
pub(crate) use expressions::{Form, Items, Lookup, Query, Select};
pub(crate) use state::{CatchPlan, RulePlan, StatePlan, When};

/// A definition that is ready to run, or a part of one. It never changes and is cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    compiled: Arc<Compiled>,
    root: MachineId,
}

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
            let compiled = Arc::new(Compiled { definition: definition.clone(), states });
            Ok(Self { compiled, root: MachineId::ROOT })
        } else {
            Err(problems)
        }
    }

    /// The same, of which that machine is run.
    pub(crate) fn rooted(&self, part: u32) -> Self {
        let machine = self.definition().machines().get(part as usize);
        Self { compiled: Arc::clone(&self.compiled), root: machine.map_or(MachineId::ROOT, |machine| machine.id) }
    }

    /// The machine that is run.
    pub(crate) fn root(&self) -> &Part {
        self.part(self.root)
    }

    /// How long an execution may last, in seconds.
    pub(crate) fn timeout_seconds(&self) -> Option<u64> {
        self.definition().timeout_seconds().filter(|_| self.root == MachineId::ROOT)
    }

    pub(crate) fn definition(&self) -> &Definition {
        &self.compiled.definition
    }

    /// The state of that id, with what was compiled of it.
    pub(crate) fn state(&self, id: StateId) -> Option<(&State, &StatePlan)> {
        Some((self.compiled.definition.state(id)?, self.compiled.states.get(id.index())?))
    }

    pub(crate) fn part(&self, id: MachineId) -> &Part {
        self.compiled.definition.machine(id)
    }
}
