//! Where an execution stands: its frames, one for the machine itself and one for each branch and iteration under way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bincode::{Decode, Encode};

use super::about::About;
use super::distributed::{Distributed, RunNumber};
use super::frame::{Frame, Phase};
use super::map_run::{MapRun, MapRunStatus};
use crate::history::Fault;
use crate::payload::Payload;

/// Which frame of an execution. Numbers are not used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub(crate) struct FrameId(pub(crate) u32);

impl FrameId {
    /// The frame of the machine itself.
    pub(crate) const ROOT: Self = Self(0);
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[non_exhaustive]
pub enum End {
    /// With that output.
    Succeeded(Payload),
    /// With an error.
    Failed(Fault),
    /// Its time was up.
    TimedOut(Fault),
    /// It was stopped.
    Aborted(Fault),
}

impl End {
    /// Its name in AWS's API: `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self {
            Self::Succeeded(_) => "SUCCEEDED",
            Self::Failed(_) => "FAILED",
            Self::TimedOut(_) => "TIMED_OUT",
            Self::Aborted(_) => "ABORTED",
        }
    }
}

/// What the events of an execution add up to.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) about: Option<Arc<About>>,
    /// The input of the execution.
    pub(crate) input: Payload,
    pub(crate) started_ms: u64,
    pub(crate) ended_ms: Option<u64>,
    /// The version of the state machine that was asked for, and the alias that led to it.
    pub(crate) version_arn: Option<Arc<str>>,
    pub(crate) alias_arn: Option<Arc<str>>,
    /// When the time of the whole execution is up.
    pub(crate) deadline_ms: Option<u64>,
    /// How many events the history has.
    pub(crate) events: u64,
    pub(crate) calls: u64,
    pub(crate) end: Option<End>,
    frames: BTreeMap<FrameId, Arc<Frame>>,
    next_frame: u32,
    map_runs: BTreeMap<RunNumber, Arc<Distributed>>,
    ready: BTreeSet<FrameId>,
    due: BTreeSet<(u64, FrameId)>,
}

impl State {
    pub(crate) fn frame(&self, id: FrameId) -> Option<&Frame> {
        self.frames.get(&id).map(|frame| &**frame)
    }

    pub(crate) fn frame_mut(&mut self, id: FrameId) -> Option<&mut Frame> {
        self.frames.get_mut(&id).map(Arc::make_mut)
    }

    pub(crate) fn frames(&self) -> impl Iterator<Item = (FrameId, &Frame)> {
        self.frames.iter().map(|(id, frame)| (*id, &**frame))
    }

    /// The first frame that can go on.
    pub(crate) fn ready(&self) -> Option<FrameId> {
        self.end.is_none().then(|| self.ready.first().copied()).flatten()
    }

    /// The frames that wait for a time that is up.
    pub(crate) fn due(&self, now_ms: u64) -> Vec<FrameId> {
        self.due.iter().take_while(|(due, _)| *due <= now_ms).map(|(_, frame)| *frame).collect()
    }

    /// The next time at which something is to happen.
    pub(crate) fn next_due(&self) -> Option<u64> {
        if self.end.is_some() {
            return None;
        }
        let frames = self.due.first().map(|(due, _)| *due);
        frames.into_iter().chain(self.deadline_ms).min()
    }

    /// The numbers of the calls that are to be made, or are being made.
    pub(crate) fn calls_under_way(&self) -> impl Iterator<Item = u64> {
        let calls = self.frames.values().filter_map(|frame| frame.phase.call());
        calls.filter(|call| !call.submitted).map(|call| call.id)
    }

    pub(crate) fn add(&mut self, frame: Frame) -> FrameId {
        let id = FrameId(self.next_frame);
        self.next_frame += 1;
        self.frames.insert(id, Arc::new(frame));
        self.note(id);
        id
    }

    pub(crate) fn set_phase(&mut self, id: FrameId, phase: Phase) {
        self.forget(id);
        if let Some(frame) = self.frame_mut(id) {
            frame.phase = phase;
        }
        self.note(id);
    }

