//! Which entities are in memory. An address is resolved here, so it outlasts restarts and passivation.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use duramen_storage::ExecutionId;
use tokio::sync::Notify;

use crate::hold::hold;
use crate::meters::Meters;
use crate::slot::{Input, Slot};
use crate::{Behavior, Clock};

const SHARDS: usize = 32;

type Shard<B> = Mutex<HashMap<ExecutionId, Arc<Slot<B>>>>;

/// The slots of all live entities.
///
/// A slot is removed only while its shard is locked and its inbox is empty or emptied, and something is put into an
/// inbox only under the same lock: so nothing is ever put into a slot that has been left.
pub(crate) struct Directory<B: Behavior> {
    shards: [Shard<B>; SHARDS],
    hasher: RandomState,
    live: AtomicUsize,
    /// Told when the first entity comes in; apart from the rest, so that who waits for it keeps nothing else alive.
    pub(crate) inhabited: Arc<Notify>,
    meters: Arc<Meters>,
}

/// What has to be done after something was put into an inbox.
pub(crate) enum Delivered<B: Behavior> {
    /// The entity was not in memory: bring it in.
    BringIn(Arc<Slot<B>>),
    /// The entity takes it by itself, after this actor was told, if any.
    Tell(Option<ractor::ActorRef<crate::entity::Signal>>),
    /// The inbox holds this many inputs already.
    Full(Input<B>),
}

impl<B: Behavior> Directory<B> {
    pub(crate) fn new(meters: Arc<Meters>) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::new(HashMap::new())),
            hasher: RandomState::new(),
            live: AtomicUsize::new(0),
            inhabited: Arc::default(),
            meters,
        }
    }

    fn shard(&self, execution: ExecutionId) -> &Shard<B> {
        let [first, ..] = &self.shards;
        let hash = usize::try_from(self.hasher.hash_one(execution) >> 32).unwrap_or(0);
        self.shards.get(hash % SHARDS).unwrap_or(first)
    }

    /// How many entities are in memory.
    pub(crate) fn live(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }

    pub(crate) fn is_live(&self, execution: ExecutionId) -> bool {
        hold(self.shard(execution)).contains_key(&execution)
    }

    /// Puts something into the inbox of an entity, unless `limit` inputs wait there.
    pub(crate) fn put(&self, execution: ExecutionId, input: Input<B>, clock: &dyn Clock, limit: usize) -> Delivered<B> {
        let mut shard = hold(self.shard(execution));
        if let Some(slot) = shard.get(&execution) {
            return slot.put(input, limit).map_or_else(Delivered::Full, Delivered::Tell);
        }
        let slot = Arc::new(Slot::new(execution, clock.now_ms()));
        if let Err(input) = slot.put(input, limit) {
            return Delivered::Full(input);
        }
        shard.insert(execution, Arc::clone(&slot));
        if self.live.fetch_add(1, Ordering::Relaxed) == 0 {
            self.inhabited.notify_one();
        }
        self.meters.live.add(1);
        Delivered::BringIn(slot)
    }

    /// Puts something into the inbox of an entity that is in memory; says whether it is, and whom to tell.
    pub(crate) fn put_if_live(
        &self,
        execution: ExecutionId,
        input: Input<B>,
    ) -> Option<Option<ractor::ActorRef<crate::entity::Signal>>> {
        let shard = hold(self.shard(execution));
        let slot = shard.get(&execution)?;
        Some(slot.put(input, usize::MAX).unwrap_or(None))
    }

    /// Removes an entity unless something waits for it; says whether it did.
    pub(crate) fn leave(&self, slot: &Slot<B>) -> bool {
        let mut shard = hold(self.shard(slot.execution));
        if !slot.is_empty() {
            return false;
        }
        self.remove(&mut shard, slot);
        true
    }

    /// Removes this slot, and not another one that has taken its place.
    fn remove(&self, shard: &mut HashMap<ExecutionId, Arc<Slot<B>>>, slot: &Slot<B>) {
        if shard.get(&slot.execution).is_some_and(|held| std::ptr::eq(Arc::as_ptr(held), slot)) {
            shard.remove(&slot.execution);
            self.live.fetch_sub(1, Ordering::Relaxed);
            self.meters.live.add(-1);
        }
    }

    /// Whether this slot is the place of its entity: it is not once that has left.
    pub(crate) fn holds(&self, slot: &Slot<B>) -> bool {
        let shard = hold(self.shard(slot.execution));
        shard.get(&slot.execution).is_some_and(|held| std::ptr::eq(Arc::as_ptr(held), slot))
    }

    /// Removes an entity whatever waits for it, and gives what did.
    pub(crate) fn expel(&self, slot: &Slot<B>) -> impl Iterator<Item = Input<B>> + use<B> {
        let mut shard = hold(self.shard(slot.execution));
        self.remove(&mut shard, slot);
        slot.clear().into_iter()
    }

    /// Whether no entity has anything on its way into the log.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.shards.iter().all(|shard| hold(shard).values().all(|slot| slot.is_at_rest()))
    }

    /// All slots, for the few who must look at every entity.
    pub(crate) fn all(&self) -> Vec<Arc<Slot<B>>> {
        self.shards.iter().flat_map(|shard| hold(shard).values().map(Arc::clone).collect::<Vec<_>>()).collect()
    }
}
