//! Letting a process die at every point.

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use duramen_storage::{Log, MemoryLog, Record, Version};

use super::fuse::Stored;
use super::lab::Ran;
use super::store::{Histories, Store, histories};
use super::{Crashes, Difference, Differs, Lab};
use crate::execution::dry;
use crate::{Error, Event, Runtime};

impl Lab {
    /// Runs a scenario whole, and then again for each batch that was written: from what a process that died there would have
    /// left. Whatever the scenario gives must be the same each time, and histories must go on from what was there.
    ///
    /// Each run is on a log of its own, empty but for what the crash left; the lab is as before. A scenario starts its executions
    /// under names of its own choice, waits for them, and gives what is to be compared: what [`ended`](super::ended) gave, and
    /// what the world outside then looks like, say. In it, an execution that was started before the crash is started again, which
    /// gives the same one; what else it does, it may have done before the crash.
    ///
    /// In memory a crash leaves the beginning of the log of the whole run, and the scenario is run once for each. In a
    /// folder, each crash is a run of its own: the scenario runs until so many batches are on the disk, the process dies, as
    /// it were, and the scenario runs again on what is there. The folders for that are made in the folder of the lab and
    /// removed; that of a crash with a difference stays.
    ///
    /// ```
    /// use duramen::testing::{Differs, Lab, ended, virtual_time};
    /// use duramen::{Context, Failure, Runtime};
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// static SOLD: AtomicU32 = AtomicU32::new(0);
    ///
    /// /// What a workflow may not do: it asks the world outside of a step.
    /// async fn sell(ctx: Context, (): ()) -> Result<u32, Failure> {
    ///     let number = SOLD.fetch_add(1, Ordering::Relaxed);
    ///     ctx.step("print", || async { Ok::<_, Failure>(()) }).await?;
    ///     Ok(number)
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// virtual_time(async {
    ///     let lab = Lab::in_memory(|builder| builder.workflow("sell", sell));
    ///     let crashes = lab
    ///         .crash_everywhere(async |runtime: Runtime| {
    ///             Ok::<_, duramen::Error>(ended(&runtime.start::<u32>("sell", "s", ()).await?).await?.succeeded())
    ///         })
    ///         .await?;
    ///     assert_eq!(crashes.differences[1].after, 1);
    ///     assert!(crashes.to_string().contains("a crash behind batch 1 (`s` of `sell`: ExecutionStarted, StepStarted"));
    ///     Ok(())
    /// })?
    /// # }
    /// ```
    ///
    /// # Errors
    /// What the scenario gives as an error without a crash; [`Error::Setting`] when it does not end; as [`Lab::open`].
    pub async fn crash_everywhere<T, E>(&self, scenario: impl AsyncFn(Runtime) -> Result<T, E>) -> Result<Crashes<T>, E>
    where
        T: PartialEq + Debug,
        E: From<Error> + std::fmt::Display,
    {
        let store = match &self.store {
            Store::Memory(_) => Store::Memory(Arc::new(MemoryLog::new())),
            Store::Folder(folder) => Store::Folder(within(folder, "whole")),
        };
        store.remove_folder();
        let mut lab = self.on(store, self.starting_at_ms());
        let ran = lab.run(None, &scenario).await?;
        // What is left to be done behind its end belongs to no crash.
        let stored = lab.stored();
        let log = lab.store.clone();
        lab.die().await;
        let whole = match ran {
            Ran::Ended(outcome) => outcome?,
            Ran::Died | Ran::Overdue => return Err(self.stuck().into()),
        };
        lab.store.remove_folder();
        let mut differences = Vec::new();
        for after in 0..=stored.len() {
            let crash = match &log {
                Store::Memory(log) => self.resume_from(log, &stored, after, &scenario).await,
                Store::Folder(_) => self.run_into(after, &scenario).await,
            };
            let what = match crash {
                Ok(Some(Ok(outcome))) if outcome == whole => {
                    self.store_of_crash(after).remove_folder();
                    continue;
                }
                Ok(Some(Ok(outcome))) => Differs::Outcome(outcome),
                Ok(Some(Err(error))) => Differs::Error(error.to_string()),
                Ok(None) => Differs::Stuck,
                Err(Broken::History(how)) => Differs::History(how),
                Err(Broken::Error(error)) => Differs::Error(error.to_string()),
            };
            differences.push(Difference { after, batch: describe(&stored, after), what });
        }
        if let Store::Folder(folder) = &self.store {
            // Only when no difference has left anything in it.
            let _ = std::fs::remove_dir(folder.join(CRASHES));
        }
        Ok(Crashes { whole, batches: stored.len(), differences })
    }

