//! What purging writes: in order with the batches, in pieces of at most 256 rows.

use sled::IVec;

use super::key;
use super::names;
use super::summaries;
use super::writer::Writer;
use crate::{Error, ExecutionId, Name, Place};

/// A piece of purging.
pub(super) enum Upkeep {
    /// Files closed executions as being deleted, and frees their names. Those no longer at their place are left alone.
    Hide(Vec<(Place, ExecutionId)>),
    /// Removes rows of executions that are hidden.
    Remove(Vec<IVec>),
    /// Removes what says that these are being deleted: the last of them.
    Finish(Vec<ExecutionId>),
}

/// The executions that a piece dealt with.
pub(super) type Done = Vec<ExecutionId>;

impl Upkeep {
    /// The writer has applied all that came before.
    pub(super) fn run(self, writer: &mut Writer) -> Result<Done, Error> {
        match self {
            Self::Hide(closed) => hide(writer, closed),
            Self::Remove(keys) => {
                writer.put(keys.into_iter().map(|key| (key, None)));
                writer.apply()?;
                Ok(Vec::new())
            }
            Self::Finish(executions) => {
                let keys = executions.iter().map(|execution| key::summary(key::DELETING, *execution));
                writer.put(keys.map(|key| (IVec::from(&key), None)));
                writer.apply()?;
                writer.store.set_deleted(&executions);
                Ok(executions)
            }
        }
    }
}

fn hide(writer: &mut Writer, closed: Vec<(Place, ExecutionId)>) -> Result<Done, Error> {
    let mut hidden = Vec::with_capacity(closed.len());
    for (place, execution) in closed {
        let Some(summary) = summaries::at(&writer.store, place, execution)? else { continue };
        let name = Name { kind: summary.kind, definition: summary.definition, name: summary.name };
        if names::holder(&writer.store, &name).is_ok_and(|holder| holder == Some(execution)) {
            writer.put([(IVec::from(key::name(&name)), None)]);
        }
        writer.put([
            (IVec::from(&key::summary(key::place(place), execution)), None),
            (IVec::from(&key::summary(key::DELETING, execution)), Some(IVec::default())),
        ]);
        hidden.push(execution);
    }
    writer.will_hide(&hidden)?;
    writer.apply()?;
    writer.store.set_deleting(hidden.iter().copied());
    Ok(hidden)
}
