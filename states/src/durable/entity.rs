//! The state of an execution on the log.

use crate::history::HistoryEvent;
use crate::machine::{Machine, State, apply};

use super::event::Logged;

/// The state machine of an execution and where it stands.
#[derive(Default)]
pub(crate) struct Entity {
    pub(crate) machine: Option<Machine>,
    /// Why it cannot be run, if it cannot.
    pub(crate) broken: Option<String>,
    pub(crate) definition: String,
    pub(crate) name: String,
    pub(crate) state: State,
}

impl Entity {
    /// The tasks that workers are to take: their calls, and the names of their activities.
    pub(crate) fn offers(&self) -> impl Iterator<Item = (u64, &str)> {
        self.machine.iter().flat_map(|machine| machine.offers(&self.state))
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
        }
    }
}
