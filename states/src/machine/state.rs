//! Where an execution stands: its frames, one for the machine itself and one for each branch and iteration under way.

use std::collections::BTreeMap;
use std::sync::Arc;

use bincode::{Decode, Encode};

use super::about::About;
use super::distributed::{Distributed, RunNumber};
use super::frame::{Frame, Phase, Stage};
use super::index::Index;
use super::map_run::{MapRun, MapRunStatus};
use super::sight::Within;
use crate::definition::StateId;
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

/// How many events may follow on one another before what is due comes between them.
const LONGEST_STRETCH: u64 = 100_000;

/// What the events of an execution add up to.
#[derive(Debug, Clone, Default, Encode, Decode, PartialEq)]
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
    /// How often it was redriven, when last, and the number of that event.
    pub(crate) redrives: u64,
    pub(crate) redriven_ms: Option<u64>,
    pub(crate) redriven: u64,
    frames: BTreeMap<FrameId, Arc<Frame>>,
    /// The frames that did not succeed, as they stood then, for as long as the execution may be redriven from there.
    kept: BTreeMap<FrameId, Arc<Frame>>,
    next_frame: u32,
    /// How many events have followed on one another since everything waited.
    stretch: u64,
    map_runs: BTreeMap<RunNumber, Arc<Distributed>>,
    /// How many bytes the variables of all frames have together.
    variables_bytes: usize,
    index: Index,
    /// The branches and iterations around it, where it is that of an item of a map run in memory.
    pub(crate) around: Vec<Within>,
}

impl State {
    /// How many frames there are, those that are kept too, and executions of map runs.
    pub(crate) fn size(&self) -> usize {
        let executions = self.map_runs.values().map(|run| run.started()).sum::<u64>();
        self.frames.len() + self.kept.len() + usize::try_from(executions).unwrap_or(usize::MAX)
    }

    /// Makes the index anew, which is not part of what is written down.
    pub(crate) fn indexed(mut self) -> Self {
        self.index = Index::default();
        for (id, frame) in &self.frames {
            let run = frame.phase.run().and_then(|run| self.map_runs.get(&run));
            self.index.note(*id, frame, run.map(|run| &**run));
            self.index.inside.extend(frame.parent.map(|parent| (parent, *id)));
        }
        let kept = self.kept.iter().filter_map(|(id, frame)| Some((frame.parent?, *id)));
        self.index.kept_inside = kept.collect();
        self
    }

    pub(crate) fn frame(&self, id: FrameId) -> Option<&Frame> {
        self.frames.get(&id).map(|frame| &**frame)
    }

    pub(crate) fn frame_mut(&mut self, id: FrameId) -> Option<&mut Frame> {
        self.frames.get_mut(&id).map(Arc::make_mut)
    }

    /// The first frame that can go on.
    pub(crate) fn ready(&self) -> Option<FrameId> {
        self.end.is_none().then(|| self.index.ready.first().copied()).flatten()
    }

    /// Counts an event.
    pub(crate) fn count(&mut self) {
        self.stretch = if self.ready().is_some() { self.stretch.saturating_add(1) } else { 0 };
    }

    /// Whether what is due has to wait for what can go on, so that how much a turn does is not seen in what happens. One
    /// that goes on and on does not keep others waiting for ever.
    fn holds(&self) -> bool {
        self.ready().is_some() && self.stretch < LONGEST_STRETCH
    }

    /// The frames that wait for a time that is up.
    pub(crate) fn due(&self, now_ms: u64) -> Vec<FrameId> {
        if self.holds() {
            return Vec::new();
        }
        self.index.due.iter().take_while(|(due, _)| *due <= now_ms).map(|(_, frame)| *frame).collect()
    }

    /// The next time at which something is to happen.
    pub(crate) fn next_due(&self) -> Option<u64> {
        if self.end.is_some() {
            return None;
        }
        let frames = self.index.due.first().map(|(due, _)| *due).filter(|_| !self.holds());
        frames.into_iter().chain(self.deadline_ms).min()
    }

    /// The numbers of the calls that are to be made, or are being made.
    pub(crate) fn calls_under_way(&self) -> impl Iterator<Item = u64> {
        self.index.open.iter().copied()
    }

    /// The frames whose tasks wait for a worker.
    pub(crate) fn offered(&self) -> impl Iterator<Item = &Frame> {
        self.index.offered.iter().filter_map(|call| Some(self.with_call(*call)?.1))
    }

