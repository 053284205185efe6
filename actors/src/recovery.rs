//! How an entity comes back: its snapshot and events are applied, its live part is brought up to them, and what is
//! pending is performed.

mod load;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use duramen_storage::{Place, Status};
use ractor::ActorProcessingErr;

use crate::entity::Coming;
use crate::resident::{Filed, Resident, lit, sleeping_timer};
use crate::{Behavior, Fault, Turn};
use load::{Loaded, load};

/// How many turns are replayed before others get their turn.
const STRETCH: usize = 64;

impl<B: Behavior> Resident<B> {
    /// Brings the entity to where the log says it stands.
    pub(crate) async fn recover(&mut self) -> Result<(), ActorProcessingErr> {
        self.paused = None;
        let wakes = !self.slot.came_in.swap(true, Ordering::Relaxed);
        if self.how == Coming::New {
            self.live = Some(self.shared.behavior.animate(&self.me));
            return Ok(());
        }
        let shared = Arc::clone(&self.shared);
        let execution = self.slot.execution;
        let permit = shared.recovering.acquire().await?;
        let begun = Instant::now();
        let reader = Arc::clone(&shared);
        let Some(loaded) = tokio::task::spawn_blocking(move || load(&reader, execution)).await?? else {
            self.live = Some(self.shared.behavior.animate(&self.me));
            return Ok(());
        };
        let Place { status, awake } = loaded.summary.place();
        if wakes && status == Status::Running && !awake {
            shared.meters.asleep.add(-1);
        }
        let (workflow, turns) = (loaded.summary.definition.clone(), loaded.turns.len());
        self.take_over(loaded).await;
        drop(permit);
        let took = begun.elapsed();
        shared.meters.recoveries.increment(1);
        shared.meters.recovery_seconds.record(took);
        shared.meters.recovery_turns.record(turns as f64);
        tracing::debug!(%execution, workflow, turns, ?took, "an execution has come back from the log");
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
        self.unpolled = false;
        let behind = loaded.turns.get(loaded.applied..).unwrap_or_default();
        // Turns of earlier stays count too: one that often leaves would never come to take a snapshot otherwise.
        self.since_snapshot = u64::try_from(behind.len()).unwrap_or(u64::MAX);
        for (nth, turn) in behind.iter().enumerate() {
            if nth % STRETCH == STRETCH - 1 {
                tokio::task::yield_now().await;
            }
            for event in turn.events() {
                behavior.apply(&mut self.state, event, turn.at_ms);
            }
            behavior.turned(&mut self.state, turn);
        }
        let standing = behavior.standing(&self.state);
        let mut filed = Filed { place, note: loaded.summary.note };
        self.logged_timer_ms = sleeping_timer(place, &standing);
        // That of a paused one may have been left there by a quarantine.
        self.logged_beacon = (lit(place) || place.status == Status::Paused) && behavior.beacon(&self.state);
        self.stale_timer_ms = if place.status == Status::Paused { standing.wake_ms } else { None };
        self.armed_ms = None;
        let pauses_itself = standing.status == Status::Paused;
        if place.status == Status::Paused
            && !pauses_itself
            && !standing.status.is_closed()
            && self.how != Coming::Resumed
        {
            self.paused = Some(filed.note.get_or_insert_with(|| "no reason was recorded".to_owned()).clone());
        } else if !standing.status.is_closed() {
            self.unpolled = behind.last().is_some_and(|turn| !turn.polled);
            if let Err(fault) = self.revive(&loaded.turns).await {
                self.pause(&fault);
            }
        }
        self.misfiled = !self.is_filed_as(&filed, &standing);
        self.filed = Some(filed);
    }

    /// Gives the entity its live part.
    async fn revive(&mut self, turns: &[Turn<B::Event>]) -> Result<(), Fault> {
        let behavior = &self.shared.behavior;
        let mut live = behavior.animate(&self.me);
        if behavior.revives(&self.state) {
            behavior.foresee(&self.state, &mut live, turns);
            for (nth, turn) in turns.iter().enumerate() {
                if nth % STRETCH == STRETCH - 1 {
                    tokio::task::yield_now().await;
                }
                behavior.replay(&self.state, &mut live, turn)?;
            }
        }
        self.live = Some(live);
        Ok(())
    }
}
