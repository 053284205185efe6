//! Parallel states, and the iterations of map states that are not distributed.

use super::Events;
use crate::definition::StateKind;
use crate::machine::event::{Carry, Event};
use crate::machine::failure::Failure;
use crate::machine::frame::Branching;
use crate::machine::view::View;

impl View<'_> {
    pub(super) fn fork(&self) -> Events {
        let input = self.arguments()?;
        Ok(vec![Event::ParallelStarted { frame: self.id, input: Carry::of(input, self.input()) }])
    }

    /// Starts the next iteration, or ends the state when all are done.
    pub(super) fn branch(&self, branching: &Branching) -> Events {
        if branching.is_done() {
            return Ok(vec![Event::Joined { frame: self.id }]);
        }
        if let Some(resting) = branching.resting.last() {
            let frame = *resting;
            let run = self.state.keeps_run(frame).then_some(Event::RunRedriven { frame });
            return Ok([Event::Resumed { frame }].into_iter().chain(run).collect());
        }
        let item = branching.items.as_ref().and_then(|items| items.get(branching.started));
        let Some(item) = item else { return Err(Failure::runtime("The item is missing")) };
        let input = match &self.compiled.item_selector {
            Some(_) if !self.batches() => {
                let input = self.selected_input()?;
                Carry::New(self.selecting(&input).of(branching.started, item.clone())?.into())
            }
            _ => Carry::Same,
        };
        Ok(vec![Event::IterationStarted { frame: self.id, input }])
    }

    fn batches(&self) -> bool {
        matches!(&self.definition.kind, StateKind::Map(map) if map.item_batcher.is_some())
    }
}
