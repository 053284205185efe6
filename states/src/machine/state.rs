//! Where an execution stands: its frames, one for the machine itself and one for each branch and iteration under way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bincode::{Decode, Encode};

use super::about::About;
use super::frame::{Frame, Phase};
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
#[derive(Debug, Clone, Default, PartialEq)]
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
    pub(crate) fn remove(&mut self, id: FrameId) {
        for inner in self.inside(id) {
            self.remove(inner);
        }
        self.forget(id);
        self.frames.remove(&id);
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
        self.clear();
    }

    fn clear(&mut self) {
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

    fn note(&mut self, id: FrameId) {
        let Some(frame) = self.frames.get(&id) else { return };
        if frame.phase.is_ready() {
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
