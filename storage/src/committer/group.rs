//! What is committed with one sync.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::versions::Versions;
use super::{Append, Engine, Job, UpkeepAck};
use crate::meters::Committed;
use crate::{Ack, Error, ExecutionId, Name, Version};

/// The engine with what is known of the streams, and the answers that wait for the sync.
pub(super) struct Group<E: Engine> {
    engine: E,
    versions: Versions,
    /// Names taken since the last sync, which the engine need not know yet.
    claimed: HashMap<Name, ExecutionId>,
    answers: Vec<Answer<E::Done>>,
}

enum Answer<D> {
    Append(Ack, Result<Version, Error>),
    Upkeep(UpkeepAck<D>, Result<D, Error>),
}

impl<E: Engine> Group<E> {
    pub(super) fn new(engine: E, streams: usize) -> Self {
        Self { engine, versions: Versions::new(streams), claimed: HashMap::new(), answers: Vec::new() }
    }

    /// Stages and syncs `jobs`. When that fails, what is left in `jobs` was not begun, and the cause is given; nothing of
    /// the group must be told success then.
    pub(super) fn commit(&mut self, jobs: &mut VecDeque<Job<E>>) -> Result<Committed, String> {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.write(jobs)));
        self.claimed.clear();
        self.versions.settle();
        match outcome {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(error.to_string()),
            Err(panic) => Err(format!("the committer panicked: {}", panic_text(panic.as_ref()))),
        }
    }

    /// Gives out the answers, in the order in which the jobs came.
    pub(super) fn answer(
        &mut self,
        mut append: impl FnMut(Ack, Result<Version, Error>),
        mut upkeep: impl FnMut(UpkeepAck<E::Done>, Result<E::Done, Error>),
    ) {
        for answer in self.answers.drain(..) {
            match answer {
                Answer::Append(ack, outcome) => append(ack, outcome),
                Answer::Upkeep(ack, done) => upkeep(ack, done),
            }
        }
    }

    fn write(&mut self, jobs: &mut VecDeque<Job<E>>) -> Result<Committed, Error> {
        let mut committed = Committed::default();
        let mut staged = false;
        while let Some(job) = jobs.pop_front() {
            match job {
                Job::Append(append) => {
                    let outcome = self.check(&append);
                    let Append { execution, records, claim, leaves, bytes, write, ack, .. } = append;
                    // The answer is noted before staging, so that it is not lost when staging panics.
                    self.answers.push(Answer::Append(ack, outcome.clone()));
                    let Ok(version) = outcome else { continue };
                    self.engine.stage(write)?;
                    staged = true;
                    self.versions.set(execution, version);
                    if leaves {
                        self.versions.leave(execution);
                    }
                    if let Some(name) = claim {
                        self.claimed.insert(name, execution);
                    }
                    committed.batches += 1;
                    committed.records += records;
                    committed.bytes = committed.bytes.saturating_add(bytes);
                }
                Job::Upkeep { upkeep, forget, ack } => {
                    self.answers.push(Answer::Upkeep(ack, Err(Error::Closed)));
                    let done = self.engine.upkeep(upkeep)?;
                    if let Some(Answer::Upkeep(_, outcome)) = self.answers.last_mut() {
                        *outcome = Ok(done);
                    }
                    staged = true;
                    for execution in forget {
                        self.versions.forget(execution);
                    }
                }
            }
        }
        if staged {
            let begun = Instant::now();
            self.engine.sync()?;
            committed.sync = Some(begun.elapsed());
        }
        Ok(committed)
    }

    /// The version that the stream has after this batch, or why the batch is refused.
    fn check(&mut self, append: &Append<E::Write>) -> Result<Version, Error> {
        let execution = append.execution;
        let found = match self.versions.get(execution) {
            Some(version) => Some(version),
            None => self.engine.version(execution)?,
        };
        if found != Some(append.expected) {
            let found = found.unwrap_or(Version::NONE);
            return Err(Error::Conflict { execution, expected: append.expected, found });
        }
        if let Some(name) = &append.claim {
            let holder = match self.claimed.get(name) {
                Some(holder) => Some(*holder),
                None => self.engine.holder(name)?,
            };
            if let Some(holder) = holder.filter(|holder| *holder != execution) {
                return Err(Error::NameTaken { name: Box::new(name.clone()), holder });
            }
        }
        Ok(append.expected.plus(append.records))
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no text".to_owned())
}
