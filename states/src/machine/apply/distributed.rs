//! The events of distributed maps: of their runs, and of the executions that these have.

use serde_json::Value;

use super::{Applying, Leads};
use crate::definition::{ExecutionType, ProcessorMode, StateKind};
use crate::history::{Details, HistoryEvent, Kind};
use crate::machine::distributed::{Distributed, RunNumber};
use crate::machine::event::{Event, Tolerance};
use crate::machine::frame::{Phase, Stage};
use crate::machine::map_run::{MapRunStatus, MapRunUpdate};
use crate::machine::state::FrameId;
use crate::objects::transformed;
use crate::payload::Payload;

impl Applying<'_> {
    pub(super) fn distributed(&mut self, event: &Event) -> Option<HistoryEvent> {
        let at_ms = self.at_ms;
        match event {
            Event::RunStarted { frame } => {
                let arn = self.state.map_run(self.state.frame(*frame)?.phase.run()?)?.arn.clone();
                self.note(*frame, Leads::On, |_| Some(Details::MapRunStarted { arn }))
            }
            Event::RunSucceeded { frame } => {
                let run = self.state.frame(*frame)?.phase.run()?;
                self.state.change_run(run, Distributed::gathered);
                self.note(*frame, Leads::Nowhere, |_| Some(Details::Plain(Kind::MapRunSucceeded)))
            }
            Event::RunFailed { frame, fault } => {
                let run = self.state.frame(*frame)?.phase.run()?;
                self.state.change_run(run, |run| run.end(MapRunStatus::Failed, at_ms));
                let fault = fault.clone();
                self.note(*frame, Leads::On, |_| Some(Details::Failed { kind: Kind::MapRunFailed, fault }))
            }
            Event::RunAborted { frame } => {
                let run = self.state.frame(*frame)?.phase.run()?;
                self.state.change_run(run, |run| run.end(MapRunStatus::Aborted, at_ms));
                self.note(*frame, Leads::On, |_| Some(Details::Plain(Kind::MapRunAborted)))
            }
            Event::ChildrenStarted { run, inputs } => {
                self.state.change_run(*run, |run| run.start(inputs, at_ms));
                None
            }
            Event::ChildrenRestarted { run, count } => {
                self.state.change_run(*run, |run| run.restart(*count, at_ms));
                None
            }
            Event::ChildrenEnded { run, ended } => {
                self.state.change_run(*run, |run| {
                    ended.iter().for_each(|(index, end)| run.end_child(*index, end, at_ms));
                });
                None
            }
            Event::ChildrenBegan { run, from, below } => {
                self.state.change_run(*run, |run| run.began(*from, *below));
                None
            }
            Event::RunUpdated { run, most, tolerance } => {
                let update = MapRunUpdate {
                    max_concurrency: *most,
                    tolerated_failure_count: tolerance.count,
                    tolerated_failure_percentage: tolerance.percentage,
                };
                self.state.change_run(*run, |run| run.update(&update));
                None
            }
            Event::IsItem { index, item } => {
                let root = self.state.frame_mut(FrameId::ROOT)?;
                root.index = usize::try_from(*index).ok()?;
                root.item = Some(item.after(&root.data));
                None
            }
            _ => self.store(event),
        }
    }

    /// A distributed map has its items, unless they are read first.
    pub(super) fn map_run(&mut self, id: FrameId, arn: &str, items: &Payload, most: u64, tolerance: Tolerance) {
        let place = self.state.frame(id).and_then(|frame| frame.place.as_ref());
        let state = place.and_then(|place| self.plan.definition().state(place.state));
        let Some(StateKind::Map(map)) = state.map(|state| &state.kind) else { return };
        let express = map.mode == ProcessorMode::Distributed(ExecutionType::Express);
        let processor = u32::try_from(map.processor.index()).unwrap_or(u32::MAX);
        let mut run = Distributed::new(arn, id, processor, express, self.at_ms);
        run.bounds(most, tolerance);
        run.set_items(items, map.item_batcher.is_some() && map.item_reader.is_none());
        let run = self.state.add_run(run);
        self.state.set_phase(id, Phase::Distributed(run, Stage::Iterating));
    }

    /// What a distributed map puts out: what the writer has given, or its results. Its run is over then.
    pub(super) fn results(&mut self, id: FrameId, run: RunNumber, written: Option<Payload>) -> Option<Payload> {
        let writer = self.map_of(id)?.result_writer.as_ref();
        let ended = self.state.map_run(run)?;
        let results = match (written, writer) {
            (Some(result), _) => result,
            (None, Some(writer)) => transformed(ended, writer.config.transformation).into(),
            (None, None) => Value::Array(ended.outputs()).into(),
        };
        let at_ms = self.at_ms;
        self.state.change_run(run, |run| run.end(MapRunStatus::Succeeded, at_ms));
        Some(results)
    }
}
