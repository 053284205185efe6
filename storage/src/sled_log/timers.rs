//! Timers by due time.

use std::ops::Bound;

use super::key;
use super::store::Store;
use crate::{Error, Timer};

/// At most `max` timers behind `after` that are due before `until_ms`.
pub(super) fn due(store: &Store, after: Option<Timer>, until_ms: u64, max: usize) -> Result<Vec<Timer>, Error> {
    let mut timers = self::after(store, after, max)?;
    timers.retain(|timer| timer.due_ms < until_ms);
    Ok(timers)
}

/// At most `max` timers behind one, or from the first on.
pub(super) fn after(store: &Store, after: Option<Timer>, max: usize) -> Result<Vec<Timer>, Error> {
    let from = after.map_or(Bound::Included(key::due(0)), |after| Bound::Excluded(key::timer(after)));
    let to = Bound::Excluded(key::past_timers());
    store.call("reading timers", |db| {
        let keys = db.range::<[u8; 25], _>((from, to)).keys().take(max);
        keys.filter_map(|key| key.map(|key| key::timer_of(&key)).transpose()).collect()
    })
}
