//! Entities that only wait leave memory.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::shared::Shared;
use crate::slot::Input;
use crate::{Behavior, Standing};

/// Whether an entity goes to sleep at the end of a turn: it owes nothing, and was told to or will not be due for longer
/// than it would be kept anyway.
pub(crate) fn sleeps(standing: &Standing, now_ms: u64, idle_ms: u64, told: bool) -> bool {
    !standing.status.is_closed()
        && !standing.busy
        && (told || standing.wake_ms.is_some_and(|wake| wake > now_ms.saturating_add(idle_ms)))
}

/// Tells entities to sleep: those that have been idle, and the idlest ones while there are more than the cap.
pub(crate) async fn run<B: Behavior>(system: Weak<Shared<B>>, idle: Duration) {
    let Some((stopping, inhabited)) =
        system.upgrade().map(|shared| (Arc::clone(&shared.stopping), Arc::clone(&shared.directory.inhabited)))
    else {
        return;
    };
    let pause = (idle / 2).clamp(Duration::from_millis(20), Duration::from_secs(5));
    loop {
        // Listened for before the stage is looked at, so that its change is not missed.
        let stopped = stopping.notified();
        let is_empty = match system.upgrade() {
            Some(shared) if !shared.is_closed() => {
                sweep(&shared, idle);
                shared.directory.live() == 0
            }
            _ => return,
        };
        let again = async {
            // Nobody can leave before somebody has come in.
            if is_empty {
                inhabited.notified().await;
            }
            tokio::time::sleep(pause).await;
        };
        tokio::select! {
            () = again => {}
            () = stopped => return,
        }
    }
}

fn sweep<B: Behavior>(shared: &Shared<B>, idle: Duration) {
    let now_ms = shared.clock.now_ms();
    let idle_ms = u64::try_from(idle.as_millis()).unwrap_or(u64::MAX);
    let mut resting: Vec<_> = shared
        .directory
        .all()
        .into_iter()
        .filter(|slot| !slot.busy.load(Ordering::Relaxed))
        .map(|slot| (slot.touched_ms.load(Ordering::Relaxed), slot.execution))
        .collect();
    resting.sort_unstable();
    let above_cap = shared.directory.live().saturating_sub(shared.options.max_live);
    for (nth, (touched_ms, execution)) in resting.into_iter().enumerate() {
        if nth >= above_cap && now_ms.saturating_sub(touched_ms) < idle_ms {
            return;
        }
        shared.deliver_if_live(execution, Input::Sleep);
    }
}
