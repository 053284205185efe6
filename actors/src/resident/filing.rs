//! What the row of an entity in the listing says, and when it is written anew.

use duramen_storage::{Batch, Name, Place, Status, Summary};

use super::Resident;
use crate::passivation::sleeps;
use crate::{Behavior, Standing};

/// What a row says, as far as it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filed {
    pub(crate) place: Place,
    pub(crate) note: Option<String>,
}

impl<B: Behavior> Resident<B> {
    /// The status that its row is to have, and the note. A pause by the engine goes before one of the behaviour.
    fn status_and_note(&self, standing: &Standing) -> (Status, Option<String>) {
        let kept = |note: String| Summary::kept_of_note(&note).to_owned();
        match &self.paused {
            _ if standing.status.is_closed() => (standing.status, None),
            Some(reason) => (Status::Paused, Some(Summary::kept_of_note(reason).to_owned())),
            None if standing.status == Status::Paused => {
                (Status::Paused, self.shared.behavior.note(&self.state).map(kept))
            }
            None => (standing.status, None),
        }
    }

    /// Whether the row needs no change, although nothing happens.
    pub(crate) fn is_filed_as(&self, filed: &Filed, standing: &Standing) -> bool {
        let (status, note) = self.status_and_note(standing);
        let leaves = standing.status.is_closed() || self.paused.is_some();
        filed.place.status == status && filed.note == note && !(leaves && filed.place.awake)
    }

    /// What the row is to say at the end of a turn in which something happened, or in which nothing did.
    pub(super) fn filing(&self, standing: &Standing, at_ms: u64, happened: bool, told_to_sleep: bool) -> Filed {
        let (status, note) = self.status_and_note(standing);
        let awake = match &self.filed {
            _ if standing.status.is_closed() || self.paused.is_some() => false,
            Some(filed) if !happened && !told_to_sleep && !self.misfiled => filed.place.awake,
            _ => {
                let idle_ms = self.shared.options.idle_ms();
                self.unpolled || !sleeps(standing, at_ms, idle_ms, told_to_sleep)
            }
        };
        Filed { place: Place { status, awake }, note }
    }

    /// Files the row anew, and takes the name with the first one.
    pub(super) fn file(&mut self, mut batch: Batch, filed: &Filed, at_ms: u64) -> Batch {
        let label = self.shared.behavior.label(&self.state);
        if self.filed.is_none() {
            let (definition, name) = (label.definition.clone(), label.name.clone());
            batch = batch.claim(Name { kind: B::KIND, definition, name });
        }
        if let Some(due_ms) = self.stale_timer_ms.take() {
            batch = batch.clear_timer(due_ms);
        }
        let Place { status, awake } = filed.place;
        let summary = Summary {
            execution: self.slot.execution,
            kind: B::KIND,
            definition: label.definition,
            name: label.name,
            revision: label.revision,
            status,
            awake,
            started_ms: self.slot.execution.started_ms(),
            closed_ms: status.is_closed().then_some(at_ms),
            note: filed.note.clone(),
        };
        batch.summary(self.filed.as_ref().map(|filed| filed.place), summary)
    }
}

/// When the timers are due that stand for beacons: never.
pub(crate) const BEACON_MS: u64 = u64::MAX - 1;

/// Whether an entity that has left a beacon there, or may have, is where it stands found by it.
pub(crate) fn lit(place: Place) -> bool {
    place.status == Status::Running && !place.awake
}

/// The timer that an entity has in the log: only one that sleeps needs it there, and a paused one is not woken.
pub(crate) fn sleeping_timer(place: Place, standing: &Standing) -> Option<u64> {
    if place.status == Status::Running && !place.awake { standing.wake_ms } else { None }
}
