//! The committer's engine on sled.

use std::sync::Arc;

use sled::IVec;

use super::encoded::{Encoded, Large, Row, Rows};
use super::key::{self, ChunksOf};
use super::store::Store;
use super::tail::Tail;
use super::upkeep::{self, Upkeep};
use super::{names, records, snapshots};
use crate::committer::Engine;
use crate::frame::{self, CHUNK, Head};
use crate::{Error, ExecutionId, Name, Snapshot, Version};

/// sled holds in memory what one `apply_batch` writes, and shuts out readers meanwhile.
pub(super) const ROWS_AT_ONCE: usize = 256;

/// Gathers rows, and applies them in the order in which they came, whole batches at a time.
pub(super) struct Writer {
    pub(super) store: Arc<Store>,
    rows: sled::Batch,
    count: usize,
    moves: bool,
    tail: Tail,
}

impl Writer {
    pub(super) fn new(store: Arc<Store>, tail: Tail) -> Self {
        Self { store, rows: sled::Batch::default(), count: 0, moves: false, tail }
    }

    /// Makes room for `more` rows that must not be torn apart.
    fn make_room(&mut self, more: usize) -> Result<(), Error> {
        if self.count > 0 && self.count + more > ROWS_AT_ONCE { self.apply() } else { Ok(()) }
    }

    pub(super) fn put(&mut self, rows: impl IntoIterator<Item = Row>) {
        for (key, value) in rows {
            self.count += 1;
            match value {
                Some(value) => self.rows.insert(key, value),
                None => self.rows.remove(key),
            }
        }
    }

    pub(super) fn apply(&mut self) -> Result<(), Error> {
        if self.count == 0 {
            return Ok(());
        }
        self.count = 0;
        let rows = std::mem::take(&mut self.rows);
        let _moving = std::mem::take(&mut self.moves).then(|| self.store.move_places());
        self.store.call("writing to the log", |db| db.apply_batch(rows))
    }

    /// What is applied next hides these executions.
    pub(super) fn will_hide(&mut self, executions: &[ExecutionId]) -> Result<(), Error> {
        self.moves = true;
        self.tail.forget(executions)
    }

    /// Writes chunks before the row that makes them visible.
    fn write_chunks(&mut self, large: &Large) -> Result<(), Error> {
        self.apply()?;
        for (number, chunk) in (0_u32..).zip(large.payload.chunks(CHUNK)) {
            let key = key::chunk(large.of, large.execution, large.place, number);
            self.put([(IVec::from(&key), Some(IVec::from(chunk)))]);
            if self.count == ROWS_AT_ONCE {
                self.apply()?;
            }
        }
        self.apply()
    }

    /// Adds the row of a snapshot to `rows`; its chunks, if it needs any, go where those of the one before are not.
    fn write_snapshot(&mut self, snapshot: &Snapshot, execution: ExecutionId, rows: &mut Rows) -> Result<Stale, Error> {
        self.apply()?;
        let key = key::snapshot(execution);
        let before = snapshots::place_of_chunks(&self.store, execution)?;
        let payload = snapshots::payload(snapshot);
        let (value, kept) = if payload.len() <= CHUNK {
            (frame::whole(&key, snapshot.kind.0, &[&payload]), None)
        } else {
            let place = before.map_or(0, |before| before.wrapping_add(1));
            let value = Head::of(snapshot.kind.0, place, &[&payload]).value(&key);
            self.write_chunks(&Large { of: ChunksOf::Snapshots, execution, place, payload })?;
            (value, Some(place))
        };
        rows.push((IVec::from(&key), Some(IVec::from(value))));
        Ok(Stale { execution, place: before.filter(|before| Some(*before) != kept) })
    }

    /// Removes the chunks of a snapshot that was replaced by what is staged.
    fn remove_stale(&mut self, stale: &Stale) -> Result<(), Error> {
        let Some(place) = stale.place else { return Ok(()) };
        self.apply()?;
        let prefix = key::chunks_at(ChunksOf::Snapshots, stale.execution, place);
        loop {
            let keys = self.store.keys(&prefix, ROWS_AT_ONCE)?;
            if keys.is_empty() {
                return Ok(());
            }
            self.put(keys.into_iter().map(|key| (key, None)));
            self.apply()?;
        }
    }
}

/// The chunks that the snapshot before had, if any.
struct Stale {
    execution: ExecutionId,
    place: Option<u64>,
}

impl Engine for Writer {
    type Write = Encoded;
    type Upkeep = Upkeep;
    type Done = upkeep::Done;

    fn version(&self, execution: ExecutionId) -> Result<Option<Version>, Error> {
        if self.store.is_deleting(execution) {
            return Ok(None);
        }
        records::version(&self.store, execution).map(Some)
    }

    fn holder(&self, name: &Name) -> Result<Option<ExecutionId>, Error> {
        names::holder(&self.store, name)
    }

    fn stage(&mut self, write: Encoded) -> Result<(), Error> {
        let Encoded { mut rows, large, snapshot, moves, newest } = write;
        for large in &large {
            self.write_chunks(large)?;
        }
        let stale = match snapshot {
            Some((execution, snapshot)) => Some(self.write_snapshot(&snapshot, execution, &mut rows)?),
            None => None,
        };
        self.make_room(rows.len())?;
        self.moves |= moves;
        if let Some(newest) = newest {
            let bytes = rows.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, |value| value.len())).sum();
            self.tail.take(newest, bytes);
        }
        self.put(rows);
        stale.map_or(Ok(()), |stale| self.remove_stale(&stale))
    }

    fn upkeep(&mut self, upkeep: Upkeep) -> Result<upkeep::Done, Error> {
        self.apply()?;
        upkeep.run(self)
    }

    fn sync(&mut self) -> Result<(), Error> {
        self.apply()?;
        self.store.sync()?;
        self.tail.note();
        Ok(())
    }
}
