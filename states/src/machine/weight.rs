//! About how many bytes events bring into the log.

use super::event::{Carry, ChildEnd, Event, Inputs};
use super::state::End;
use crate::history::Fault;
use crate::payload::Payload;

/// How many bytes the batches of items may have together that are given to a map: they stand in one record, of which a log
/// takes 64 MiB. Those of items that are read are made in pieces.
pub(crate) const MOST_ITEMS_BYTES: usize = 48 * 1024 * 1024;

fn of_carry(carry: &Carry) -> usize {
    match carry {
        Carry::Same => 0,
        Carry::New(payload) => payload.weight(),
    }
}

fn of_fault(fault: &Fault) -> usize {
    [&fault.error, &fault.cause].into_iter().flatten().map(String::len).sum()
}

impl Event {
    /// About how many bytes the payloads and errors in it have.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Started { input, .. } => input.weight(),
            Self::Exited { output, assigned, .. } => {
                of_carry(output) + assigned.iter().map(|(_, value)| value.weight()).sum::<usize>()
            }
            Self::Scheduled { parameters, credentials, .. } => {
                of_carry(parameters) + credentials.as_ref().map_or(0, Payload::weight)
            }
            Self::Succeeded { output, .. } => of_carry(output),
            Self::ParallelStarted { input, .. } | Self::IterationStarted { input, .. } => of_carry(input),
            Self::MapStarted { items, .. } => of_carry(items),
            Self::IsItem { item, .. } => of_carry(item),
            Self::Submitted { output, .. } => output.weight(),
            Self::Reading { arguments, .. } | Self::ReadingAt { arguments, .. } => arguments.weight(),
            Self::Writing { arguments, fault, .. } => arguments.weight() + fault.as_ref().map_or(0, of_fault),
            Self::Read { items, .. } => items.weight(),
            Self::Batched { batches, .. } => batches.weight(),
            Self::ItemsRead { items, .. } => items.bytes(),
            Self::BatchesMade { batches, .. } => batches.bytes(),
            Self::Written { result, .. } => result.weight(),
            Self::ChildrenStarted { inputs: Inputs::Selected(inputs), .. } => {
                inputs.iter().map(Payload::weight).sum::<usize>()
            }
            Self::ChildrenEnded { ended, .. } => ended.iter().map(|(_, end)| of_child(end)).sum(),
            Self::Failed { fault, .. }
            | Self::SubmitFailed { fault, .. }
            | Self::ScheduleFailed { fault, .. }
            | Self::StartFailed { fault, .. }
            | Self::TimedOut { fault, .. }
            | Self::EvaluationFailed { fault, .. }
            | Self::StoreFailed { fault, .. }
            | Self::RunFailed { fault, .. }
            | Self::ExecutionFailed { fault }
            | Self::ExecutionTimedOut { fault }
            | Self::ExecutionAborted { fault } => of_fault(fault),
            _ => 0,
        }
    }
}

fn of_child(end: &ChildEnd) -> usize {
    match end {
        ChildEnd::Succeeded(output) => of_carry(output),
        ChildEnd::Failed(fault) | ChildEnd::TimedOut(fault) => of_fault(fault),
        ChildEnd::Aborted => 0,
    }
}

impl End {
    /// About how many bytes its output or its error has.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Succeeded(output) => output.weight(),
            Self::Failed(fault) | Self::TimedOut(fault) | Self::Aborted(fault) => of_fault(fault),
        }
    }
}

/// About how many bytes an answer has.
pub(crate) fn of_answer(answer: &Result<Payload, Fault>) -> usize {
    match answer {
        Ok(output) => output.weight(),
        Err(fault) => of_fault(fault),
    }
}
