//! The events of reading the items of a map and of writing its results.

use super::Applying;
use crate::definition::{MapState, StateKind};
use crate::history::HistoryEvent;
use crate::machine::distributed::Distributed;
use crate::machine::event::Event;
use crate::machine::frame::{Call, Phase, Stage};
use crate::machine::state::FrameId;
use crate::payload::Payload;

impl Applying<'_> {
    /// None of them is shown in the history.
    pub(super) fn store(&mut self, event: &Event) -> Option<HistoryEvent> {
        match event {
            Event::Reading { frame, arguments, most } => {
                let call = self.owe(arguments);
                self.set_stage(*frame, Stage::Reading(call, *most, None));
            }
            Event::ReadingAt { frame, arguments, most, pointer } => {
                let call = self.owe(arguments);
                self.set_stage(*frame, Stage::Reading(call, *most, Some(pointer.clone())));
            }
            Event::Read { frame, items } => {
                self.set_items(*frame, items, false);
                let batches = self.map_of(*frame).is_some_and(|map| map.item_batcher.is_some());
                self.set_stage(*frame, if batches { Stage::Read } else { Stage::Iterating });
            }
            Event::Batched { frame, batches } => {
                self.set_items(*frame, batches, true);
                self.set_stage(*frame, Stage::Iterating);
            }
            Event::Writing { frame, arguments, fault } => {
                // Those that still run when a map fails are given up, and written down so.
                if let Some(run) = self.state.frame(*frame)?.phase.run() {
                    let at_ms = self.at_ms;
                    self.state.change_run(run, |run| run.give_up(at_ms));
                }
                let call = self.owe(arguments);
                self.set_stage(*frame, Stage::Writing(call, fault.clone()));
            }
            Event::Written { frame, result } => {
                let Phase::Distributed(_, stage) = &self.state.frame(*frame)?.phase else { return None };
                let stage = match stage {
                    Stage::Writing(_, Some(fault)) => Stage::Failing(fault.clone()),
                    _ => Stage::Written(result.clone()),
                };
                if let Some(run) = self.state.frame(*frame)?.phase.run() {
                    self.state.change_run(run, Distributed::gathered);
                }
                self.set_stage(*frame, stage);
            }
            Event::StoreFailed { frame, fault } => self.set_stage(*frame, Stage::Failing(fault.clone())),
            _ => return self.redriving(event),
        }
        None
    }

    fn owe(&mut self, arguments: &Payload) -> Call {
        self.state.calls += 1;
        Call::plain(self.state.calls, arguments.clone())
    }

    fn set_stage(&mut self, id: FrameId, stage: Stage) {
        if let Some(run) = self.state.frame(id).and_then(|frame| frame.phase.run()) {
            self.state.set_phase(id, Phase::Distributed(run, stage));
        }
    }

    fn set_items(&mut self, id: FrameId, items: &Payload, batched: bool) {
        if let Some(run) = self.state.frame(id).and_then(|frame| frame.phase.run()) {
            self.state.change_run(run, |run| run.set_items(items, batched));
        }
    }

    pub(super) fn map_of(&self, id: FrameId) -> Option<&MapState> {
        let place = self.state.frame(id)?.place.as_ref()?;
        match &self.plan.state(place.state)?.0.kind {
            StateKind::Map(map) => Some(map),
            _ => None,
        }
    }
}
