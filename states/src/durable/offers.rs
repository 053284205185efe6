//! The tasks that wait for a worker.
//!
//! They are kept in memory, two numbers each, whether their executions are there or asleep. The executions that sleep are
//! found by their beacons after an opening, and offer again what they offered.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use duramen_actors::Error as ActorError;
use duramen_storage::ExecutionId;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// Those of all activities, by the names of the activities.
#[derive(Default)]
pub(crate) struct Offers {
    activities: Mutex<HashMap<String, Arc<Queue>>>,
    over: Mutex<Option<ActorError>>,
}

/// Those of one activity. The oldest execution comes first.
#[derive(Default)]
struct Queue {
    waiting: Mutex<BTreeSet<(ExecutionId, u64)>>,
    came: Notify,
}

/// One that was taken out. It goes back when it is dropped before it was [settled](Self::settle).
pub(crate) struct Offer {
    queue: Arc<Queue>,
    settled: bool,
    pub(crate) execution: ExecutionId,
    pub(crate) call: u64,
}

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Offers {
    fn queue(&self, activity: &str) -> Arc<Queue> {
        let mut activities = hold(&self.activities);
        match activities.get(activity) {
            Some(queue) => Arc::clone(queue),
            None => Arc::clone(activities.entry(activity.to_owned()).or_default()),
        }
    }

    /// A task waits for a worker. Offering it twice is the same as once.
    pub(crate) fn offer(&self, activity: &str, execution: ExecutionId, call: u64) {
        self.queue(activity).put(execution, call);
    }

    /// Nothing of that execution is to be had any more.
    pub(crate) fn withdraw(&self, execution: ExecutionId) {
        for queue in hold(&self.activities).values() {
            let mut waiting = hold(&queue.waiting);
            let gone: Vec<_> = waiting.range((execution, 0)..=(execution, u64::MAX)).copied().collect();
            for offer in gone {
                waiting.remove(&offer);
            }
        }
    }

    /// Waits for a task of that activity, and takes it out.
    pub(crate) async fn next(&self, activity: &str) -> Result<Offer, ActorError> {
        let queue = self.queue(activity);
        loop {
            let came = queue.came.notified();
            if let Some(error) = &*hold(&self.over) {
                return Err(error.clone());
            }
            let first = hold(&queue.waiting).pop_first();
            if let Some((execution, call)) = first {
                return Ok(Offer { queue: Arc::clone(&queue), settled: false, execution, call });
            }
            came.await;
        }
    }

    /// As [`next`](Self::next), and nothing if there is none until then.
    pub(crate) async fn until(&self, deadline: Instant, activity: &str) -> Result<Option<Offer>, ActorError> {
        timeout_at(deadline, self.next(activity)).await.map_or(Ok(None), |offer| offer.map(Some))
    }

    /// Nothing goes on any more.
    pub(crate) fn end(&self, reason: &ActorError) {
        *hold(&self.over) = Some(reason.clone());
        for queue in hold(&self.activities).values() {
            queue.came.notify_waiters();
        }
    }
}

impl Queue {
    fn put(&self, execution: ExecutionId, call: u64) {
        if hold(&self.waiting).insert((execution, call)) {
            self.came.notify_one();
        }
    }
}

impl Offer {
    /// It was taken, or is not to be had.
    pub(crate) fn settle(mut self) {
        self.settled = true;
        // Its execution has offered it again if it had to be brought in.
        hold(&self.queue.waiting).remove(&(self.execution, self.call));
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        if !self.settled {
            self.queue.put(self.execution, self.call);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(byte: u8) -> ExecutionId {
        ExecutionId::from_bytes([byte; 16])
    }

    #[tokio::test]
    async fn the_oldest_comes_first_and_what_was_offered_twice_comes_once() {
        let offers = Offers::default();
        for (execution, call) in [(2, 1), (1, 4), (1, 3), (1, 4)] {
            offers.offer("a", id(execution), call);
        }
        offers.offer("b", id(0), 1);
        for expected in [(id(1), 3), (id(1), 4), (id(2), 1)] {
            let offer = offers.next("a").await.unwrap();
            assert_eq!((offer.execution, offer.call), expected);
            offer.settle();
        }
        assert!(hold(&offers.queue("a").waiting).is_empty());
    }

    #[tokio::test]
    async fn what_was_taken_out_and_not_settled_goes_back() {
        let offers = Offers::default();
        offers.offer("a", id(1), 1);
        drop(offers.next("a").await.unwrap());
        let offer = offers.next("a").await.unwrap();
        offers.offer("a", id(1), 1);
        offer.settle();
        assert!(hold(&offers.queue("a").waiting).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_is_told_of_what_comes_and_of_the_end() {
        let offers = Arc::new(Offers::default());
        let waiting = [1, 2].map(|_| {
            let offers = Arc::clone(&offers);
            tokio::spawn(async move { offers.next("a").await.map(Offer::settle) })
        });
        tokio::task::yield_now().await;
        offers.offer("a", id(1), 1);
        offers.withdraw(id(2));
        offers.offer("a", id(3), 1);
        for one in waiting {
            one.await.unwrap().unwrap();
        }
        let last = tokio::spawn({
            let offers = Arc::clone(&offers);
            async move { offers.next("a").await.map(Offer::settle) }
        });
        tokio::task::yield_now().await;
        offers.end(&ActorError::ShuttingDown);
        assert!(matches!(last.await.unwrap(), Err(ActorError::ShuttingDown)));
    }
}
