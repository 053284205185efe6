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
                self.have_read(*frame);
            }
            Event::ItemsRead { frame, reading, from, items, last } => {
                self.change_run(*frame, |run| {
                    run.add_read(*reading, *from, items);
                    if *last {
                        run.set_read();
                    }
                });
                if *last {
                    self.have_read(*frame);
                }
            }
            Event::BatchesMade { frame, batches, sizes, last } => {
                self.change_run(*frame, |run| {
                    run.add_batches(batches, sizes);
                    if *last {
                        run.set_read();
                    }
                });
                if *last {
                    self.set_stage(*frame, Stage::Iterating);
                }
            }
            Event::Batched { frame, batches } => {
                self.set_items(*frame, batches, true);
                self.set_stage(*frame, Stage::Iterating);
            }
            Event::Writing { frame, arguments, fault } => {
                // Those that still run when a map fails are given up, and written down so.
                let at_ms = self.at_ms;
                self.change_run(*frame, |run| run.give_up(at_ms));
                let call = self.owe(arguments);
                self.set_stage(*frame, Stage::Writing(call, fault.clone()));
            }
            Event::Written { frame, result } => {
                let Phase::Distributed(_, stage) = &self.state.frame(*frame)?.phase else { return None };
                let stage = match stage {
                    Stage::Writing(_, Some(fault)) => Stage::Failing(fault.clone()),
                    _ => Stage::Written(result.clone()),
                };
                self.change_run(*frame, Distributed::gathered);
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

    /// The items are there, and may have to be put into batches.
    fn have_read(&mut self, id: FrameId) {
        let batches = self.map_of(id).is_some_and(|map| map.item_batcher.is_some());
        self.set_stage(id, if batches { Stage::Read } else { Stage::Iterating });
    }

    fn set_items(&mut self, id: FrameId, items: &Payload, batched: bool) {
        self.change_run(id, |run| run.set_items(items, batched));
    }

    fn change_run(&mut self, id: FrameId, change: impl FnOnce(&mut Distributed)) {
        if let Some(run) = self.state.frame(id).and_then(|frame| frame.phase.run()) {
            self.state.change_run(run, change);
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
