//! Which entities are in memory. An address is resolved here, so it outlasts restarts and passivation.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use duramen_storage::ExecutionId;

use crate::Behavior;
use crate::hold::hold;
use crate::slot::{Input, Slot};

const SHARDS: usize = 32;

type Shard<B> = Mutex<HashMap<ExecutionId, Arc<Slot<B>>>>;

/// The slots of all live entities.
///
/// A slot is removed only while its inbox is empty and its shard is locked, and something is put into an inbox only
/// under the same lock: so nothing is ever put into a slot that has been left.
pub(crate) struct Directory<B: Behavior> {
    shards: [Shard<B>; SHARDS],
    hasher: RandomState,
    live: AtomicUsize,
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
    pub(crate) fn new() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::new(HashMap::new())),
            hasher: RandomState::new(),
            live: AtomicUsize::new(0),
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
    pub(crate) fn put(&self, execution: ExecutionId, input: Input<B>, now_ms: u64, limit: usize) -> Delivered<B> {
        let mut shard = hold(self.shard(execution));
        if let Some(slot) = shard.get(&execution) {
            if limit != usize::MAX && slot.waiting() >= limit {
                return Delivered::Full(input);
            }
            return Delivered::Tell(slot.put(input));
        }
        let slot = Arc::new(Slot::new(execution, now_ms));
        slot.put(input);
        shard.insert(execution, Arc::clone(&slot));
        self.live.fetch_add(1, Ordering::Relaxed);
        Delivered::BringIn(slot)
    }

    /// Puts something into the inbox of an entity that is in memory; says whether it is, and whom to tell.
    pub(crate) fn put_if_live(
        &self,
        execution: ExecutionId,
        input: Input<B>,
    ) -> Option<Option<ractor::ActorRef<crate::entity::Signal>>> {
        hold(self.shard(execution)).get(&execution).map(|slot| slot.put(input))
    }

    /// Removes an entity unless something waits for it; says whether it did.
    pub(crate) fn leave(&self, slot: &Slot<B>) -> bool {
        let mut shard = hold(self.shard(slot.execution));
        if !slot.is_empty() {
            return false;
        }
        if shard.remove(&slot.execution).is_some() {
            self.live.fetch_sub(1, Ordering::Relaxed);
        }
        true
    }

    /// Removes an entity whatever waits for it, and gives what did.
    pub(crate) fn expel(&self, slot: &Slot<B>) -> impl Iterator<Item = Input<B>> + use<B> {
        let mut shard = hold(self.shard(slot.execution));
        if shard.remove(&slot.execution).is_some() {
            self.live.fetch_sub(1, Ordering::Relaxed);
        }
        slot.clear().into_iter()
    }

    /// All slots, for the few who must look at every entity.
    pub(crate) fn all(&self) -> Vec<Arc<Slot<B>>> {
        self.shards.iter().flat_map(|shard| hold(shard).values().map(Arc::clone).collect::<Vec<_>>()).collect()
    }
}
