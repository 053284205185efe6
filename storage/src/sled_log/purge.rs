//! Deleting closed executions in pieces, while others append.
//!
//! First an execution is hidden: its summary goes to a place that nothing lists, and its name is free. Then its rows are
//! removed: marks first, so that none is left without its record, and records from the newest to the oldest, so that
//! whoever reads meanwhile finds a shorter stream and no gap. At last it is forgotten. What a crash leaves hidden, the next purge removes.

use std::collections::HashSet;

use sled::IVec;

use super::key::{self, ChunksOf};
use super::store::Store;
use super::upkeep::{Done, Upkeep};
use super::writer::ROWS_AT_ONCE;
use super::{SledLog, summaries, timers};
use crate::{Error, ExecutionId, Place, Query, Status};

/// How many executions are hidden at once: three rows each.
const HIDE_AT_ONCE: usize = 64;

pub(super) fn run(log: &SledLog, closed_before_ms: u64, max: usize) -> Result<usize, Error> {
    let left = log.with(|store| store.keys(&key::summaries(key::DELETING), usize::MAX))?;
    let left: Vec<ExecutionId> = left.iter().filter_map(|key| key::execution_of(key)).collect();
    let hidden = hide(log, closed_before_ms, max)?;
    let count = hidden.len();
    let all: HashSet<ExecutionId> = left.into_iter().chain(hidden).collect();
    if all.is_empty() {
        return Ok(0);
    }
    remove_rows(log, &all)?;
    remove_timers(log, &all)?;
    let all: Vec<ExecutionId> = all.into_iter().collect();
    for some in all.chunks(ROWS_AT_ONCE) {
        upkeep(log, Upkeep::Finish(some.to_vec()), some)?;
    }
    Ok(count)
}

/// Hides closed executions, those started first before the others.
fn hide(log: &SledLog, closed_before_ms: u64, max: usize) -> Result<Vec<ExecutionId>, Error> {
    let mut hidden = Vec::new();
    // What was closed before then was also started before then.
    let mut query = Query::new().awake(false).started_before_ms(closed_before_ms).page_size(HIDE_AT_ONCE);
    query.statuses = Status::ALL.into_iter().filter(|status| status.is_closed()).collect();
    while hidden.len() < max {
        let page = match log.with(|store| summaries::list(store, &query)) {
            Ok(page) => page,
            Err(Error::Corrupt { execution, .. } | Error::NewerFormat { execution, .. }) => {
                tracing::warn!(%execution, "cannot be purged, since its summary cannot be read");
                query.after = Some(execution);
                continue;
            }
            Err(error) => return Err(error),
        };
        let closed = page.rows.iter().filter(|row| row.closed_ms.is_some_and(|closed| closed < closed_before_ms));
        let closed: Vec<(Place, ExecutionId)> =
            closed.map(|row| (row.place(), row.execution)).take(max - hidden.len()).collect();
        if !closed.is_empty() {
            let executions: Vec<ExecutionId> = closed.iter().map(|(_, execution)| *execution).collect();
            hidden.extend(upkeep(log, Upkeep::Hide(closed), &executions)?);
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    Ok(hidden)
}

fn remove_rows(log: &SledLog, executions: &HashSet<ExecutionId>) -> Result<(), Error> {
    let mut gathered = Vec::new();
    for execution in executions {
        loop {
            let room = ROWS_AT_ONCE - gathered.len();
            let keys = log.with(|store| newest_rows(store, *execution, room))?;
            let all = keys.len() < room;
            gathered.extend(keys);
            if all {
                break;
            }
            upkeep(log, Upkeep::Remove(std::mem::take(&mut gathered)), &[])?;
        }
    }
    if gathered.is_empty() { Ok(()) } else { upkeep(log, Upkeep::Remove(gathered), &[]).map(drop) }
}

/// At most `max` keys of an execution: what is visible first, so that no head is ever left without its chunks.
fn newest_rows(store: &Store, execution: ExecutionId, max: usize) -> Result<Vec<IVec>, Error> {
    store.call("reading keys", |db| {
        let marks = db.scan_prefix(key::marks(execution)).keys();
        let snapshot = db.scan_prefix(key::snapshot(execution)).keys();
        let records = db.scan_prefix(key::records(execution)).rev().map(|row| row.map(|(key, _)| key));
        let chunks = [ChunksOf::Records, ChunksOf::Snapshots]
            .into_iter()
            .flat_map(|of| db.scan_prefix(key::chunks(of, execution)).keys());
        marks.chain(snapshot).chain(records).chain(chunks).take(max).collect()
    })
}

/// Timers are filed by time, so those that closed executions left behind are found by looking at all.
fn remove_timers(log: &SledLog, executions: &HashSet<ExecutionId>) -> Result<(), Error> {
    let mut after = None;
    loop {
        let timers = log.with(|store| timers::after(store, after, ROWS_AT_ONCE))?;
        let stale = timers.iter().filter(|timer| executions.contains(&timer.execution));
        let stale: Vec<IVec> = stale.map(|timer| IVec::from(&key::timer(*timer))).collect();
        if !stale.is_empty() {
            upkeep(log, Upkeep::Remove(stale), &[])?;
        }
        match timers.last() {
            Some(last) => after = Some(*last),
            None => return Ok(()),
        }
    }
}

fn upkeep(log: &SledLog, upkeep: Upkeep, forget: &[ExecutionId]) -> Result<Done, Error> {
    log.committer.upkeep(upkeep, forget.to_vec())
}
