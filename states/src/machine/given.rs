//! What comes to an execution from outside: the answers of tasks, and times that are up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::distributed::{Distributed, RunNumber};
use super::event::{Carry, ChildEnd, Event};
use super::failure::TIMEOUT;
use super::frame::{Call, Frame, Phase, Stage, Worker};
use super::limits::Limits;
use super::plan::Plan;
use super::state::{End, FrameId, State};
use crate::definition::{Pattern, Resource, StateKind};
use crate::history::Fault;
use crate::packed::Packed;
use crate::payload::{Beyond, Payload};

/// What follows from what a task has come to. Nothing, if nobody waits for it any more.
pub(crate) fn answer(
    plan: &Plan,
    state: &State,
    limits: &Limits,
    call: u64,
    answer: Result<Payload, Fault>,
) -> Option<Event> {
    let (id, frame) = state.with_call(call)?;
    let under_way = frame.phase.call()?;
    if under_way.submitted && under_way.worker != Worker::Has {
        return None;
    }
    if let Phase::Distributed(_, stage) = &frame.phase {
        return Some(match (answer, stage) {
            (Ok(items), Stage::Reading(..)) => Event::Read { frame: id, items },
            (Ok(result), _) => Event::Written { frame: id, result },
            (Err(fault), _) => Event::StoreFailed { frame: id, fault: limits.cut(fault) },
        });
    }
    let by_token = frame.phase.call().is_some_and(|call| call.token.is_some() && call.worker == Worker::None);
    Some(match answer {
        Err(fault) if !under_way.submitted && is_submitted(plan, frame) => {
            Event::SubmitFailed { frame: id, fault: limits.cut(fault) }
        }
        Ok(output) if by_token && output.is_beyond(limits.payload_bytes).is_none() => {
            Event::Submitted { frame: id, output }
        }
        answer => end_of_task(plan, limits, id, frame, answer),
    })
}

/// Some of the items that a call asks for.
#[derive(Debug, Clone)]
pub(crate) struct ItemsPart {
    /// Which reading it was that has brought them.
    pub(crate) reading: u64,
    /// The index of the first.
    pub(crate) from: u64,
    pub(crate) items: Arc<Packed>,
    /// Whether there are no more.
    pub(crate) last: bool,
}

/// What follows when some of the items of a map have been read. Nothing, if they are not waited for: since nobody waits for
/// that call any more, or since another reading has begun to bring them.
pub(crate) fn items_read(state: &State, call: u64, part: ItemsPart) -> Option<Event> {
    let (frame, run) = reading(state, call)?;
    let ItemsPart { reading, from, items, last } = part;
    run.takes(reading, from).then_some(Event::ItemsRead { frame, reading, from, items, last })
}

/// Whether they are there.
pub(crate) fn has_read(state: &State, call: u64, part: &ItemsPart) -> bool {
    let below = part.from + part.items.len() as u64;
    reading(state, call).is_some_and(|(_, run)| part.from > 0 && run.has_read(part.reading, below))
}

/// The frame and the run of the map whose items a call asks for.
fn reading(state: &State, call: u64) -> Option<(FrameId, &Distributed)> {
    let (id, frame) = state.with_call(call)?;
    match &frame.phase {
        Phase::Distributed(run, Stage::Reading(..)) => Some((id, state.map_run(*run)?)),
        _ => None,
    }
}

/// What follows when the service has taken on what a call asks for, and its end comes later.
pub(crate) fn submitted(state: &State, call: u64, output: Payload) -> Option<Event> {
    let (frame, found) = state.with_call(call)?;
    (!found.phase.call()?.submitted).then_some(Event::Submitted { frame, output })
}

/// What follows when that has come to its end.
pub(crate) fn ended(
    plan: &Plan,
    state: &State,
    limits: &Limits,
    call: u64,
    answer: Result<Payload, Fault>,
) -> Option<Event> {
    let (id, frame) = state.with_call(call)?;
    Some(end_of_task(plan, limits, id, frame, answer))
}

/// What the task of a call names.
pub(crate) fn resource<'p>(plan: &'p Plan, state: &State, call: u64) -> Option<&'p Resource> {
    let (_, frame) = state.with_call(call)?;
    called(plan, frame)
}

/// The call of a frame, if it is that of a task, and what the task names.
pub(crate) fn call_of<'p>(plan: &'p Plan, state: &State, frame: FrameId) -> Option<(u64, Payload, &'p Resource)> {
    let frame = state.frame(frame)?;
    let call = frame.phase.call()?;
    Some((call.id, call.parameters.clone(), called(plan, frame)?))
}

/// Whether what answers a call answers for taking on the task alone, and the result comes later: by a token, or from an
/// execution that is started.
fn is_submitted(plan: &Plan, frame: &Frame) -> bool {
    match called(plan, frame) {
        Some(Resource::Service(service)) => match service.pattern {
            Pattern::RequestResponse => false,
            Pattern::WaitForTaskToken => true,
            Pattern::Sync | Pattern::Sync2 => service.service == "states" && service.api == "startExecution",
        },
        _ => false,
    }
}

fn called<'p>(plan: &'p Plan, frame: &Frame) -> Option<&'p Resource> {
    match &plan.definition().state(frame.place.as_ref()?.state)?.kind {
        StateKind::Task(task) => Some(&task.resource),
        _ => None,
    }
}

/// What follows from what somebody says who has the token of a task. Nothing, if nobody waits for it any more.
pub(crate) fn told(
    plan: &Plan,
    state: &State,
    limits: &Limits,
    token: &str,
    told: Result<Payload, Fault>,
) -> Option<Event> {
    let (id, frame) = state.with_token(token)?;
    Some(end_of_task(plan, limits, id, frame, told))
}

