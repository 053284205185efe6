//! What a recorded turn says of that which code alone does not determine.

use std::collections::{HashMap, HashSet};

use crate::{Event, Failure, OperationId};

/// The events of a recorded turn that operations look themselves up in while it is replayed.
#[derive(Default)]
pub(super) struct Recorded {
    events: HashMap<OperationId, Event>,
    patches: HashSet<(OperationId, String)>,
}

impl Recorded {
    pub(super) fn of<'a>(asked: impl Iterator<Item = &'a Event>) -> Self {
        let mut recorded = Self::default();
        for event in asked {
            match event {
                Event::CallbackStarted { operation, .. }
                | Event::ChainedInvokeStarted { operation, .. }
                | Event::ValueRecorded { operation, .. }
                | Event::OperationRefused { operation, .. }
                | Event::ContextFailed { operation, .. } => {
                    recorded.events.insert(operation.clone(), event.clone());
                }
                Event::PatchRecorded { context, patch } => {
                    recorded.patches.insert((context.clone(), patch.clone()));
                }
                _ => {}
            }
        }
        recorded
    }

    pub(super) fn of_operation(&self, operation: &OperationId) -> Option<Event> {
        self.events.get(operation).cloned()
    }

    pub(super) fn refused(&self, operation: &OperationId) -> Option<Failure> {
        match self.events.get(operation) {
            Some(Event::OperationRefused { failure, .. }) => Some(failure.clone()),
            _ => None,
        }
    }

    /// The failure of a child context whose result was too large.
    pub(super) fn too_large(&self, context: &OperationId) -> Option<Failure> {
        match self.events.get(context) {
            Some(Event::ContextFailed { failure, .. }) => {
                Some(failure.clone()).filter(|failure| failure.name() == Failure::PAYLOAD_TOO_LARGE)
            }
            _ => None,
        }
    }

    pub(super) fn patched(&self, context: &OperationId, patch: &str) -> bool {
        self.patches.contains(&(context.clone(), patch.to_owned()))
    }
}