    /// The calls that are under way with a number behind that one, in order, with the frames that wait for them.
    pub(crate) fn calls_behind(&self, number: u64) -> impl Iterator<Item = (u64, &Frame)> {
        let behind = self.index.calls.range(number.saturating_add(1)..);
        behind.filter_map(|(call, frame)| Some((*call, self.frame(*frame)?)))
    }

    /// The frame that waits for that call.
    pub(crate) fn with_call(&self, call: u64) -> Option<(FrameId, &Frame)> {
        let frame = *self.index.calls.get(&call)?;
        Some((frame, self.frame(frame)?))
    }

    /// The frame that waits for that token.
    pub(crate) fn with_token(&self, token: &str) -> Option<(FrameId, &Frame)> {
        let frame = *self.index.tokens.get(token)?;
        Some((frame, self.frame(frame)?))
    }

    pub(crate) fn add(&mut self, frame: Frame) -> FrameId {
        let id = FrameId(self.next_frame);
        self.next_frame += 1;
        self.insert(id, Arc::new(frame));
        id
    }

    fn insert(&mut self, id: FrameId, frame: Arc<Frame>) {
        let run = frame.phase.run().and_then(|run| self.map_runs.get(&run));
        self.index.note(id, &frame, run.map(|run| &**run));
        self.index.inside.extend(frame.parent.map(|parent| (parent, id)));
        self.variables_bytes += frame.variables_bytes;
        self.frames.insert(id, frame);
    }

    fn take(&mut self, id: FrameId) -> Option<Arc<Frame>> {
        let frame = self.frames.remove(&id)?;
        self.index.forget(id, &frame);
        self.variables_bytes = self.variables_bytes.saturating_sub(frame.variables_bytes);
        if let Some(parent) = frame.parent {
            self.index.inside.remove(&(parent, id));
        }
        Some(frame)
    }

    pub(crate) fn set_phase(&mut self, id: FrameId, phase: Phase) {
        self.change(id, |frame| frame.phase = phase);
    }

    /// Changes what stands in the phase of a frame.
    pub(crate) fn change<R>(&mut self, id: FrameId, change: impl FnOnce(&mut Frame) -> R) -> Option<R> {
        let frame = self.frames.get_mut(&id)?;
        self.index.forget(id, frame);
        let before = frame.phase.run();
        let changed = change(Arc::make_mut(frame));
        let run = frame.phase.run();
        if before != run
            && let Some(left) = before.and_then(|run| self.map_runs.get_mut(&run))
        {
            Arc::make_mut(left).leave();
        }
        let run = run.and_then(|run| self.map_runs.get(&run));
        self.index.note(id, frame, run.map(|run| &**run));
        Some(changed)
    }

    /// Sets variables of a frame.
    pub(crate) fn assign(&mut self, id: FrameId, assigned: &[(String, Payload)]) {
        let Some(frame) = self.frames.get_mut(&id).filter(|_| !assigned.is_empty()) else { return };
        let frame = Arc::make_mut(frame);
        let variables = Arc::make_mut(&mut frame.variables);
        for (name, value) in assigned {
            let before = variables.insert(name.clone(), value.clone()).map_or(0, |value| value.bytes());
            let bytes = value.bytes();
            frame.variables_bytes = (frame.variables_bytes + bytes).saturating_sub(before);
            self.variables_bytes = (self.variables_bytes + bytes).saturating_sub(before);
        }
    }

    /// How many bytes all variables have together.
    pub(crate) fn variables_bytes(&self) -> usize {
        self.variables_bytes
    }

    /// Removes a frame that has done what it was to do, with all that are in it.
    pub(crate) fn remove(&mut self, id: FrameId) {
        self.remove_inside(id);
        self.take(id);
    }

    /// Removes all that is in a frame, and what is kept of it.
    pub(crate) fn remove_inside(&mut self, id: FrameId) {
        for inner in self.inside(id) {
            self.remove(inner);
        }
        for inner in self.kept_inside(id) {
            self.forget_kept(inner);
        }
    }

    /// Removes a frame that did not succeed, with all that are in it. They are kept until what is around them goes on.
    pub(crate) fn keep(&mut self, id: FrameId, at_ms: u64) {
        for inner in self.inside(id) {
            self.keep(inner, at_ms);
        }
        if let Some(frame) = self.take(id) {
            if let Some(run) = frame.phase.run().and_then(|run| self.map_runs.get_mut(&run)) {
                Arc::make_mut(run).end(MapRunStatus::Aborted, at_ms);
            }
            self.index.kept_inside.extend(frame.parent.map(|parent| (parent, id)));
            self.kept.insert(id, frame);
        }
    }

