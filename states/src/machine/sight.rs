//! What can be seen of an execution in memory while it runs.

use std::fmt;
use std::sync::Arc;

use super::event::Event;
use super::plan::Plan;
use super::state::{FrameId, State};
use crate::history::Fault;

/// Something that a state did.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Sight {
    /// The name of the state.
    pub state: Arc<str>,
    /// The branches and iterations it runs in, the outermost first.
    pub within: Vec<Within>,
    /// When, in ms since the Unix epoch, by the time of the execution.
    pub at_ms: u64,
    /// What it did.
    pub seen: Seen,
}

/// A branch of a parallel state, or an iteration of a map.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, bincode::Encode, bincode::Decode)]
#[non_exhaustive]
pub struct Within {
    /// The name of the parallel or map state.
    pub state: Arc<str>,
    /// Which branch or iteration, counted from zero.
    pub index: usize,
    /// Whether it is an iteration.
    pub is_iteration: bool,
}

/// What a state did.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Seen {
    /// It was entered.
    Entered,
    /// A choice was made: that rule, counted from zero, or the default.
    Chose {
        /// The rule; none for the default.
        rule: Option<usize>,
    },
    /// It failed and is to be tried again.
    Retries {
        /// The retrier, counted from zero.
        retrier: usize,
        /// When, in ms since the Unix epoch.
        due_ms: u64,
        /// Why it failed.
        fault: Fault,
    },
    /// It failed, and goes on where a catcher says.
    Caught {
        /// The catcher, counted from zero.
        catcher: usize,
        /// Why it failed.
        fault: Fault,
    },
    /// It failed, and what is around it may fail with it.
    Failed {
        /// Why.
        fault: Fault,
        /// The field whose expression failed, if one did.
        location: Option<String>,
    },
    /// It was left.
    Left {
        /// The state that follows in its machine.
        next: Option<Arc<str>>,
        /// When it was entered, in ms since the Unix epoch.
        entered_ms: u64,
    },
}

/// Somebody who is told at once what the states of an execution do. Cheap to clone.
#[derive(Clone)]
pub struct Watch(Arc<dyn Fn(&Sight) + Send + Sync>);

impl Watch {
    /// Tells it to that function, which must not take long.
    pub fn new(watch: impl Fn(&Sight) + Send + Sync + 'static) -> Self {
        Self(Arc::new(watch))
    }

    pub(crate) fn tell(&self, sight: &Sight) {
        (self.0)(sight);
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

impl State {
    /// The branches and iterations around a frame, the outermost first.
    pub(crate) fn within(&self, plan: &Plan, id: FrameId) -> Vec<Within> {
        let mut within = Vec::new();
        let mut frame = self.frame(id);
        while let Some((inner, parent)) = frame.and_then(|inner| Some((inner, self.frame(inner.parent?)?))) {
            if let Some((_, around)) = parent.place.as_ref().and_then(|place| plan.state(place.state)) {
                let (state, index) = (around.name.clone(), inner.index);
                within.push(Within { state, index, is_iteration: inner.item.is_some() });
            }
            frame = Some(parent);
        }
        within.reverse();
        self.around.iter().cloned().chain(within).collect()
    }

    /// What is around the first item of the map that a frame is in.
    pub(crate) fn within_items(&self, plan: &Plan, id: FrameId) -> Vec<Within> {
        let mut within = self.within(plan, id);
        let place = self.frame(id).and_then(|frame| frame.place.as_ref());
        let map = place.and_then(|place| plan.state(place.state));
        within.extend(map.map(|(_, map)| Within { state: map.name.clone(), index: 0, is_iteration: true }));
        within
    }
}

/// What an event shows, before it is applied: of which frame, of which state.
pub(super) fn seen(plan: &Plan, state: &State, event: &Event, failed: Option<&Fault>) -> Option<(FrameId, Seen)> {
    match event {
        Event::Entered { frame, .. } => Some((*frame, Seen::Entered)),
        Event::Exited { frame, next, .. } => {
            let entered_ms = state.frame(*frame)?.place.as_ref()?.entered_ms;
            let next = next.and_then(|next| plan.state(next)).map(|(_, next)| next.name.clone());
            Some((*frame, Seen::Left { next, entered_ms }))
        }
        Event::Retries { frame, retrier, due_ms } => {
            let retrier = usize::try_from(*retrier).unwrap_or(usize::MAX);
            let fault = failed.cloned().unwrap_or_default();
            Some((*frame, Seen::Retries { retrier, due_ms: *due_ms, fault }))
        }
        _ => None,
    }
}
