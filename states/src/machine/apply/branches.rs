//! The events of parallel and map states, and of what runs inside them.

use std::sync::Arc;

use serde_json::Value;

use super::{Applying, Leads};
use crate::definition::{MachineId, StateKind};
use crate::history::{Details, HistoryEvent, Kind};
use crate::machine::event::{Carry, Event, Tolerance};
use crate::machine::frame::{Branching, Frame, Phase, Stage};
use crate::machine::state::FrameId;
use crate::payload::Payload;

impl Applying<'_> {
    pub(super) fn branching(&mut self, event: &Event) -> Option<HistoryEvent> {
        match event {
            Event::ParallelStarted { frame, input } => self.parallel(*frame, input),
            Event::BranchSucceeded { frame } => {
                self.finished(*frame);
                None
            }
            Event::BranchFailed { frame } => {
                let shown =
                    self.note(*frame, Leads::Nowhere, |words| words.is_task().then(|| words.aborted()).flatten());
                self.lead_on(*frame);
                self.state.keep(*frame, self.at_ms);
                shown
            }
            Event::MapStarted { frame, items, most, tolerance, run } => {
                self.map(*frame, items, *most, *tolerance, run.as_deref())
            }
            Event::IterationStarted { frame, input } => self.iteration(*frame, input),
            Event::IterationSucceeded { frame } => {
                let shown = self.end_of_iteration(*frame, Kind::MapIterationSucceeded);
                self.finished(*frame);
                shown
            }
            Event::IterationFailed { frame } => {
                let shown = self.end_of_iteration(*frame, Kind::MapIterationFailed);
                self.failed(*frame);
                shown
            }
            Event::Aborted { frame } => self.aborted(*frame),
            Event::Joined { frame } => self.joined(*frame),
            Event::Broken { frame } => self.broken(*frame),
            _ => self.distributed(event),
        }
    }

    fn inner(&self, id: FrameId) -> Option<Vec<MachineId>> {
        let place = self.state.frame(id)?.place.as_ref()?;
        Some(self.plan.state(place.state)?.0.inner().to_vec())
    }

    fn child(
        &mut self,
        parent: FrameId,
        index: usize,
        machine: MachineId,
        input: Payload,
        last: u64,
    ) -> Option<FrameId> {
        Some(self.state.add(Frame {
            parent: Some(parent),
            index,
            last,
            data: input,
            item: None,
            variables: Arc::default(),
            variables_bytes: 0,
            place: None,
            phase: Phase::Next(self.plan.part(machine).start),
        }))
    }

    fn parallel(&mut self, id: FrameId, input: &Carry) -> Option<HistoryEvent> {
        let input = input.after(&self.state.frame(id)?.data);
        let machines = self.inner(id)?;
        let shown = self.note(id, Leads::On, |_| Some(Details::Plain(Kind::ParallelStateStarted)));
        let last = self.state.frame(id)?.last;
        let branching = Branching {
            results: vec![None; machines.len()],
            started: machines.len(),
            running: machines.len(),
            failed: 0,
            most: usize::MAX,
            items: None,
            tolerance: Tolerance::default(),
            thread: last,
            resting: Vec::new(),
        };
        self.state.set_phase(id, Phase::Branching(Box::new(branching)));
        for (index, machine) in machines.into_iter().enumerate() {
            self.child(id, index, machine, input.clone(), last);
        }
        shown
    }

    fn map(
        &mut self,
        id: FrameId,
        items: &Carry,
        most: u64,
        tolerance: Tolerance,
        run: Option<&str>,
    ) -> Option<HistoryEvent> {
        let items = items.after(&self.state.frame(id)?.data);
        let length = items.as_array().map_or(0, Vec::len);
        let shown = self.note(id, Leads::On, |_| Some(Details::MapStarted { length }));
        if let Some(run) = run {
            self.map_run(id, run, &items, most, tolerance);
            return shown;
        }
        let branching = Branching {
            results: vec![None; length],
            started: 0,
            running: 0,
            failed: 0,
            most: usize::try_from(most).ok().filter(|most| *most > 0).unwrap_or(usize::MAX),
            items: Some(items),
            tolerance,
            thread: self.state.frame(id)?.last,
            resting: Vec::new(),
        };
        self.state.set_phase(id, Phase::Branching(Box::new(branching)));
        shown
    }

    fn iteration(&mut self, id: FrameId, input: &Carry) -> Option<HistoryEvent> {
        let machine = *self.inner(id)?.first()?;
        let Phase::Branching(branching) = &self.state.frame(id)?.phase else { return None };
        let (index, thread) = (branching.started, branching.thread);
        let item: Payload = branching.items.as_ref()?.get(index)?.clone().into();
        let input = input.after(&item);
        self.state.change(id, |frame| {
            if let Phase::Branching(branching) = &mut frame.phase {
                branching.started += 1;
                branching.running += 1;
            }
        });
        let last = std::mem::replace(&mut self.state.frame_mut(id)?.last, thread);
        let shown = self.note(id, Leads::Nowhere, |words| words.iteration(Kind::MapIterationStarted, index));
        self.state.frame_mut(id)?.last = last;
        let number = shown.as_ref().map_or(0, |shown| shown.id);
        let child = self.child(id, index, machine, input, number)?;
        self.state.frame_mut(child)?.item = Some(item);
        shown
    }

    /// The end of an iteration is an event of the map, which follows upon the last one of the iteration.
    fn end_of_iteration(&mut self, id: FrameId, kind: Kind) -> Option<HistoryEvent> {
        let frame = self.state.frame(id)?;
        let (parent, index, last) = (frame.parent?, frame.index, frame.last);
        let before = std::mem::replace(&mut self.state.frame_mut(parent)?.last, last);
        let shown = self.note(parent, Leads::Nowhere, |words| words.iteration(kind, index));
        let after = match (kind, &shown) {
            (Kind::MapIterationSucceeded, Some(shown)) => shown.id,
            (Kind::MapIterationFailed, _) => last,
            _ => before,
        };
        self.state.frame_mut(parent)?.last = after;
        shown
    }

    /// A branch or iteration has put out its result.
    fn finished(&mut self, id: FrameId) {
        let Some(frame) = self.state.frame(id) else { return };
        let Some(parent) = frame.parent else { return };
        let (index, last, result, iterates) = (frame.index, frame.last, frame.data.clone(), frame.item.is_some());
        if !iterates {
            self.lead_on(id);
        }
        self.state.remove(id);
        self.state.change(parent, |parent| {
            if let Phase::Branching(branching) = &mut parent.phase {
                branching.running = branching.running.saturating_sub(1);
                if let Some(slot) = branching.results.get_mut(index) {
                    *slot = Some(result);
                }
                branching.thread = last;
            }
        });
    }

    fn failed(&mut self, id: FrameId) {
        let Some(frame) = self.state.frame(id) else { return };
        let Some(parent) = frame.parent else { return };
        let last = frame.last;
        self.state.keep(id, self.at_ms);
        self.state.change(parent, |parent| {
            if let Phase::Branching(branching) = &mut parent.phase {
                branching.running = branching.running.saturating_sub(1);
                branching.failed += 1;
                branching.thread = last;
            }
        });
    }

    /// What follows in the parent follows upon the last event of this frame.
    fn lead_on(&mut self, id: FrameId) {
        let Some(frame) = self.state.frame(id) else { return };
        let (last, parent) = (frame.last, frame.parent);
        if let Some(parent) = parent.and_then(|parent| self.state.frame_mut(parent)) {
            parent.last = last;
        }
    }

    fn aborted(&mut self, id: FrameId) -> Option<HistoryEvent> {
        let frame = self.state.frame(id)?;
        let iterates = frame.item.is_some();
        let shown = match iterates {
            true => self.end_of_iteration(id, Kind::MapIterationAborted),
            false => self.note(id, Leads::Nowhere, |words| words.aborted()),
        };
        self.state.keep(id, self.at_ms);
        shown
    }

    fn joined(&mut self, id: FrameId) -> Option<HistoryEvent> {
        let (results, distributed) = match &self.state.frame(id)?.phase {
            Phase::Branching(branching) => {
                let results = branching.results.iter().flatten().map(|result| (**result).clone());
                (Value::Array(results.collect()).into(), false)
            }
            Phase::Distributed(run, stage) => {
                let written = match stage {
                    Stage::Written(result) => Some(result.clone()),
                    _ => None,
                };
                (self.results(id, *run, written)?, true)
            }
            _ => return None,
        };
        // The success of a distributed map follows upon that of its run, and nothing follows upon either.
        let last = self.state.frame(id)?.last;
        if distributed {
            let events = self.state.events;
            self.state.frame_mut(id)?.last = events;
        }
        let shown = self.note(id, Leads::Nowhere, |words| {
            let kind = if words.is_map() { Kind::MapStateSucceeded } else { Kind::ParallelStateSucceeded };
            Some(Details::Plain(kind))
        });
        self.state.frame_mut(id)?.last = last;
        self.state.set_phase(id, Phase::Joined(results));
        shown
    }

    fn broken(&mut self, id: FrameId) -> Option<HistoryEvent> {
        let place = self.state.frame(id)?.place.as_ref()?;
        let kind = match self.plan.state(place.state)?.0.kind {
            StateKind::Map(_) => Kind::MapStateFailed,
            _ => Kind::ParallelStateFailed,
        };
        for inner in self.state.inside(id) {
            self.state.keep(inner, self.at_ms);
        }
        self.note(id, Leads::On, |_| Some(Details::Plain(kind)))
    }
}