    fn forget_kept(&mut self, id: FrameId) -> Option<Arc<Frame>> {
        for inner in self.kept_inside(id) {
            self.forget_kept(inner);
        }
        let frame = self.take_kept(id)?;
        if let Some(left) = frame.phase.run().and_then(|run| self.map_runs.get_mut(&run)) {
            Arc::make_mut(left).leave();
        }
        Some(frame)
    }

    fn take_kept(&mut self, id: FrameId) -> Option<Arc<Frame>> {
        let frame = self.kept.remove(&id)?;
        if let Some(parent) = frame.parent {
            self.index.kept_inside.remove(&(parent, id));
        }
        Some(frame)
    }

    /// Begins an execution that keeps nothing of what it does.
    pub(crate) fn accept(&mut self, about: &About, input: &Payload, at_ms: u64) {
        self.about = Some(Arc::new(about.clone()));
        self.input = input.clone();
        self.started_ms = at_ms;
    }

    /// Ends the execution.
    pub(crate) fn close(&mut self, end: End, at_ms: u64) {
        match end {
            End::Succeeded(_) => self.remove(FrameId::ROOT),
            _ => self.keep(FrameId::ROOT, at_ms),
        }
        self.end = Some(end);
        self.ended_ms = Some(at_ms);
        self.deadline_ms = None;
    }

    /// Opens an execution again that did not succeed. `number` is that of the event that says so.
    pub(crate) fn reopen(&mut self, number: u64, at_ms: u64) {
        (self.end, self.ended_ms) = (None, None);
        self.redrives += 1;
        (self.redriven, self.redriven_ms) = (number, Some(at_ms));
    }

    /// Lets a frame go on that was kept: a state that did not succeed begins again, and of a parallel or map state what did
    /// not succeed in it. `again` says in which phase a state begins.
    pub(crate) fn resume(&mut self, id: FrameId, again: impl FnOnce(StateId) -> Phase) {
        let Some(mut frame) = self.take_kept(id) else { return };
        let inside = self.kept_inside(id);
        let changed = Arc::make_mut(&mut frame);
        changed.last = self.redriven;
        changed.place.iter_mut().for_each(|place| place.retries.clear());
        match (&mut changed.phase, &changed.place) {
            (Phase::Branching(branching), _) => branching.resume(inside, self.redriven),
            (Phase::Distributed(run, stage), _) if self.map_runs.get(run).is_some_and(|run| run.goes_on(stage)) => {
                *stage = Stage::Iterating;
                if let Some(run) = self.map_runs.get_mut(run) {
                    Arc::make_mut(run).redrive();
                }
            }
            (phase, Some(place)) => {
                if let Some(left) = phase.run().and_then(|run| self.map_runs.get_mut(&run)) {
                    Arc::make_mut(left).leave();
                }
                *phase = again(place.state);
                for inner in inside {
                    self.forget_kept(inner);
                }
            }
            (_, None) => {}
        }
        self.insert(id, frame);
    }

    /// Whether a frame that did not succeed has the run of a distributed map that goes on with it.
    pub(crate) fn keeps_run(&self, id: FrameId) -> bool {
        let Some(Phase::Distributed(run, stage)) = self.kept.get(&id).map(|frame| &frame.phase) else { return false };
        self.map_runs.get(run).is_some_and(|run| run.goes_on(stage))
    }

    /// The frames whose parent it is, in order.
    pub(crate) fn inside(&self, id: FrameId) -> Vec<FrameId> {
        Index::inside(&self.index.inside, id)
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

    /// A map run as it stands, for those who look at it for a while.
    pub(crate) fn shared_run(&self, number: RunNumber) -> Option<Arc<Distributed>> {
        self.map_runs.get(&number).cloned()
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
        let Some(run) = self.map_runs.get_mut(&number) else { return };
        change(Arc::make_mut(run));
        let id = run.frame;
        if let Some(frame) = self.frames.get(&id).filter(|frame| frame.phase.run() == Some(number)) {
            self.index.forget(id, frame);
            self.index.note(id, frame, Some(run));
        }
    }

    fn kept_inside(&self, id: FrameId) -> Vec<FrameId> {
        Index::inside(&self.index.kept_inside, id)
    }
}
