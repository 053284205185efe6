//! How an entity comes back: its snapshot and events are applied, its live part is brought up to them, and what is
//! pending is performed.

use std::sync::Arc;

use duramen_storage::{Error as LogError, ExecutionId, Status, Summary, Version};
use ractor::ActorProcessingErr;

use crate::entity::Coming;
use crate::resident::{Resident, sleeping_timer};
use crate::shared::Shared;
use crate::{Behavior, Fault, Turn, turn};

/// How many records are read from the log at once.
const PAGE: usize = 256;
/// How many turns are replayed before others get their turn.
const STRETCH: usize = 64;

/// What the log has of an entity.
struct Loaded<B: Behavior> {
    summary: Summary,
    /// The state of the snapshot, or the initial one.
    state: B::State,
    turns: Vec<Turn<B::Event>>,
    version: Version,
}

impl<B: Behavior> Resident<B> {
    /// Brings the entity to where the log says it stands.
    pub(crate) async fn recover(&mut self) -> Result<(), ActorProcessingErr> {
        self.paused = None;
        if self.how == Coming::New {
            self.live = Some(self.shared.behavior.animate(&self.me));
            return Ok(());
        }
        let shared = Arc::clone(&self.shared);
        let execution = self.slot.execution;
        let permit = shared.recovering.acquire().await?;
        let reader = Arc::clone(&shared);
        let Some(loaded) = tokio::task::spawn_blocking(move || load(&reader, execution)).await?? else {
            self.live = Some(self.shared.behavior.animate(&self.me));
            return Ok(());
        };
        self.take_over(loaded).await;
        drop(permit);
        self.show_busy();
        let effects = self.shared.behavior.pending(&self.state);
        self.perform(effects);
        Ok(())
    }

    async fn take_over(&mut self, loaded: Loaded<B>) {
        let behavior = &self.shared.behavior;
        let place = loaded.summary.place();
        self.state = loaded.state;
        self.version = loaded.version;
        self.filed = Some(place);
        self.unpolled = false;
        // Turns of earlier stays count too: one that often leaves would never come to take a snapshot otherwise.
        self.since_snapshot = u64::try_from(loaded.turns.len()).unwrap_or(u64::MAX);
        for (nth, turn) in loaded.turns.iter().enumerate() {
            if nth % STRETCH == STRETCH - 1 {
                tokio::task::yield_now().await;
            }
            for event in turn.events() {
                behavior.apply(&mut self.state, event, turn.at_ms);
            }
        }
        let standing = behavior.standing(&self.state);
        self.logged_timer_ms = sleeping_timer(place, &standing);
        self.stale_timer_ms = if place.status == Status::Paused { standing.wake_ms } else { None };
        self.armed_ms = None;
        if standing.status.is_closed() {
            return;
        }
        if place.status == Status::Paused && self.how != Coming::Resumed {
            self.paused = Some(loaded.summary.note.unwrap_or_else(|| "no reason was recorded".to_owned()));
            return;
        }
        self.unpolled = loaded.turns.last().is_some_and(|turn| !turn.polled);
        if let Err(fault) = self.replay(&loaded.turns).await {
            self.pause(&fault);
        }
    }

    async fn replay(&mut self, turns: &[Turn<B::Event>]) -> Result<(), Fault> {
        let mut live = self.shared.behavior.animate(&self.me);
        for (nth, turn) in turns.iter().enumerate() {
            if nth % STRETCH == STRETCH - 1 {
                tokio::task::yield_now().await;
            }
            self.shared.behavior.replay(&self.state, &mut live, turn)?;
        }
        self.live = Some(live);
        Ok(())
    }
}

fn load<B: Behavior>(shared: &Shared<B>, execution: ExecutionId) -> Result<Option<Loaded<B>>, LogError> {
    let log = shared.log.as_ref();
    let Some(summary) = log.summary(execution)?.filter(|row| row.kind == B::KIND) else { return Ok(None) };
    let (mut state, mut version) = (shared.behavior.initial(execution), Version::NONE);
    match restore(shared, execution) {
        Ok(Some(restored)) => (state, version) = restored,
        Ok(None) => {}
        Err(reason) => tracing::warn!(%execution, reason, "a snapshot is passed over; the events are read"),
    }
    let mut turns = Vec::new();
    loop {
        let records = log.read(execution, version, PAGE)?;
        let complete = records.len() < PAGE;
        for record in records {
            version = record.version;
            let turn = turn::decode(&shared.behavior, record.kind, &record.body).map_err(|how| LogError::Corrupt {
                execution,
                version,
                what: "record",
                how: how.into(),
            })?;
            turns.push(turn);
        }
        if complete {
            return Ok(Some(Loaded { summary, state, turns, version }));
        }
    }
}

/// The state of the snapshot, and the version it stands for; a text that says why it cannot be used.
fn restore<B: Behavior>(shared: &Shared<B>, execution: ExecutionId) -> Result<Option<(B::State, Version)>, String> {
    if B::SNAPSHOT_EVERY == 0 {
        return Ok(None);
    }
    let Some(snapshot) = shared.log.snapshot(execution).map_err(|error| error.to_string())? else { return Ok(None) };
    if snapshot.kind != B::RECORD {
        return Err(format!("it was written in schema {}", snapshot.kind.0));
    }
    Ok(Some((shared.behavior.restore(execution, &snapshot.body)?, snapshot.version)))
}