/// What follows from a sign of life of who has the token of a task.
pub(crate) fn alive(state: &State, token: &str) -> Option<Event> {
    state.with_token(token).map(|(frame, _)| Event::Heartbeat { frame })
}

/// What follows when a worker takes the task of an activity, and the task. Nothing, if it is not to be had any more.
pub(crate) fn taken(state: &State, call: u64, worker: Option<String>) -> Option<(Event, &Call)> {
    let (id, frame) = state.with_call(call)?;
    let under_way = frame.phase.call().filter(|under_way| under_way.worker == Worker::Awaited)?;
    Some((Event::Taken { frame: id, worker }, under_way))
}

fn end_of_task(plan: &Plan, limits: &Limits, id: FrameId, frame: &Frame, told: Result<Payload, Fault>) -> Event {
    match told {
        Ok(output) if let Some(beyond) = output.is_beyond(limits.payload_bytes) => {
            Event::Failed { frame: id, fault: too_large(plan, frame, beyond) }
        }
        Ok(output) => Event::Succeeded { frame: id, output: Carry::of(output, &frame.data) },
        Err(fault) => Event::Failed { frame: id, fault: limits.cut(fault) },
    }
}

fn too_large(plan: &Plan, frame: &Frame, beyond: Beyond) -> Fault {
    let state = frame.place.as_ref().and_then(|place| plan.definition().state(place.state));
    let name = match state.map(|state| &state.kind) {
        Some(StateKind::Task(task)) => match &task.resource {
            Resource::Service(service) => service.service.as_str(),
            other => other.text(),
        },
        _ => "",
    };
    Fault { error: Some("States.DataLimitExceeded".to_owned()), cause: Some(beyond.cause(name)) }
}

/// How the execution of an item ended.
#[derive(Debug, Clone)]
pub(crate) struct ItemEnd {
    pub(crate) index: u64,
    /// How often it had gone on before.
    pub(crate) redrives: u64,
    pub(crate) end: End,
}

/// What follows when executions of a map run have ended. Nothing, if nobody waits for them any more; nor does an end count
/// behind which the execution goes on once more.
pub(crate) fn children_ended(state: &State, run: RunNumber, ended: Vec<ItemEnd>) -> Option<Event> {
    let known = state.map_run(run)?;
    let mut counted = BTreeSet::new();
    let end = |ItemEnd { index, redrives, end }: ItemEnd| {
        let waits = known.is_under_way(index) && redrives >= known.redrives_of(index) && counted.insert(index);
        let input = known.input(index).filter(|_| waits)?;
        Some((index, end_of_child(end, &input)))
    };
    let ended: Vec<_> = ended.into_iter().filter_map(end).collect();
    (!ended.is_empty()).then_some(Event::ChildrenEnded { run, ended })
}

/// What follows when those executions of a map run go on by themselves, each with how often it had gone on before.
pub(crate) fn children_began(state: &State, run: RunNumber, began: &BTreeMap<u64, u64>) -> Vec<Event> {
    let Some(known) = state.map_run(run) else { return Vec::new() };
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    let mut follows = false;
    for index in known.unbegun() {
        let began = began.get(&index) == Some(&known.redrives_of(index));
        match ranges.last_mut() {
            Some((_, below)) if began && follows => *below = index + 1,
            _ if began => ranges.push((index, index + 1)),
            _ => {}
        }
        follows = began;
    }
    ranges.into_iter().map(|(from, below)| Event::ChildrenBegan { run, from, below }).collect()
}

fn end_of_child(end: End, input: &Payload) -> ChildEnd {
    match end {
        End::Succeeded(output) => ChildEnd::Succeeded(Carry::of(output, input)),
        End::Failed(fault) => ChildEnd::Failed(fault),
        End::TimedOut(fault) => ChildEnd::TimedOut(fault),
        End::Aborted(_) => ChildEnd::Aborted,
    }
}

/// What follows when an execution is stopped for that reason.
pub(crate) fn stopped(state: &State, fault: Fault) -> Vec<Event> {
    with_its_runs(state, Event::ExecutionAborted { fault })
}

/// An end that comes from outside, and before it that of the map runs under way.
fn with_its_runs(state: &State, end: Event) -> Vec<Event> {
    let open = state.map_runs().filter(|(number, run)| {
        run.is_open() && state.frame(run.frame).is_some_and(|frame| frame.phase.run() == Some(*number))
    });
    open.map(|(_, run)| Event::RunAborted { frame: run.frame }).chain([end]).collect()
}

/// What follows from the time.
pub(crate) fn due(state: &State, now_ms: u64) -> Vec<Event> {
    if state.end.is_some() {
        return Vec::new();
    }
    if state.deadline_ms.is_some_and(|deadline| deadline <= now_ms) {
        return with_its_runs(state, Event::ExecutionTimedOut { fault: Fault::default() });
    }
    let event = |frame| {
        Some(match &state.frame(frame)?.phase {
            Phase::Task(call) => {
                let error = match call.timeout_ms.is_some_and(|timeout| timeout <= now_ms) {
                    true => TIMEOUT,
                    false => "States.HeartbeatTimeout",
                };
                Event::TimedOut { frame, fault: Fault { error: Some(error.to_owned()), cause: None } }
            }
            _ => Event::Due { frame },
        })
    };
    state.due(now_ms).into_iter().filter_map(event).collect()
}
