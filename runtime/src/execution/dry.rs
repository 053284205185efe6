//! A replay that only compares code with a history: nothing is performed, and no actor is needed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use duramen_actors::{Turn, decode_turn};
use duramen_storage::{ExecutionId, Record};

use super::{Execution, Live, State};
use crate::Event;
use crate::limits::Limits;
use crate::registry::Registry;
use crate::rehearsal::Rehearsal;

/// How much of a history is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// What recovery replays: the last run, with child contexts that have ended as their result.
    AsRecovery,
    /// All runs, and the inside of child contexts.
    #[cfg_attr(not(feature = "testing"), allow(dead_code, reason = "recorded histories are for tests"))]
    Whole,
}

/// Replays the turns of an execution, up to where it was ended from outside.
///
/// # Errors
/// A text that says what does not match, and where.
pub(crate) fn replay(
    registry: &Registry,
    limits: Limits,
    execution: ExecutionId,
    turns: &[Turn<Event>],
    depth: Depth,
) -> Result<(), String> {
    let ended = turns.iter().position(|turn| turn.given.iter().any(Event::ends_execution));
    let turns = turns.get(..ended.unwrap_or(turns.len())).unwrap_or(turns);
    let attempt = || match depth {
        Depth::AsRecovery => replay_run(registry, limits, execution, turns, turns.len(), depth),
        Depth::Whole => {
            let continued = turns.iter().enumerate().filter(|(_, turn)| continues(turn)).map(|(nth, _)| nth);
            continued.chain([turns.len()]).try_for_each(|end| {
                let until = turns.get(..=end).unwrap_or(turns);
                replay_run(registry, limits, execution, until, end, depth)
            })
        }
    };
    // The code of the workflow runs here, and nothing is left of it that a panic could have broken.
    catch_unwind(AssertUnwindSafe(attempt))
        .unwrap_or_else(|panic| Err(format!("the workflow panicked: {}", panic_text(panic.as_ref()))))
}

/// Replays `turns`; only the first `foreseen` of them are known beforehand, so that a run that ends behind them is still
/// the last one.
fn replay_run(
    registry: &Registry,
    limits: Limits,
    execution: ExecutionId,
    turns: &[Turn<Event>],
    foreseen: usize,
    depth: Depth,
) -> Result<(), String> {
    let known = turns.get(..foreseen).unwrap_or(turns);
    let mut state = State::default();
    for turn in known {
        for event in turn.events() {
            state.apply(event, turn.at_ms);
        }
        state.turned(turn);
    }
    let mut live = Live::new(execution, limits, Rehearsal::default(), |_| {});
    live.foresee_check(&state, known, depth == Depth::Whole);
    turns.iter().try_for_each(|turn| live.replay(registry, turn)).map_err(|fault| fault.reason().to_owned())?;
    let label = state.label();
    if state.is_between_runs() && !registry.versions(&label.definition).contains(&label.revision) {
        return Err(format!(
            "its next run needs version {} of workflow `{}`, which is not registered",
            label.revision, label.definition
        ));
    }
    Ok(())
}

fn continues(turn: &Turn<Event>) -> bool {
    turn.asked.iter().any(|event| matches!(event, Event::ExecutionContinued { .. }))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("with a value that is not a text")
}

/// The turns in records.
///
/// # Errors
/// A text that names the record that does not decode.
pub(crate) fn turns(records: &[Record]) -> Result<Vec<Turn<Event>>, String> {
    let reader = Execution::new(Registry::default(), Limits { payload: 0, operations: 0 });
    let turns = records.iter().map(|record| {
        decode_turn(&reader, record.kind, &record.body).map_err(|how| format!("record {}: {how}", record.version))
    });
    turns.collect()
}
