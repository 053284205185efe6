//! One state of a machine: what all states have, and the eight types.

use serde_json::Value;

use super::choice::Choice;
use super::expression::QueryLanguage;
use super::fail::Fail;
use super::fields::{Fields, Targets};
use super::machine::{Builder, MachineId};
use super::map::MapState;
use super::parallel::Parallel;
use super::pass::Pass;
use super::pointer::Pointer;
use super::problem::Problem;
use super::succeed::Succeed;
use super::task::Task;
use super::wait::Wait;

/// Which state of a definition, over all its nested machines. Ids of one definition count from zero; the same text
/// always gives the same ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, bincode::Encode, bincode::Decode)]
pub struct StateId(pub(super) u32);

impl StateId {
    /// The place of the state among [all states](super::Definition::states).
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Where it goes on behind a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// To that state of the same machine.
    Next(StateId),
    /// Nowhere: the machine of the state is done.
    End,
}

/// A state.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Its id.
    pub id: StateId,
    /// Its name, which no other state of the definition has.
    pub name: String,
    /// The machine it belongs to.
    pub machine: MachineId,
    /// Where it stands.
    pub pointer: Pointer,
    /// Its `Comment`.
    pub comment: Option<String>,
    /// The query language of its own fields.
    pub language: QueryLanguage,
    /// What it does.
    pub kind: StateKind,
}

/// What a state does, by its `Type`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum StateKind {
    Pass(Pass),
    Task(Box<Task>),
    Choice(Choice),
    Wait(Wait),
    Succeed(Succeed),
    Fail(Fail),
    Parallel(Box<Parallel>),
    Map(Box<MapState>),
}

/// The values of `Type`, as AWS lists them.
pub const STATE_TYPES: [&str; 8] = ["Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map"];

impl StateKind {
    /// The value of `Type`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pass(_) => "Pass",
            Self::Task(_) => "Task",
            Self::Choice(_) => "Choice",
            Self::Wait(_) => "Wait",
            Self::Succeed(_) => "Succeed",
            Self::Fail(_) => "Fail",
            Self::Parallel(_) => "Parallel",
            Self::Map(_) => "Map",
        }
    }
}

impl State {
    /// The machines inside it: the branches of a parallel state, the processor of a map state.
    #[must_use]
    pub fn inner(&self) -> &[MachineId] {
        match &self.kind {
            StateKind::Parallel(parallel) => &parallel.branches,
            StateKind::Map(map) => std::slice::from_ref(&map.processor),
            _ => &[],
        }
    }

    /// Whether its machine is done behind it: it has `"End": true`, or is a succeed or fail state.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        let transition = match &self.kind {
            StateKind::Pass(state) => state.transition,
            StateKind::Task(state) => state.transition,
            StateKind::Wait(state) => state.transition,
            StateKind::Parallel(state) => state.transition,
            StateKind::Map(state) => state.transition,
            StateKind::Succeed(_) | StateKind::Fail(_) => Transition::End,
            StateKind::Choice(_) => return false,
        };
        transition == Transition::End
    }

    pub(super) fn read(
        id: StateId,
        name: &str,
        machine: MachineId,
        value: &Value,
        at: &Pointer,
        targets: &Targets,
        builder: &mut Builder,
    ) -> Option<Self> {
        let language = state_language(value, builder.language);
        if name.chars().count() > 80 {
            builder.problems.push(Problem::at(at, "the name of a state may have at most 80 characters"));
        }
        let fields = Fields::of(value, at, language, &mut builder.problems)?;
        let kind = match fields.required_text("Type", &mut builder.problems)? {
            "Pass" => StateKind::Pass(Pass::read(&fields, targets, &mut builder.problems)?),
            "Task" => StateKind::Task(Box::new(Task::read(&fields, targets, &mut builder.problems)?)),
            "Choice" => StateKind::Choice(Choice::read(&fields, targets, &mut builder.problems)),
            "Wait" => StateKind::Wait(Wait::read(&fields, targets, &mut builder.problems)?),
            "Succeed" => StateKind::Succeed(Succeed::read(&fields, &mut builder.problems)),
            "Fail" => StateKind::Fail(Fail::read(&fields, &mut builder.problems)),
            "Parallel" => StateKind::Parallel(Box::new(Parallel::read(id, &fields, targets, builder)?)),
            "Map" => StateKind::Map(Box::new(MapState::read(id, &fields, targets, builder)?)),
            other => {
                let message = format!("`{other}` is not one of the types {}", STATE_TYPES.join(", "));
                builder.problems.push(Problem::at(&fields.pointer("Type"), message));
                return None;
            }
        };
        Some(Self {
            id,
            name: name.to_owned(),
            machine,
            pointer: at.clone(),
            comment: fields.comment(),
            language,
            kind,
        })
    }
}

/// The language of a state: its own if it names one, else that of the whole definition, never that of the state around
/// it. Whatever is not the word `JSONPath` is JSONata.
pub(crate) fn state_language(state: &Value, whole: QueryLanguage) -> QueryLanguage {
    match state.get("QueryLanguage") {
        None => whole,
        Some(Value::String(word)) if word == "JSONPath" => QueryLanguage::JsonPath,
        Some(_) => QueryLanguage::Jsonata,
    }
}
