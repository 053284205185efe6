//! The one thread that writes: it takes all that waits, checks it, stages it, syncs once, and answers everybody.
//!
//! Nobody waits for a timer: a lone writer is synced at once, and while a sync runs the next group gathers. So latency is
//! that of one sync and throughput is bound by what can be staged.
//!
//! A batch is refused by itself when its version or its name is wrong. Anything that fails in staging or syncing, by
//! error or by panic, poisons: nobody of the group is told success, since nobody knows what is on the disk.

mod engine;
mod group;
mod queue;
mod versions;

#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::{io, thread};

pub(crate) use engine::Engine;
pub(crate) use queue::Bounds;

use crate::meters::Meters;
use crate::{Ack, Error, ExecutionId, Figures, Name, Version};
use group::Group;
pub(crate) use group::panic_text;
use queue::{End, Queue};

/// Called with what a piece of upkeep found, when that is durable.
pub(crate) type UpkeepAck<D> = Box<dyn FnOnce(Result<D, Error>) + Send>;

/// What waits to be written.
pub(crate) enum Job<E: Engine> {
    Append(Append<E::Write>),
    Upkeep { upkeep: E::Upkeep, forget: Vec<ExecutionId>, ack: UpkeepAck<E::Done> },
}

/// A batch with what has to be checked before it is staged.
pub(crate) struct Append<W> {
    pub(crate) execution: ExecutionId,
    pub(crate) expected: Version,
    pub(crate) records: u64,
    pub(crate) claim: Option<Name>,
    /// Whether the stream is not expected to be written soon.
    pub(crate) leaves: bool,
    /// About how many bytes it has.
    pub(crate) bytes: usize,
    pub(crate) write: W,
    pub(crate) ack: Ack,
}

/// The handle of the thread.
pub(crate) struct Committer<E: Engine> {
    shared: Arc<Shared<E>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared<E: Engine> {
    queue: Queue<Job<E>>,
    batches: AtomicU64,
    records: AtomicU64,
    syncs: AtomicU64,
    waiting: AtomicU64,
}

impl<E: Engine> Committer<E> {
    /// Starts the thread. It remembers where about `streams` streams stand.
    pub(crate) fn start(engine: E, bounds: Bounds, streams: usize) -> Result<Self, Error> {
        let shared = Arc::new(Shared {
            queue: Queue::new(bounds),
            batches: AtomicU64::new(0),
            records: AtomicU64::new(0),
            syncs: AtomicU64::new(0),
            waiting: AtomicU64::new(0),
        });
        let group = Group::new(engine, streams);
        // Here and not on the thread, for which no recorder of the caller's own is in place.
        let meters = Meters::register();
        let thread = thread::Builder::new()
            .name("duramen-committer".to_owned())
            .spawn({
                let shared = shared.clone();
                move || run(&shared, group, meters)
            })
            .map_err(|source| Error::io("starting the committer", source))?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    pub(crate) fn submit(&self, append: Append<E::Write>) {
        let bytes = append.bytes;
        self.push(Job::Append(append), bytes);
    }

    /// Hands over upkeep and blocks until it is durable. What is known of the streams in `forget` is looked up again.
    pub(crate) fn upkeep(&self, upkeep: E::Upkeep, forget: Vec<ExecutionId>) -> Result<E::Done, Error>
    where
        E::Done: 'static,
    {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        let ack = Box::new(move |outcome| {
            let _ = sender.send(outcome);
        });
        self.push(Job::Upkeep { upkeep, forget, ack }, 0);
        receiver.recv().unwrap_or(Err(Error::Closed))
    }

    fn push(&self, job: Job<E>, bytes: usize) {
        self.shared.waiting.fetch_add(1, Ordering::Relaxed);
        if let Err((job, end)) = self.shared.queue.push(job, bytes) {
            self.shared.refuse(job, end.error());
        }
    }

    pub(crate) fn figures(&self) -> Figures {
        Figures {
            batches: self.shared.batches.load(Ordering::Relaxed),
            records: self.shared.records.load(Ordering::Relaxed),
            syncs: self.shared.syncs.load(Ordering::Relaxed),
            waiting: self.shared.waiting.load(Ordering::Relaxed),
        }
    }

    /// Writes what waits, takes no more, and ends the thread.
    pub(crate) fn close(&self) -> Result<(), Error> {
        self.shared.queue.end(End::Closed);
        // An acknowledgement that closes the log runs on the thread that would be waited for.
        if !self.shared.queue.is_consumer() {
            let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(thread) = thread {
                let ended = thread.join();
                if ended.is_err() {
                    return Err(Error::io("ending the committer", io::Error::other("its thread panicked")));
                }
            }
        }
        match self.shared.queue.ended() {
            Some(End::Poisoned(cause)) => Err(Error::Poisoned { cause }),
            Some(End::Closed) | None => Ok(()),
        }
    }
}

impl<E: Engine> Drop for Committer<E> {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!(%error, "the log was not closed well");
        }
    }
}

impl<E: Engine> Shared<E> {
    fn refuse(&self, job: Job<E>, error: Error) {
        match job {
            Job::Append(append) => self.answer(append.ack, Err(error)),
            Job::Upkeep { ack, .. } => self.answer(ack, Err(error)),
        }
    }

    /// Whoever panics in an acknowledgement harms himself only.
    fn answer<T>(&self, ack: Box<dyn FnOnce(Result<T, Error>) + Send>, outcome: Result<T, Error>) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        if catch_unwind(AssertUnwindSafe(|| ack(outcome))).is_err() {
            tracing::error!("an acknowledgement panicked");
        }
    }
}

fn run<E: Engine>(shared: &Shared<E>, mut group: Group<E>, mut meters: Meters) {
    let mut jobs = std::collections::VecDeque::new();
    while shared.queue.take_all(&mut jobs) {
        meters.waiting(shared.waiting.load(Ordering::Relaxed));
        match group.commit(&mut jobs) {
            Ok(done) => {
                shared.batches.fetch_add(done.batches, Ordering::Relaxed);
                shared.records.fetch_add(done.records, Ordering::Relaxed);
                shared.syncs.fetch_add(u64::from(done.sync.is_some()), Ordering::Relaxed);
                meters.committed(&done);
                group.answer(|ack, outcome| shared.answer(ack, outcome), |ack, outcome| shared.answer(ack, outcome));
                meters.waiting(shared.waiting.load(Ordering::Relaxed));
            }
            Err(cause) => {
                tracing::error!(%cause, "the log takes no more writes");
                meters.poisoned();
                let cause: Arc<str> = cause.into();
                shared.queue.end(End::Poisoned(cause.clone()));
                let poisoned = || Error::Poisoned { cause: cause.clone() };
                group
                    .answer(|ack, _| shared.answer(ack, Err(poisoned())), |ack, _| shared.answer(ack, Err(poisoned())));
                loop {
                    for job in jobs.drain(..) {
                        shared.refuse(job, poisoned());
                    }
                    meters.waiting(shared.waiting.load(Ordering::Relaxed));
                    if !shared.queue.take_all(&mut jobs) {
                        return;
                    }
                }
            }
        }
    }
}
