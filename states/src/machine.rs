//! Running state machines.
//!
//! The core is pure: a turn does all that can be done without waiting and says what follows as events, applying them alone
//! changes the state, and what is owed (tasks, waits) stands in the state. [`Machine::run`] drives it in memory.

mod about;
#[cfg(test)]
mod agree;
mod apply;
mod child;
mod context;
mod distributed;
mod event;
mod failure;
mod frame;
mod given;
mod index;
mod inspection;
mod limits;
mod map_run;
mod memory;
mod owed;
mod plan;
mod reach;
mod run;
mod sight;
mod state;
mod stop;
mod test_state;
mod token;
mod turn;
mod view;
mod weight;
mod work;

use crate::definition::{Definition, Problem};

pub use about::About;
pub use inspection::{Inspection, InspectionLevel};
pub use limits::Limits;
pub use map_run::{MapRun, MapRunCounts, MapRunStatus, MapRunUpdate};
pub use run::{Options, Run};
pub use sight::{Seen, Sight, Watch, Within};
pub use state::End;
pub use stop::Stop;
pub(crate) use test_state::compare;
pub use test_state::{FieldValidation, Mock, TestError, TestState, TestStatus, Tested};

pub(crate) use apply::apply;
pub(crate) use child::{Child, Names, begun_ms, child, prefix};
pub(crate) use context::timestamp;
pub(crate) use distributed::{Distributed, RunNumber};
pub(crate) use event::Event;
pub(crate) use event::Tolerance;
pub(crate) use given::{ItemEnd, children_began, children_ended};
pub(crate) use given::{ItemsPart, has_read, items_read};
pub(crate) use given::{alive, answer, call_of, due, ended, resource, stopped, submitted, taken, told};
pub(crate) use owed::Owed;
pub(crate) use plan::Plan;
pub(crate) use reach::{Reach, Refusal};
pub(crate) use state::{FrameId, State};
pub(crate) use token::owner_of;
pub(crate) use turn::Turn;
pub(crate) use weight::{MOST_ITEMS_BYTES, of_answer};
#[cfg(test)]
pub(crate) use {event::Carry, event::ChildEnd, event::Inputs};

/// A state machine that is ready to run: a definition with its expressions compiled. Cheap to clone.
///
/// ```
/// use duramen_states::definition::Definition;
/// use duramen_states::{End, Machine, Options, Tasks};
/// use serde_json::json;
///
/// let text = r#"{"StartAt": "Greet", "States": {"Greet": {
///     "Type": "Pass", "Parameters": {"greeting.$": "States.Format('Hello {}', $.name)"}, "End": true}}}"#;
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let machine = Machine::new(&Definition::parse(text).unwrap()).unwrap();
/// let run = machine.run(json!({"name": "world"}), &Tasks::new(), Options::default()).await;
/// assert_eq!(run.end, End::Succeeded(json!({"greeting": "Hello world"}).into()));
/// assert_eq!(run.history.len(), 4);
/// # });
/// ```
#[derive(Debug, Clone)]
pub struct Machine {
    plan: Plan,
    limits: Limits,
}

impl Machine {
    /// Compiles the expressions of a definition.
    ///
    /// # Errors
    /// Every expression that is none, with its place.
    pub fn new(definition: &Definition) -> Result<Self, Vec<Problem>> {
        Ok(Self { plan: Plan::compile(definition)?, limits: Limits::default() })
    }

    /// With those limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The definition.
    #[must_use]
    pub fn definition(&self) -> &Definition {
        self.plan.definition()
    }
}
