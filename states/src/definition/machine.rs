//! Machines: the definition itself, and each branch and item processor inside it.

use serde_json::Value;

use super::expression::QueryLanguage;
use super::fields::{Fields, Targets};
use super::pointer::Pointer;
use super::problem::Problem;
use super::state::{State, StateId};

/// Which machine of a definition. The outermost is [`MachineId::ROOT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MachineId(pub(super) u32);

impl MachineId {
    /// The machine that the whole definition is.
    pub const ROOT: Self = Self(0);

    /// The place of the machine among [all machines](super::Definition::machines).
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A set of states of which one is the first.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// Its id.
    pub id: MachineId,
    /// The state around it; none for the outermost.
    pub parent: Option<StateId>,
    /// Where it stands.
    pub pointer: Pointer,
    /// Its `Comment`.
    pub comment: Option<String>,
    /// The state named by `StartAt`.
    pub start: StateId,
    /// Its own states, in the order in which they are written.
    pub states: Vec<StateId>,
}

/// What is gathered while a definition is read.
pub(super) struct Builder {
    pub(super) language: QueryLanguage,
    pub(super) states: Vec<Option<State>>,
    pub(super) machines: Vec<Option<Machine>>,
    pub(super) names: Targets,
    pub(super) problems: Vec<Problem>,
}

impl Builder {
    pub(super) fn new(language: QueryLanguage) -> Self {
        Self { language, states: Vec::new(), machines: Vec::new(), names: Targets::new(), problems: Vec::new() }
    }

    /// Reads a machine and all that is inside it. Ids are given to the states of a machine first, then to those of the
    /// machines inside it, so that transitions can be resolved on the way.
    pub(super) fn machine(&mut self, value: &Value, at: &Pointer, parent: Option<StateId>) -> Option<MachineId> {
        let id = MachineId(u32::try_from(self.machines.len()).ok()?);
        self.machines.push(None);
        let fields = Fields::of(value, at, self.language, &mut self.problems)?;
        let start = fields.required_text("StartAt", &mut self.problems);
        let states_at = fields.pointer("States");
        let Value::Object(states) = fields.required("States", &mut self.problems)? else {
            self.problems.push(Problem::at(&states_at, "`States` must be an object"));
            return None;
        };
        let mut targets = Targets::new();
        let mut ids = Vec::new();
        for name in states.keys() {
            let state = StateId(u32::try_from(self.states.len()).ok()?);
            self.states.push(None);
            ids.push(state);
            targets.insert(name.clone(), state);
            if self.names.insert(name.clone(), state).is_some() {
                let message = format!("there are two states with the name `{name}`");
                self.problems.push(Problem::at(&states_at.field(name), message));
            }
        }
        for (state, (name, value)) in ids.iter().zip(states) {
            let read = State::read(*state, name, id, value, &states_at.field(name), &targets, self);
            if let Some(slot) = self.states.get_mut(state.index()) {
                *slot = read;
            }
        }
        start?;
        let start = fields.target("StartAt", &targets, &mut self.problems)?;
        let machine = Machine { id, parent, pointer: at.clone(), comment: fields.comment(), start, states: ids };
        if let Some(slot) = self.machines.get_mut(id.index()) {
            *slot = Some(machine);
        }
        Some(id)
    }
}