    /// Changes what stands in the phase of a frame.
    pub(crate) fn change<R>(&mut self, id: FrameId, change: impl FnOnce(&mut Frame) -> R) -> Option<R> {
        self.forget(id);
        let changed = self.frame_mut(id).map(change);
        self.note(id);
        changed
    }

    /// Removes a frame and all that are in it.
    pub(crate) fn remove(&mut self, id: FrameId, at_ms: u64) {
        for inner in self.inside(id) {
            self.remove(inner, at_ms);
        }
        self.forget(id);
        if let Some(run) = self.frames.remove(&id).and_then(|frame| frame.phase.run()) {
            self.change_run(run, |run| run.end(MapRunStatus::Aborted, at_ms));
        }
    }

    /// Begins an execution that keeps nothing of what it does.
    pub(crate) fn accept(&mut self, about: &About, input: &Payload, at_ms: u64) {
        self.about = Some(Arc::new(about.clone()));
        self.input = input.clone();
        self.started_ms = at_ms;
    }

    /// Ends the execution.
    pub(crate) fn close(&mut self, end: End, at_ms: u64) {
        self.end = Some(end);
        self.ended_ms = Some(at_ms);
        self.deadline_ms = None;
        self.clear(at_ms);
    }

    fn clear(&mut self, at_ms: u64) {
        for run in self.map_runs.values_mut().filter(|run| run.is_open()) {
            Arc::make_mut(run).end(MapRunStatus::Aborted, at_ms);
        }
        self.frames.clear();
        self.ready.clear();
        self.due.clear();
    }

    /// The frames whose parent it is, in order.
    pub(crate) fn inside(&self, id: FrameId) -> Vec<FrameId> {
        let branches = self.frame(id).is_some_and(|frame| matches!(frame.phase, Phase::Branching(_)));
        if !branches {
            return Vec::new();
        }
        self.frames.iter().filter(|(_, frame)| frame.parent == Some(id)).map(|(id, _)| *id).collect()
    }

    /// The runs of distributed maps, in the order in which they began.
    pub(crate) fn map_runs(&self) -> impl Iterator<Item = (RunNumber, &Distributed)> {
        self.map_runs.iter().map(|(number, run)| (*number, &**run))
    }

    /// What is told of them.
    pub(crate) fn described_runs(&self) -> Vec<MapRun> {
        let Some(about) = &self.about else { return Vec::new() };
        self.map_runs().map(|(_, run)| run.described(about)).collect()
    }

    pub(crate) fn map_run(&self, number: RunNumber) -> Option<&Distributed> {
        self.map_runs.get(&number).map(|run| &**run)
    }

    /// The executions that were given up in a map run have been told so.
    pub(crate) fn told_children(&mut self, run: RunNumber) {
        self.change_run(run, Distributed::told);
    }

    pub(crate) fn add_run(&mut self, run: Distributed) -> RunNumber {
        let number = RunNumber(u32::try_from(self.map_runs.len()).unwrap_or(u32::MAX));
        self.map_runs.insert(number, Arc::new(run));
        number
    }

    pub(crate) fn change_run(&mut self, number: RunNumber, change: impl FnOnce(&mut Distributed)) {
        let Some(frame) = self.map_runs.get(&number).map(|run| run.frame) else { return };
        self.forget(frame);
        if let Some(run) = self.map_runs.get_mut(&number) {
            change(Arc::make_mut(run));
        }
        self.note(frame);
    }

    fn note(&mut self, id: FrameId) {
        let Some(frame) = self.frames.get(&id) else { return };
        let run = frame.phase.run().and_then(|run| self.map_run(run));
        if frame.phase.is_ready(run) {
            self.ready.insert(id);
        }
        if let Some(due) = frame.phase.due_ms() {
            self.due.insert((due, id));
        }
    }

    fn forget(&mut self, id: FrameId) {
        let Some(frame) = self.frames.get(&id) else { return };
        self.ready.remove(&id);
        if let Some(due) = frame.phase.due_ms() {
            self.due.remove(&(due, id));
        }
    }
}
