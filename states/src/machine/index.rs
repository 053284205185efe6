//! Which frames of an execution are what, so that none has to be searched for.

use std::collections::{BTreeMap, BTreeSet};

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};

use super::distributed::Distributed;
use super::frame::{Frame, Worker};
use super::state::FrameId;

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Index {
    /// Those that can go on.
    pub(super) ready: BTreeSet<FrameId>,
    /// Those that wait for a time.
    pub(super) due: BTreeSet<(u64, FrameId)>,
    /// Those that wait for a call.
    pub(super) calls: BTreeMap<u64, FrameId>,
    pub(super) tokens: BTreeMap<String, FrameId>,
    /// The calls that are to be made, or are being made.
    pub(super) open: BTreeSet<u64>,
    /// The calls that wait for a worker.
    pub(super) offered: BTreeSet<u64>,
    /// Each behind the one it is in.
    pub(super) inside: BTreeSet<(FrameId, FrameId)>,
    pub(super) kept_inside: BTreeSet<(FrameId, FrameId)>,
}

impl Index {
    /// `run` is the map run that the frame is about.
    pub(super) fn note(&mut self, id: FrameId, frame: &Frame, run: Option<&Distributed>) {
        if frame.phase.is_ready(run) {
            self.ready.insert(id);
        }
        if let Some(due) = frame.phase.due_ms() {
            self.due.insert((due, id));
        }
        if let Some(call) = frame.phase.call() {
            self.calls.insert(call.id, id);
            if !call.submitted {
                self.open.insert(call.id);
            }
            if call.worker == Worker::Awaited {
                self.offered.insert(call.id);
            }
            self.tokens.extend(call.token.clone().map(|token| (token, id)));
        }
    }

    pub(super) fn forget(&mut self, id: FrameId, frame: &Frame) {
        self.ready.remove(&id);
        if let Some(due) = frame.phase.due_ms() {
            self.due.remove(&(due, id));
        }
        if let Some(call) = frame.phase.call() {
            self.calls.remove(&call.id);
            self.open.remove(&call.id);
            self.offered.remove(&call.id);
            if let Some(token) = &call.token {
                self.tokens.remove(token);
            }
        }
    }

    pub(super) fn inside(pairs: &BTreeSet<(FrameId, FrameId)>, id: FrameId) -> Vec<FrameId> {
        pairs.range((id, FrameId(0))..=(id, FrameId(u32::MAX))).map(|(_, inner)| *inner).collect()
    }
}

/// It is made anew from the frames.
impl Encode for Index {
    fn encode<E: Encoder>(&self, _: &mut E) -> Result<(), EncodeError> {
        Ok(())
    }
}

impl<Context> Decode<Context> for Index {
    fn decode<D: Decoder<Context = Context>>(_: &mut D) -> Result<Self, DecodeError> {
        Ok(Self::default())
    }
}

bincode::impl_borrow_decode!(Index);
