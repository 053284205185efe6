//! What a turn writes: its record, and the changes of the summary, the timer, the marks and the snapshot that belong to it.

use std::sync::atomic::Ordering;

use duramen_storage::{Batch, Snapshot, Version};
use ractor::ActorProcessingErr;

use super::Resident;
use super::filing::{BEACON_MS, Filed, lit, sleeping_timer};
use crate::{Behavior, Turn, turn};

/// The batch of a turn, and what the summary says and where the timer is once it is durable.
pub(super) struct Written {
    pub(super) batch: Batch,
    pub(super) filed: Option<Filed>,
    pub(super) logged_timer_ms: Option<u64>,
    pub(super) logged_beacon: bool,
}

impl<B: Behavior> Resident<B> {
    pub(super) fn write(
        &mut self,
        turn: &Turn<B::Event>,
        happened: bool,
        told_to_sleep: bool,
    ) -> Result<Written, ActorProcessingErr> {
        let mut batch = Batch::new(self.slot.execution, self.version);
        if happened {
            batch = self.mark(batch.record(B::RECORD, turn::encode(turn)?), turn);
        } else if self.version == Version::NONE {
            return Ok(Written { batch, filed: None, logged_timer_ms: None, logged_beacon: false });
        }
        let standing = self.shared.behavior.standing(&self.state);
        self.slot.busy.store(standing.busy || self.unpolled, Ordering::Relaxed);
        if standing.status.is_closed() {
            self.paused = None;
        }
        let filed = self.filing(&standing, turn.at_ms, happened, told_to_sleep);
        self.misfiled = false;
        if self.filed.as_ref() != Some(&filed) {
            batch = self.file(batch, &filed, turn.at_ms);
        }
        let timer_ms = sleeping_timer(filed.place, &standing);
        if timer_ms != self.logged_timer_ms {
            if let Some(due_ms) = self.logged_timer_ms {
                batch = batch.clear_timer(due_ms);
            }
            if let Some(due_ms) = timer_ms {
                batch = batch.set_timer(due_ms);
            }
        }
        let beacon = lit(filed.place) && self.shared.behavior.beacon(&self.state);
        if beacon != self.logged_beacon {
            batch = if beacon { batch.set_timer(BEACON_MS) } else { batch.clear_timer(BEACON_MS) };
        }
        if happened && B::SNAPSHOTS {
            batch = self.take_snapshot(batch, turn.polled);
        }
        Ok(Written { batch, filed: Some(filed), logged_timer_ms: timer_ms, logged_beacon: beacon })
    }

    /// Marks the record of a turn under the names that its events have.
    fn mark(&self, mut batch: Batch, turn: &Turn<B::Event>) -> Batch {
        for name in turn.events().filter_map(|event| self.shared.behavior.marks(event)) {
            if !batch.marks.contains(&name) {
                batch = batch.mark(name);
            }
        }
        batch
    }

    /// Adds a snapshot when it is time for one. Not of a turn after which the behaviour has not advanced: recovery finds
    /// that out from the last record, which it would not read then.
    fn take_snapshot(&mut self, batch: Batch, polled: bool) -> Batch {
        self.since_snapshot += 1;
        if !polled || !self.shared.behavior.snapshot_due(&self.state, self.since_snapshot) {
            return batch;
        }
        self.since_snapshot = 0;
        match self.shared.behavior.snapshot(&self.state) {
            Some(body) => batch.snapshot(Snapshot { version: self.version.plus(1), kind: B::RECORD, body }),
            None => batch,
        }
    }
}
