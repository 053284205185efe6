//! What is known of the executions of a map run, in pieces, so that a copy shares all pieces that do not change.

use std::sync::Arc;

use bincode::{Decode, Encode};

use crate::history::Fault;
use crate::machine::event::{Carry, ChildEnd};
use crate::payload::Payload;

/// How many executions a piece has.
const PIECE: usize = 128;

/// An execution that was started.
#[derive(Debug, Clone, Encode, Decode, PartialEq)]
pub(super) struct Child {
    /// What it was given, if that is not its item.
    pub(super) input: Option<Payload>,
    pub(super) started_ms: u64,
    pub(super) stopped_ms: u64,
    /// None while it is under way.
    pub(super) ended: Option<Came>,
    /// How often it went on after it had ended without success.
    pub(super) redrives: u64,
}

/// What became of an execution. What it put out is kept as text, which takes a fraction of the memory.
#[derive(Debug, Clone, Encode, Decode, PartialEq)]
pub(super) enum Came {
    /// It put out what it was given.
    Same,
    Put(Box<str>),
    Failed(Box<Fault>),
    TimedOut(Box<Fault>),
    Aborted,
}

impl Came {
    pub(super) fn of(end: &ChildEnd) -> Self {
        match end {
            ChildEnd::Succeeded(Carry::Same) => Self::Same,
            ChildEnd::Succeeded(Carry::New(output)) => Self::Put(output.text().into()),
            ChildEnd::Failed(fault) => Self::Failed(Box::new(fault.clone())),
            ChildEnd::TimedOut(fault) => Self::TimedOut(Box::new(fault.clone())),
            ChildEnd::Aborted => Self::Aborted,
        }
    }

    pub(super) fn is_success(&self) -> bool {
        matches!(self, Self::Same | Self::Put(_))
    }
}

#[derive(Debug, Clone, Default, Encode, Decode, PartialEq)]
pub(super) struct Children {
    pieces: Vec<Arc<Vec<Child>>>,
    length: usize,
}

impl Children {
    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn push(&mut self, child: Child) {
        if self.length.is_multiple_of(PIECE) {
            self.pieces.push(Arc::new(Vec::with_capacity(PIECE)));
        }
        if let Some(piece) = self.pieces.last_mut() {
            Arc::make_mut(piece).push(child);
            self.length += 1;
        }
    }

    pub(super) fn get(&self, index: u64) -> Option<&Child> {
        let index = usize::try_from(index).ok()?;
        self.pieces.get(index / PIECE)?.get(index % PIECE)
    }

    pub(super) fn get_mut(&mut self, index: u64) -> Option<&mut Child> {
        let index = usize::try_from(index).ok()?;
        Arc::make_mut(self.pieces.get_mut(index / PIECE)?).get_mut(index % PIECE)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Child> {
        self.pieces.iter().flat_map(|piece| piece.iter())
    }
}
