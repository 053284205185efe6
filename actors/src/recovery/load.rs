//! What the log has of an entity that comes back: its newest snapshot, and no more records than are needed beside it.

use duramen_storage::{Error as LogError, ExecutionId, Summary, Version};

use crate::shared::Shared;
use crate::{Behavior, Turn, turn};

/// How many records are read from the log at once.
const PAGE: u16 = 256;

/// What the log has of an entity.
pub(super) struct Loaded<B: Behavior> {
    pub(super) summary: Summary,
    /// The state of the snapshot, or the initial one.
    pub(super) state: B::State,
    /// The turns that are to be replayed, in order.
    pub(super) turns: Vec<Turn<B::Event>>,
    /// So many of the first of them are in the state already.
    pub(super) applied: usize,
    pub(super) version: Version,
}

/// Reads an entity; `None` when there is no such one with this behaviour. Blocks.
pub(super) fn load<B: Behavior>(shared: &Shared<B>, execution: ExecutionId) -> Result<Option<Loaded<B>>, LogError> {
    let Some(summary) = shared.log.summary(execution)?.filter(|row| row.kind == B::KIND) else { return Ok(None) };
    let mut turns = Vec::new();
    let (state, snapshot) = match restore(shared, execution) {
        Ok(Some((state, version))) => {
            read_replayed(shared, execution, &state, version, &mut turns)?;
            (state, version)
        }
        Ok(None) => (shared.behavior.initial(execution), Version::NONE),
        Err(reason) => {
            tracing::warn!(%execution, reason, "a snapshot is passed over; the events are read");
            (shared.behavior.initial(execution), Version::NONE)
        }
    };
    let applied = turns.len();
    let version = read(shared, execution, snapshot, Version::new(u64::MAX), &mut turns)?;
    Ok(Some(Loaded { summary, state, turns, applied, version }))
}

/// Reads the records up to the snapshot that are replayed although they are in its state.
fn read_replayed<B: Behavior>(
    shared: &Shared<B>,
    execution: ExecutionId,
    state: &B::State,
    snapshot: Version,
    turns: &mut Vec<Turn<B::Event>>,
) -> Result<(), LogError> {
    let mut given = Version::NONE;
    for range in shared.behavior.replayed(state) {
        let after = given.max(Version::new(range.start().saturating_sub(1)));
        let until = snapshot.min(Version::new(*range.end()));
        if after < until {
            given = read(shared, execution, after, until, turns)?;
            if given < until {
                let (version, how) = (given.plus(1), "it is missing".into());
                return Err(LogError::Corrupt { execution, version, what: "record", how });
            }
        }
    }
    Ok(())
}

/// Reads the turns behind version `after` up to version `until`, as far as there are any, and gives the last version.
fn read<B: Behavior>(
    shared: &Shared<B>,
    execution: ExecutionId,
    after: Version,
    until: Version,
    turns: &mut Vec<Turn<B::Event>>,
) -> Result<Version, LogError> {
    let mut version = after;
    loop {
        let left = until.get().saturating_sub(version.get());
        let max = usize::from(u16::try_from(left).unwrap_or(PAGE).min(PAGE));
        let records = shared.log.read(execution, version, max)?;
        let complete = records.len() < max || max == 0;
        for record in records {
            version = record.version;
            let turn = turn::decode(&shared.behavior, record.kind, &record.body).map_err(|how| LogError::Corrupt {
                execution,
                version,
                what: "record",
                how: how.into(),
            })?;
            turns.push(turn);
        }
        if complete || version >= until {
            return Ok(version);
        }
    }
}

/// The state of the snapshot, and the version it stands for; a text that says why it cannot be used.
fn restore<B: Behavior>(shared: &Shared<B>, execution: ExecutionId) -> Result<Option<(B::State, Version)>, String> {
    if !B::SNAPSHOTS {
        return Ok(None);
    }
    let Some(snapshot) = shared.log.snapshot(execution).map_err(|error| error.to_string())? else { return Ok(None) };
    if snapshot.kind != B::RECORD {
        return Err(format!("it was written in schema {}", snapshot.kind.0));
    }
    Ok(Some((shared.behavior.restore(execution, &snapshot.body)?, snapshot.version)))
}