    /// In memory: goes on from the first batches of the log of the whole run.
    async fn resume_from<O>(
        &self,
        log: &Arc<MemoryLog>,
        stored: &[Stored],
        after: usize,
        scenario: &impl AsyncFn(Runtime) -> O,
    ) -> Result<Option<O>, Broken> {
        let left = Arc::new(log.prefix(after));
        let before = histories(&(Arc::clone(&left) as Arc<dyn Log>)).await?;
        let last = after.checked_sub(1).and_then(|last| stored.get(last));
        let mut lab = self.on(Store::Memory(left), last.map_or(self.starting_at_ms(), |stored| stored.at_ms));
        lab.go_on(&before, scenario).await
    }

    /// In a folder: runs until so many batches are on the disk, and goes on from there.
    async fn run_into<O>(&self, after: usize, scenario: &impl AsyncFn(Runtime) -> O) -> Result<Option<O>, Broken> {
        let store = self.store_of_crash(after);
        store.remove_folder();
        let mut lab = self.on(store, self.starting_at_ms());
        let ran = lab.run(Some(after), scenario).await?;
        lab.die().await;
        if let Ran::Overdue = ran {
            return Ok(None);
        }
        let before = lab.left_in_folder().await?;
        lab.go_on(&before, scenario).await
    }

    /// Where the run with a crash behind so many batches is kept.
    fn store_of_crash(&self, after: usize) -> Store {
        match &self.store {
            Store::Memory(_) => Store::Memory(Arc::new(MemoryLog::new())),
            Store::Folder(folder) => Store::Folder(within(folder, &format!("behind-{after}"))),
        }
    }

    /// What the folder holds before anything goes on.
    async fn left_in_folder(&self) -> Result<Histories, Broken> {
        let log = self.store.builder().open_log().await?;
        let left = histories(&log).await;
        let closed = tokio::task::spawn_blocking(move || log.close()).await;
        closed.unwrap_or(Err(duramen_storage::Error::Closed))?;
        Ok(left?)
    }

    /// Runs the scenario on what a crash left, and looks whether histories went on from there.
    async fn go_on<O>(
        &mut self,
        before: &Histories,
        scenario: &impl AsyncFn(Runtime) -> O,
    ) -> Result<Option<O>, Broken> {
        let ran = self.run(None, scenario).await?;
        let after = match &self.open {
            Some(open) => histories(open.fuse.inner()).await?,
            None => Histories::new(),
        };
        self.die().await;
        let Ran::Ended(outcome) = ran else { return Ok(None) };
        for (execution, records) in before {
            if let Some(version) = first_difference(records, after.get(execution)) {
                let how =
                    format!("record {version} of execution {execution} was there after the crash, and is not any more");
                return Err(Broken::History(how));
            }
        }
        Ok(Some(outcome))
    }
}

/// Why there is no outcome after a crash.
enum Broken {
    History(String),
    Error(Error),
}

impl<E: Into<Error>> From<E> for Broken {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

/// The folder, in that of the lab, for those of the runs.
const CRASHES: &str = "crash-everywhere";

fn within(folder: &Path, run: &str) -> PathBuf {
    folder.join(CRASHES).join(run)
}

fn first_difference(before: &[Record], after: Option<&Vec<Record>>) -> Option<Version> {
    let after = after.map_or(&[][..], Vec::as_slice);
    let differs = |(nth, record): &(usize, &Record)| after.get(*nth) != Some(record);
    before.iter().enumerate().find(differs).map(|(_, record)| record.version)
}

/// What the last of the first `after` batches recorded.
fn describe(stored: &[Stored], after: usize) -> String {
    let Some((batch, before)) = stored.get(..after).and_then(<[Stored]>::split_last) else {
        return "before anything was durable".to_owned();
    };
    let Some(execution) = batch.execution else { return "executions were deleted".to_owned() };
    let of_it = before.iter().chain([batch]).filter(|stored| stored.execution == Some(execution));
    let begun = of_it.flat_map(events).find_map(|event| match event {
        Event::ExecutionStarted { begin } => Some(format!("`{}` of `{}`", begin.name, begin.workflow)),
        _ => None,
    });
    let which = begun.unwrap_or_else(|| execution.to_string());
    let happened: Vec<_> = events(batch).iter().map(in_short).collect();
    let happened = if happened.is_empty() { "it was filed anew".to_owned() } else { happened.join(", ") };
    format!("{which}: {happened}")
}

fn events(stored: &Stored) -> Vec<Event> {
    let records = stored.records.iter().zip(1..);
    let records =
        records.map(|(new, version)| Record { version: Version::new(version), kind: new.kind, body: new.body.clone() });
    let turns = dry::turns(&records.collect::<Vec<_>>()).unwrap_or_default();
    turns.into_iter().flat_map(|turn| turn.given.into_iter().chain(turn.asked)).collect()
}

fn in_short(event: &Event) -> String {
    let operation = event.operation().map(|operation| format!(" {operation}")).unwrap_or_default();
    let name = event.name().map(|name| format!(" `{name}`")).unwrap_or_default();
    format!("{}{operation}{name}", event.kind())
}
