//! Summaries: one by its execution, or pages in the order of executions.
//!
//! Each place is sorted by execution, so a listing merges the places it asks for. It reads slices of bounded length;
//! while it reads one, no summary moves to another place, so that none is missed or given twice.

use std::ops::Bound;

use sled::IVec;

use super::key;
use super::records::{engine_fault, fault};
use super::store::Store;
use crate::codec;
use crate::frame::{self, Fault, Frame};
use crate::{Error, ExecutionId, Page, Place, Query, Status, Summary, Version};

/// How many rows are read while the committer has to wait.
const SLICE: usize = 256;

/// The summary of an execution, wherever it is filed.
pub(super) fn read(store: &Store, execution: ExecutionId) -> Result<Option<Summary>, Error> {
    if let Some(summary) = look(store, execution)? {
        return Ok(Some(summary));
    }
    // It may have gone from a place not yet looked at to one already looked at.
    let _held = store.hold_places();
    look(store, execution)
}

fn look(store: &Store, execution: ExecutionId) -> Result<Option<Summary>, Error> {
    for place in key::places() {
        let key = key::summary(place, execution);
        let value = store.call("reading a summary", |db| db.get(key));
        if let Some(value) = value.map_err(|error| engine_fault(execution, Version::NONE, "summary", error))? {
            return open(execution, &key, &value).map(Some);
        }
    }
    Ok(None)
}

/// The summary of an execution, if it is filed at `place` and can be read.
pub(super) fn at(store: &Store, place: Place, execution: ExecutionId) -> Result<Option<Summary>, Error> {
    let key = key::summary(key::place(place), execution);
    let value = store.call("reading a summary", |db| db.get(key))?;
    Ok(value.and_then(|value| open(execution, &key, &value).ok()))
}

/// A page of the summaries that `query` asks for.
pub(super) fn list(store: &Store, query: &Query) -> Result<Page, Error> {
    let places = places(query);
    let mut window = Window::of(query);
    let mut rows: Vec<Summary> = Vec::new();
    loop {
        let slice = slice(store, &places, &window, query.newest_first)?;
        for (execution, key, value) in &slice {
            let row = match open(*execution, key, value) {
                Ok(row) if !query.matches(&row) => continue,
                Ok(row) if rows.len() < query.page_size.max(1) => row,
                // A damaged row ends the page, so that the next begins with it and nothing else is kept back.
                Err(error) if rows.is_empty() => return Err(error),
                Ok(_) | Err(_) => {
                    let next = rows.last().map(|row| row.execution);
                    return Ok(Page { rows, next });
                }
            };
            rows.push(row);
        }
        match slice.last() {
            Some((last, ..)) if slice.len() == SLICE => window.pass(*last, query.newest_first),
            Some(_) | None => return Ok(Page { rows, next: None }),
        }
    }
}

fn places(query: &Query) -> Vec<u8> {
    let asked = |status: &Status| query.statuses.is_empty() || query.statuses.contains(status);
    let statuses = Status::ALL.into_iter().filter(asked);
    let both = statuses.flat_map(|status| [false, true].map(|awake| Place { status, awake }));
    both.filter(|place| query.awake.is_none_or(|awake| awake == place.awake)).map(key::place).collect()
}

/// A range of summary keys.
type Keys = (Bound<[u8; 18]>, Bound<[u8; 18]>);

/// The executions that are still to be looked at.
struct Window {
    from: Bound<ExecutionId>,
    to: Bound<ExecutionId>,
}

impl Window {
    fn of(query: &Query) -> Self {
        let started = |ms: Option<u64>| ms.map(|ms| ExecutionId::from_bytes(first_of(ms)));
        let mut window = Self {
            from: started(query.started_from_ms).map_or(Bound::Unbounded, Bound::Included),
            to: started(query.started_before_ms).map_or(Bound::Unbounded, Bound::Excluded),
        };
        if let Some(after) = query.after {
            let past_the_bound = match (query.newest_first, window.from, window.to) {
                (false, Bound::Included(from), _) => after < from,
                (true, _, Bound::Excluded(to)) => after >= to,
                _ => false,
            };
            if !past_the_bound {
                window.pass(after, query.newest_first);
            }
        }
        window
    }

    fn pass(&mut self, execution: ExecutionId, newest_first: bool) {
        let end = if newest_first { &mut self.to } else { &mut self.from };
        *end = Bound::Excluded(execution);
    }

    /// The keys of the window at a place; `None` when there are none.
    fn keys(&self, place: u8) -> Option<Keys> {
        let at = |execution| key::summary(place, execution);
        let from = match self.from.map(at) {
            Bound::Unbounded => Bound::Included(at(ExecutionId::from_bytes([0; 16]))),
            bound => bound,
        };
        let to = match self.to.map(at) {
            Bound::Unbounded => Bound::Included(at(ExecutionId::from_bytes([0xff; 16]))),
            bound => bound,
        };
        let is_empty = match (&from, &to) {
            (Bound::Included(from), Bound::Included(to)) => from > to,
            (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => from >= to,
            _ => false,
        };
        (!is_empty).then_some((from, to))
    }
}

/// The smallest id of executions started at `ms`.
fn first_of(ms: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    // Ids hold 48 bits of the time; what is later than that is behind all of them.
    let time = if ms >> 48 == 0 { ms << 16 } else { u64::MAX };
    bytes[..8].copy_from_slice(&time.to_be_bytes());
    bytes
}

type Filed = (ExecutionId, IVec, IVec);

/// The first rows of the window in the order of executions, at most [`SLICE`].
fn slice(store: &Store, places: &[u8], window: &Window, newest_first: bool) -> Result<Vec<Filed>, Error> {
    let _held = store.hold_places();
    store.call("listing", |db| {
        let mut scans = Vec::new();
        for keys in places.iter().filter_map(|place| window.keys(*place)) {
            let rows = db.range::<[u8; 18], _>(keys);
            let rows: Box<dyn Iterator<Item = sled::Result<(IVec, IVec)>>> =
                if newest_first { Box::new(rows.rev()) } else { Box::new(rows) };
            let mut filed = rows.filter_map(|row| match row {
                Ok((key, value)) => key::execution_of(&key).map(|execution| Ok((execution, key, value))),
                Err(error) => Some(Err(error)),
            });
            if let Some(first) = filed.next().transpose()? {
                scans.push((first, filed));
            }
        }
        let mut slice = Vec::new();
        while slice.len() < SLICE {
            let firsts = scans.iter().enumerate().map(|(scan, (first, _))| (first.0, scan));
            let Some((_, scan)) = (if newest_first { firsts.max() } else { firsts.min() }) else { break };
            let Some((first, rest)) = scans.get_mut(scan) else { break };
            match rest.next().transpose()? {
                Some(next) => slice.push(std::mem::replace(first, next)),
                None => slice.push(scans.swap_remove(scan).0),
            }
        }
        Ok(slice)
    })
}

fn open(execution: ExecutionId, key: &[u8], value: &[u8]) -> Result<Summary, Error> {
    let summary = match frame::open(key, value) {
        Ok(Frame::Whole { kind, payload }) => codec::decode_summary(execution, kind, payload),
        Ok(Frame::Chunked(_)) => Err(Fault::damaged("it is in chunks")),
        Err(how) => Err(how),
    };
    summary.map_err(|how| fault(execution, Version::NONE, "summary", how))
}
