//! The state of an execution on the log.

use duramen_storage::ExecutionId;

use crate::history::HistoryEvent;
use crate::machine::{Machine, State, apply};

use super::event::Logged;

/// The state machine of an execution and where it stands.
pub(crate) struct Entity {
    pub(crate) execution: ExecutionId,
    pub(crate) machine: Option<Machine>,
    /// Why it cannot be run, if it cannot.
    pub(crate) broken: Option<String>,
    pub(crate) definition: String,
    pub(crate) name: String,
    pub(crate) state: State,
}

impl Entity {
    pub(crate) fn new(execution: ExecutionId) -> Self {
        Self {
            execution,
            machine: None,
            broken: None,
            definition: String::new(),
            name: String::new(),
            state: State::default(),
        }
    }

    /// Whether it is an Express execution that is under way.
    pub(crate) fn runs_express(&self) -> bool {
        self.state.end.is_none() && self.is_express()
    }

    pub(crate) fn is_express(&self) -> bool {
        self.state.about.as_ref().is_some_and(|about| about.express)
    }

    /// Applies an event. `compile` reads definitions.
    pub(crate) fn apply(
        &mut self,
        event: &Logged,
        at_ms: u64,
        compile: impl FnOnce(&str) -> Result<Machine, String>,
    ) -> Option<HistoryEvent> {
        match event {
            Logged::Begun { machine, name, definition } => {
                self.definition.clone_from(machine);
                self.name.clone_from(name);
                match compile(definition) {
                    Ok(machine) => self.machine = Some(machine),
                    Err(why) => self.broken = Some(why),
                }
                None
            }
            Logged::Happened(event) => apply(self.machine.as_ref()?.plan(), &mut self.state, event, at_ms),
            Logged::Yielded | Logged::GoesOn => None,
            Logged::Accepted { about, input } => {
                self.state.accept(about, input, at_ms);
                None
            }
            Logged::Ran { end } => {
                self.state.close(end.clone(), at_ms);
                None
            }
        }
    }
}
