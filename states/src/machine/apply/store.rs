//! The events of reading the items of a map and of writing its results.

use serde_json::Value;

use super::Applying;
use crate::definition::{MapState, StateKind};
use crate::history::HistoryEvent;
use crate::machine::event::Event;
use crate::machine::frame::{Branching, Call, Phase, Stage};
use crate::machine::state::FrameId;
use crate::objects::{Child, Ended, MapRun, transformed};
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
                self.set_items(*frame, items);
                let batches = self.map_of(*frame).is_some_and(|map| map.item_batcher.is_some());
                self.set_stage(*frame, if batches { Stage::Read } else { Stage::Iterating });
            }
            Event::Batched { frame, batches } => {
                self.set_items(*frame, batches);
                self.set_stage(*frame, Stage::Iterating);
            }
            Event::Writing { frame, arguments, fault } => {
                let call = self.owe(arguments);
                self.set_stage(*frame, Stage::Writing(call, fault.clone()));
            }
            Event::Written { frame, result } => {
                let Phase::Branching(branching) = &self.state.frame(*frame)?.phase else { return None };
                let stage = match &branching.stage {
                    Stage::Writing(_, Some(fault)) => Stage::Failing(fault.clone()),
                    _ => Stage::Written(result.clone()),
                };
                self.set_stage(*frame, stage);
            }
            Event::Recorded { frame, fault } => self.record(*frame, Ended::Failed(fault.clone())),
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
        self.change_branching(id, |branching| branching.stage = stage);
    }

    fn set_items(&mut self, id: FrameId, items: &Payload) {
        self.change_branching(id, |branching| {
            branching.results = vec![None; items.as_array().map_or(0, Vec::len)];
            branching.items = Some(items.clone());
        });
    }

    fn change_branching(&mut self, id: FrameId, change: impl FnOnce(&mut Branching)) {
        self.state.change(id, |frame| {
            if let Phase::Branching(branching) = &mut frame.phase {
                change(branching);
            }
        });
    }

    fn writes(&self, id: FrameId) -> bool {
        self.map_of(id).is_some_and(|map| map.result_writer.is_some())
    }

    fn map_of(&self, id: FrameId) -> Option<&MapState> {
        let place = self.state.frame(id)?.place.as_ref()?;
        match &self.plan.state(place.state)?.0.kind {
            StateKind::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Keeps what is known of an iteration that begins, where results are to be written.
    pub(super) fn begin_record(&mut self, id: FrameId, input: &Payload) {
        if self.writes(id) {
            let at_ms = self.at_ms;
            let child = Child { input: input.clone(), started_ms: at_ms, stopped_ms: at_ms, ended: Ended::Pending };
            self.change_branching(id, |branching| branching.children.push(child));
        }
    }

    /// Keeps how the iteration of that frame ended.
    pub(super) fn record(&mut self, id: FrameId, ended: Ended) {
        let Some(frame) = self.state.frame(id) else { return };
        let Some(parent) = frame.parent else { return };
        let (index, at_ms) = (frame.index, self.at_ms);
        if self.writes(parent) {
            self.change_branching(parent, |branching| {
                if let Some(child) = branching.children.get_mut(index) {
                    (child.stopped_ms, child.ended) = (at_ms, ended);
                }
            });
        }
    }

    /// What the branches or iterations put out, as the writer transforms it.
    pub(super) fn results(&self, id: FrameId, branching: &Branching) -> Payload {
        let writer = self.map_of(id).and_then(|map| map.result_writer.as_ref());
        if let (Some(writer), Some(run)) = (writer, branching.map_run()) {
            return transformed(&run, writer.config.transformation).into();
        }
        let results = branching.results.iter().flatten().map(|result| (**result).clone());
        Value::Array(results.collect()).into()
    }
}

impl Branching {
    /// The run of a distributed map, with all its executions.
    pub(crate) fn map_run(&self) -> Option<MapRun> {
        let mut children = self.children.clone();
        let items = self.items.as_ref().and_then(|items| items.as_array());
        children.extend(items.into_iter().flatten().skip(children.len()).map(|item| Child {
            input: item.clone().into(),
            started_ms: 0,
            stopped_ms: 0,
            ended: Ended::Pending,
        }));
        Some(MapRun { arn: self.run.as_ref()?.to_string(), children })
    }
}
