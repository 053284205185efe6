//! What an event makes of the state, and what the history says of it. Nothing else changes a state.

mod branches;
mod distributed;
mod redrive;
mod store;
mod words;

use std::sync::Arc;

use super::event::{Carry, Event};
use super::frame::{Call, Frame, Phase, Place, Worker};
use super::plan::Plan;
use super::state::{End, FrameId, State};
use crate::definition::{Resource, StateId, StateKind};
use crate::history::{Details, Fault, HistoryEvent, Kind};
use crate::payload::Payload;

/// Applies one event. What the history shows of it is given back; some events it does not show.
pub(crate) fn apply(plan: &Plan, state: &mut State, event: &Event, at_ms: u64) -> Option<HistoryEvent> {
    state.count();
    Applying { plan, state, at_ms }.event(event)
}

struct Applying<'a> {
    plan: &'a Plan,
    state: &'a mut State,
    at_ms: u64,
}

/// Whether what follows in the frame names this event as the one before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leads {
    On,
    Nowhere,
}

impl Applying<'_> {
    fn event(&mut self, event: &Event) -> Option<HistoryEvent> {
        match event {
            Event::Started { about, input } => {
                self.state.accept(about, input, self.at_ms);
                self.begin_time();
                self.state.events += 1;
                let start = self.plan.root().start;
                self.state.add(Frame {
                    parent: None,
                    index: 0,
                    last: 0,
                    data: input.clone(),
                    item: None,
                    variables: Arc::default(),
                    variables_bytes: 0,
                    place: None,
                    phase: Phase::Next(start),
                });
                let details = Details::ExecutionStarted {
                    input: input.clone(),
                    role_arn: about.role_arn.as_deref().map(Arc::from),
                    version_arn: self.state.version_arn.clone(),
                    alias_arn: self.state.alias_arn.clone(),
                };
                Some(self.entry(self.state.events, 0, details))
            }
            Event::Routed { version_arn, alias_arn } => {
                self.state.version_arn = version_arn.as_deref().map(Arc::from);
                self.state.alias_arn = alias_arn.as_deref().map(Arc::from);
                None
            }
            Event::Entered { frame, state } => self.entered(*frame, *state),
            Event::Exited { frame, output, assigned, next } => self.exited(*frame, output, assigned, *next),
            Event::Waits { frame, until_ms } => {
                self.state.set_phase(*frame, Phase::Waiting { until_ms: *until_ms });
                None
            }
            Event::Retries { frame, retrier, due_ms } => {
                if let Some(place) = self.state.frame_mut(*frame).and_then(|frame| frame.place.as_mut()) {
                    let index = *retrier as usize;
                    place.retries.resize(place.retries.len().max(index + 1), 0);
                    place.retries.iter_mut().skip(index).take(1).for_each(|count| *count += 1);
                }
                self.state.remove_inside(*frame);
                self.state.set_phase(*frame, Phase::Pausing { until_ms: *due_ms });
                None
            }
            Event::Due { frame } => {
                match self.state.frame(*frame)?.phase {
                    Phase::Waiting { .. } => self.state.set_phase(*frame, Phase::Woken),
                    Phase::Pausing { .. } => self.state.set_phase(*frame, Phase::Entered),
                    _ => {}
                }
                None
            }
            Event::Scheduled { .. } => self.scheduled(event),
            Event::Taken { frame, worker } => self.taken(*frame, worker.as_deref()),
            Event::TaskStarted { frame } => self.note(*frame, Leads::On, |words| words.started()),
            Event::Submitted { frame, output } => {
                self.state.change(*frame, |frame| {
                    if let Phase::Task(call) = &mut frame.phase {
                        call.submitted = true;
                    }
                });
                self.note(*frame, Leads::On, |words| words.submitted(output))
            }
            Event::Heartbeat { frame } => {
                let at_ms = self.at_ms;
                self.state.change(*frame, |frame| {
                    if let Phase::Task(call) = &mut frame.phase {
                        call.heartbeat_ms = call.heartbeat_seconds.map(|seconds| later(at_ms, seconds));
                    }
                });
                None
            }
            Event::Succeeded { frame, output } => {
                let output = output.after(&self.state.frame(*frame)?.data);
                let shown = self.note(*frame, Leads::On, |words| words.succeeded(&output));
                self.state.set_phase(*frame, Phase::Returned(output));
                shown
            }
            Event::Failed { frame, fault } => self.fails(*frame, fault, |words| words.failed(fault)),
            Event::SubmitFailed { frame, fault } => self.fails(*frame, fault, |words| words.submit_failed(fault)),
            Event::ScheduleFailed { frame, fault } => self.fails(*frame, fault, |words| words.schedule_failed(fault)),
            Event::StartFailed { frame, fault } => self.fails(*frame, fault, |words| words.start_failed(fault)),
            Event::TimedOut { frame, fault } => self.fails(*frame, fault, |words| words.timed_out(fault)),
            Event::EvaluationFailed { frame, fault, location } => {
                // What fails before anything else was done in the state follows upon what stood before the state.
                let before = self.state.frame(*frame)?.place.as_ref().map(|place| (place.entered, place.before));
                if let (Some((entered, before)), Some(frame)) = (before, self.state.frame_mut(*frame))
                    && frame.last == entered
                {
                    frame.last = before;
                }
                self.note(*frame, Leads::On, |words| words.evaluation_failed(fault, location.as_deref()))
            }
            Event::ExecutionSucceeded => {
                let output = self.state.frame(FrameId::ROOT)?.data.clone();
                let details = Details::ExecutionSucceeded { output: output.clone() };
                self.end(End::Succeeded(output), details)
            }
            Event::ExecutionFailed { fault } => self.end_failed(Kind::ExecutionFailed, fault, End::Failed),
            Event::ExecutionTimedOut { fault } => self.cut_off(Kind::ExecutionTimedOut, fault, End::TimedOut),
            Event::ExecutionAborted { fault } => self.cut_off(Kind::ExecutionAborted, fault, End::Aborted),
            _ => self.branching(event),
        }
    }

    fn entered(&mut self, id: FrameId, state: StateId) -> Option<HistoryEvent> {
        let before = self.state.frame(id)?.last;
        let at_ms = self.at_ms;
        if let Some(frame) = self.state.frame_mut(id) {
            frame.place = Some(Place { state, entered: 0, before, entered_ms: at_ms, retries: Vec::new() });
        }
        let input = self.state.frame(id)?.data.clone();
        let shown = self.note(id, Leads::On, |words| words.entered(input));
        let entered = shown.as_ref().map_or(0, |shown| shown.id);
        if let Some(place) = self.state.frame_mut(id).and_then(|frame| frame.place.as_mut()) {
            place.entered = entered;
        }
        self.state.set_phase(id, Phase::Entered);
        shown
    }

    fn exited(
        &mut self,
        id: FrameId,
        output: &Carry,
        assigned: &[(String, Payload)],
        next: Option<StateId>,
    ) -> Option<HistoryEvent> {
        let output = output.after(&self.state.frame(id)?.data);
        let shown = self.note(id, Leads::On, |words| words.exited(output.clone(), assigned));
        if let Some(frame) = self.state.frame_mut(id) {
            frame.data = output;
            frame.place = None;
        }
        self.state.assign(id, assigned);
        self.state.remove_inside(id);
        self.state.set_phase(id, next.map_or(Phase::Done, Phase::Next));
        shown
    }

    fn scheduled(&mut self, event: &Event) -> Option<HistoryEvent> {
        let Event::Scheduled { frame, parameters, timeout_seconds, heartbeat_seconds, credentials, token } = event
        else {
            return None;
        };
        let parameters = parameters.after(&self.state.frame(*frame)?.data);
        self.state.calls += 1;
        let place = self.state.frame(*frame)?.place.as_ref();
        let awaited = place.and_then(|place| self.plan.definition().state(place.state)).is_some_and(is_activity);
        // The time of an activity counts from when a worker takes it.
        let later = |seconds: &Option<u64>| seconds.filter(|_| !awaited).map(|seconds| later(self.at_ms, seconds));
        let call = Call {
            id: self.state.calls,
            parameters: parameters.clone(),
            credentials: credentials.clone(),
            token: token.clone(),
            submitted: awaited,
            worker: if awaited { Worker::Awaited } else { Worker::None },
            timeout_seconds: *timeout_seconds,
            timeout_ms: later(timeout_seconds),
            heartbeat_seconds: *heartbeat_seconds,
            heartbeat_ms: later(heartbeat_seconds),
        };
        let shown = self.note(*frame, Leads::On, |words| {
            words.scheduled(parameters, *timeout_seconds, *heartbeat_seconds, credentials.clone())
        });
        self.state.set_phase(*frame, Phase::Task(call));
        shown
    }

    /// What a state has asked for has failed.
    fn fails(
        &mut self,
        id: FrameId,
        fault: &Fault,
        say: impl FnOnce(words::Words<'_>) -> Option<Details>,
    ) -> Option<HistoryEvent> {
        let shown = self.note(id, Leads::On, say);
        self.state.set_phase(id, Phase::Failing(fault.clone()));
        shown
    }

    /// A worker has taken the task.
    fn taken(&mut self, id: FrameId, worker: Option<&str>) -> Option<HistoryEvent> {
        let at_ms = self.at_ms;
        self.state.change(id, |frame| {
            if let Phase::Task(call) = &mut frame.phase {
                call.worker = Worker::Has;
                call.timeout_ms = call.timeout_seconds.map(|seconds| later(at_ms, seconds));
                call.heartbeat_ms = call.heartbeat_seconds.map(|seconds| later(at_ms, seconds));
            }
        });
        let worker = worker.map(Arc::from);
        self.note(id, Leads::On, |_| Some(Details::ActivityStarted { worker }))
    }

    /// Writes an event of a frame into the history, unless there is nothing to say.
    fn note(
        &mut self,
        id: FrameId,
        leads: Leads,
        say: impl FnOnce(words::Words<'_>) -> Option<Details>,
    ) -> Option<HistoryEvent> {
        let frame = self.state.frame(id)?;
        let (state, plan) = match &frame.place {
            Some(place) => self.plan.state(place.state).map(|(state, plan)| (Some(state), Some(plan)))?,
            None => (None, None),
        };
        let region = self.state.about.as_ref().map(|about| Arc::from(about.region())).unwrap_or_default();
        let details = say(words::Words { state, plan, region })?;
        let previous = frame.last;
        self.state.events += 1;
        let number = self.state.events;
        if leads == Leads::On
            && let Some(frame) = self.state.frame_mut(id)
        {
            frame.last = number;
        }
        Some(self.entry(number, previous, details))
    }

    fn entry(&self, id: u64, previous: u64, details: Details) -> HistoryEvent {
        HistoryEvent { id, previous, at_ms: self.at_ms, details }
    }

    /// An end that does not follow from what the states did: it follows upon nothing.
    fn cut_off(&mut self, kind: Kind, fault: &Fault, end: fn(Fault) -> End) -> Option<HistoryEvent> {
        if let Some(root) = self.state.frame_mut(FrameId::ROOT) {
            root.last = 0;
        }
        self.end_failed(kind, fault, end)
    }

    fn end_failed(&mut self, kind: Kind, fault: &Fault, end: fn(Fault) -> End) -> Option<HistoryEvent> {
        self.end(end(fault.clone()), Details::Failed { kind, fault: fault.clone() })
    }

    fn end(&mut self, end: End, details: Details) -> Option<HistoryEvent> {
        let previous = self.state.frame(FrameId::ROOT).map_or(0, |root| root.last);
        self.state.events += 1;
        self.state.close(end, self.at_ms);
        Some(self.entry(self.state.events, previous, details))
    }
}

/// Whether a worker is to come and take what the state asks for.
fn is_activity(state: &crate::definition::State) -> bool {
    matches!(&state.kind, StateKind::Task(task) if matches!(task.resource, Resource::Activity { .. }))
}

/// That many seconds after a time in ms.
pub(crate) fn later(at_ms: u64, seconds: u64) -> u64 {
    at_ms.saturating_add(seconds.saturating_mul(1000))
}
