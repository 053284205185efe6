//! What a memory log holds, and how a batch changes it: the contract of the log in its plainest form.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::{
    Batch, Error, ExecutionId, Kind, Name, Page, Place, Query, Record, Snapshot, Status, Summary, Timer, TimerChange,
    Version,
};

/// Streams and all that is kept beside them.
#[derive(Debug, Clone, Default)]
pub(super) struct Contents {
    streams: BTreeMap<ExecutionId, Vec<Record>>,
    /// By execution and then by place: a batch that names the wrong place of the row before leaves two rows, as it would
    /// on disk.
    summaries: BTreeMap<(ExecutionId, Filed), Summary>,
    names: BTreeMap<(Kind, String, String), ExecutionId>,
    timers: BTreeSet<Timer>,
    snapshots: BTreeMap<ExecutionId, Snapshot>,
    marks: BTreeMap<(ExecutionId, String), Version>,
}

/// A place as a number: by status, those asleep before those awake.
type Filed = (Status, bool);

fn filed(place: Place) -> Filed {
    (place.status, place.awake)
}

fn name_key(name: &Name) -> (Kind, String, String) {
    (name.kind, name.definition.clone(), name.name.clone())
}

impl Contents {
    /// Why `batch` cannot be applied, or the version the stream will have.
    pub(super) fn check(&self, batch: &Batch) -> Result<Version, Error> {
        let execution = batch.execution;
        let found = self.version(execution);
        if found != batch.expected {
            return Err(Error::Conflict { execution, expected: batch.expected, found });
        }
        if let Some(name) = &batch.claim
            && let Some(holder) = self.holder(name).filter(|holder| *holder != execution)
        {
            return Err(Error::NameTaken { name: Box::new(name.clone()), holder });
        }
        Ok(found.plus(batch.records.len() as u64))
    }

    /// Applies a batch that was checked.
    pub(super) fn apply(&mut self, batch: &Batch) {
        let execution = batch.execution;
        if !batch.records.is_empty() {
            let stream = self.streams.entry(execution).or_default();
            for (new, number) in batch.records.iter().zip(batch.expected.get() + 1..) {
                stream.push(Record { version: Version::new(number), kind: new.kind, body: new.body.clone() });
            }
        }
        if let Some((previous, summary)) = &batch.summary {
            if let Some(previous) = previous {
                self.summaries.remove(&(execution, filed(*previous)));
            }
            let summary = Summary { execution, ..summary.clone() };
            self.summaries.insert((execution, filed(summary.place())), summary);
        }
        for change in &batch.timers {
            match *change {
                TimerChange::Set { due_ms } => {
                    self.timers.insert(Timer { due_ms, execution });
                }
                TimerChange::Clear { due_ms } => {
                    self.timers.remove(&Timer { due_ms, execution });
                }
            }
        }
        if let Some(name) = &batch.claim {
            self.names.insert(name_key(name), execution);
        }
        if let Some(snapshot) = &batch.snapshot {
            self.snapshots.insert(execution, snapshot.clone());
        }
        if !batch.records.is_empty() {
            let last = batch.expected.plus(batch.records.len() as u64);
            self.marks.extend(batch.marks.iter().map(|name| ((execution, name.clone()), last)));
        }
    }

    /// The closed executions that a purge takes, those started first before the others.
    pub(super) fn closed_before(&self, closed_before_ms: u64, max: usize) -> Vec<ExecutionId> {
        let closed = self.summaries.values().filter(|row| {
            row.status.is_closed() && !row.awake && row.closed_ms.is_some_and(|closed| closed < closed_before_ms)
        });
        closed.map(|row| row.execution).take(max).collect()
    }

    /// Deletes executions with all that belongs to them.
    pub(super) fn delete(&mut self, executions: &[ExecutionId]) {
        let executions: BTreeSet<ExecutionId> = executions.iter().copied().collect();
        self.streams.retain(|execution, _| !executions.contains(execution));
        self.summaries.retain(|(execution, _), row| {
            let gone = executions.contains(execution);
            if gone {
                // As on disk, only the name in the summary is found.
                let name = (row.kind, row.definition.clone(), row.name.clone());
                if self.names.get(&name) == Some(execution) {
                    self.names.remove(&name);
                }
            }
            !gone
        });
        self.timers.retain(|timer| !executions.contains(&timer.execution));
        self.snapshots.retain(|execution, _| !executions.contains(execution));
        self.marks.retain(|(execution, _), _| !executions.contains(execution));
    }

    pub(super) fn version(&self, execution: ExecutionId) -> Version {
        self.streams.get(&execution).map_or(Version::NONE, |stream| Version::new(stream.len() as u64))
    }

    pub(super) fn read(&self, execution: ExecutionId, after: Version, max: usize) -> Vec<Record> {
        let stream = self.streams.get(&execution).into_iter().flatten();
        stream.skip_while(|record| record.version <= after).take(max).cloned().collect()
    }

    pub(super) fn last(&self, execution: ExecutionId) -> Option<Record> {
        self.streams.get(&execution)?.last().cloned()
    }

    pub(super) fn summary(&self, execution: ExecutionId) -> Option<Summary> {
        let from = (execution, (Status::Running, false));
        let (_, row) = self.summaries.range(from..).next()?;
        (row.execution == execution).then(|| row.clone())
    }

    pub(super) fn list(&self, query: &Query) -> Page {
        let asked = |row: &&Summary| {
            query.matches(row)
                && query
                    .after
                    .is_none_or(|after| if query.newest_first { row.execution < after } else { row.execution > after })
        };
        let page_size = query.page_size.max(1);
        let mut rows: Vec<Summary> = if query.newest_first {
            self.summaries.values().rev().filter(asked).take(page_size + 1).cloned().collect()
        } else {
            self.summaries.values().filter(asked).take(page_size + 1).cloned().collect()
        };
        let more = rows.len() > page_size;
        rows.truncate(page_size);
        let next = if more { rows.last().map(|row| row.execution) } else { None };
        Page { rows, next }
    }

    pub(super) fn holder(&self, name: &Name) -> Option<ExecutionId> {
        self.names.get(&name_key(name)).copied()
    }

    pub(super) fn timers(&self, after: Option<Timer>, until_ms: u64, max: usize) -> Vec<Timer> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let in_range = |timer: &&Timer| timer.due_ms < until_ms;
        self.timers.range((from, Bound::Unbounded)).take_while(in_range).take(max).copied().collect()
    }

    pub(super) fn snapshot(&self, execution: ExecutionId) -> Option<Snapshot> {
        self.snapshots.get(&execution).cloned()
    }

    pub(super) fn marked(&self, execution: ExecutionId, name: &str) -> Option<Record> {
        let version = self.marks.get(&(execution, name.to_owned()))?;
        self.read(execution, Version::new(version.get() - 1), 1).pop()
    }

    pub(super) fn marks(&self, execution: ExecutionId) -> Vec<(String, Version)> {
        let from = self.marks.range((execution, String::new())..);
        let own = from.take_while(|((of, _), _)| *of == execution);
        own.map(|((_, name), version)| (name.clone(), *version)).collect()
    }
}
