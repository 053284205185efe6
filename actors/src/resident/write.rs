//! What a turn writes: its record, and the changes of the summary, the timer and the snapshot that belong to it.

use std::sync::atomic::Ordering;

use duramen_storage::{Batch, Name, Place, Snapshot, Status, Summary, Version};
use ractor::ActorProcessingErr;

use super::Resident;
use super::outcome::Then;
use crate::passivation::sleeps;
use crate::{Behavior, Standing, Turn, turn};

/// The batch of a turn, and where the summary and the timer of the entity are once it is durable.
pub(super) struct Written {
    pub(super) batch: Batch,
    pub(super) filed: Option<Place>,
    pub(super) logged_timer_ms: Option<u64>,
}

impl<B: Behavior> Resident<B> {
    pub(super) fn write(
        &mut self,
        turn: &Turn<B::Event>,
        happened: bool,
        told_to_sleep: bool,
        then: &Then,
    ) -> Result<Written, ActorProcessingErr> {
        let mut batch = Batch::new(self.slot.execution, self.version);
        if happened {
            batch = batch.record(B::RECORD, turn::encode(turn)?);
        } else if self.version == Version::NONE {
            return Ok(Written { batch, filed: None, logged_timer_ms: None });
        }
        let standing = self.shared.behavior.standing(&self.state);
        self.slot.busy.store(standing.busy || self.unpolled, Ordering::Relaxed);
        if standing.status.is_closed() {
            self.paused = None;
        }
        let note = match then {
            Then::Pause(reason) if !standing.status.is_closed() => Some(reason.as_str()),
            _ => None,
        };
        let place = match self.filed {
            _ if standing.status.is_closed() => Place { status: standing.status, awake: false },
            _ if note.is_some() => Place { status: Status::Paused, awake: false },
            Some(place) if !happened && !told_to_sleep && place.status == Status::Running => place,
            _ => {
                let idle_ms = self.shared.options.idle_ms();
                let asleep = !self.unpolled && sleeps(&standing, turn.at_ms, idle_ms, told_to_sleep);
                Place { status: Status::Running, awake: !asleep }
            }
        };
        if self.filed != Some(place) {
            batch = self.file(batch, place, note, turn.at_ms);
        }
        let timer_ms = sleeping_timer(place, &standing);
        if timer_ms != self.logged_timer_ms {
            if let Some(due_ms) = self.logged_timer_ms {
                batch = batch.clear_timer(due_ms);
            }
            if let Some(due_ms) = timer_ms {
                batch = batch.set_timer(due_ms);
            }
        }
        if happened && B::SNAPSHOT_EVERY > 0 {
            batch = self.take_snapshot(batch, turn.polled);
        }
        Ok(Written { batch, filed: Some(place), logged_timer_ms: timer_ms })
    }

    /// Files the summary at another place, and takes the name with the first one.
    fn file(&mut self, mut batch: Batch, place: Place, note: Option<&str>, at_ms: u64) -> Batch {
        let label = self.shared.behavior.label(&self.state);
        if self.filed.is_none() {
            let (definition, name) = (label.definition.clone(), label.name.clone());
            batch = batch.claim(Name { kind: B::KIND, definition, name });
        }
        if let Some(due_ms) = self.stale_timer_ms.take() {
            batch = batch.clear_timer(due_ms);
        }
        let summary = Summary {
            execution: self.slot.execution,
            kind: B::KIND,
            definition: label.definition,
            name: label.name,
            status: place.status,
            awake: place.awake,
            started_ms: self.slot.execution.started_ms(),
            closed_ms: place.status.is_closed().then_some(at_ms),
            note: note.map(str::to_owned),
        };
        batch.summary(self.filed, summary)
    }

    /// Adds a snapshot when it is time for one. Not of a turn after which the behaviour has not advanced: recovery finds
    /// that out from the last record, which it would not read then.
    fn take_snapshot(&mut self, batch: Batch, polled: bool) -> Batch {
        self.since_snapshot += 1;
        if self.since_snapshot >= B::SNAPSHOT_EVERY
            && polled
            && let Some(body) = self.shared.behavior.snapshot(&self.state)
        {
            self.since_snapshot = 0;
            return batch.snapshot(Snapshot { version: self.version.plus(1), kind: B::RECORD, body });
        }
        batch
    }
}

/// The timer that an entity has in the log: only one that sleeps needs it there.
pub(crate) fn sleeping_timer(place: Place, standing: &Standing) -> Option<u64> {
    if place.status == Status::Running && !place.awake { standing.wake_ms } else { None }
}
