//! Parallel states, and the iterations of map states.

use super::Events;
use crate::definition::{ProcessorMode, StateKind};
use crate::machine::event::{Carry, Event, Tolerance};
use crate::machine::failure::Failure;
use crate::machine::frame::{Branching, Stage};
use crate::machine::view::View;
use crate::payload::Payload;

impl View<'_> {
    pub(super) fn fork(&self) -> Events {
        let input = self.arguments()?;
        Ok(vec![Event::ParallelStarted { frame: self.id, input: Carry::of(input, self.input()) }])
    }

    /// Starts the next iteration, or ends the state when all are done.
    pub(super) fn branch(&self, branching: &Branching) -> Events {
        match &branching.stage {
            Stage::Read => return self.batch(branching),
            Stage::Failing(fault) => return Err(Failure::given(fault.clone())),
            Stage::Iterating | Stage::Written(_) | Stage::Reading(..) | Stage::Writing(..) => {}
        }
        if branching.is_done()
            && let Some(event) = self.writing(None)?
        {
            return Ok(vec![event]);
        }
        if branching.is_done() || matches!(branching.stage, Stage::Written(_)) {
            let mut events = Vec::new();
            if branching.run.is_some() {
                events.push(Event::RunSucceeded { frame: self.id });
            }
            events.push(Event::Joined { frame: self.id });
            return Ok(events);
        }
        if let Some(resting) = branching.resting.last() {
            return Ok(vec![Event::Resumed { frame: *resting }]);
        }
        let item = branching.items.as_ref().and_then(|items| items.get(branching.started));
        let Some(item) = item else { return Err(Failure::runtime("The item is missing")) };
        let input = match &self.compiled.item_selector {
            Some(_) if !self.batches() => {
                let input = self.selected_input()?;
                Carry::New(self.selected_item(branching.started, item, &input)?.into())
            }
            _ => Carry::Same,
        };
        Ok(vec![Event::IterationStarted { frame: self.id, input }])
    }

    fn batches(&self) -> bool {
        matches!(&self.definition.kind, StateKind::Map(map) if map.item_batcher.is_some())
    }

    /// The name of the run of a distributed map.
    pub(super) fn run_arn(&self, label: Option<&str>) -> String {
        let mut moment = self.moment.get();
        let (label, run) = (label.map_or_else(|| moment.uuid(), str::to_owned), moment.uuid());
        self.moment.set(moment);
        let machine = self.state.about.as_ref().map_or("", |about| about.machine_arn.as_str());
        format!("{}/{label}:{run}", machine.replace(":stateMachine:", ":mapRun:"))
    }

    pub(super) fn started(&self, items: Payload, most: u64, tolerance: Tolerance) -> Event {
        let run = match &self.definition.kind {
            StateKind::Map(map) if map.mode != ProcessorMode::Inline => Some(self.run_arn(map.label.as_deref())),
            _ => None,
        };
        Event::MapStarted { frame: self.id, items: Carry::of(items, self.input()), most, tolerance, run }
    }
}
