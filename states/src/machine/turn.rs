//! A turn of an execution: everything is done that can be done without waiting.

use std::cell::{Cell, OnceCell, RefCell};

use serde_json::Value;

use super::apply::apply;
use super::event::Event;
use super::failure::{Failure, RUNTIME};
use super::frame::{Frame, Phase};
use super::given::{answer, due, ended, resource, submitted, taken};
use super::inspection::Inspection;
use super::limits::Limits;
use super::plan::Plan;
use super::reach::Reach;
use super::sight::{Seen, Sight, Watch, seen};
use super::state::{FrameId, State};
use super::test_state::TestStatus;
use super::view::View;
use super::work::Outcome;
use crate::definition::{Pattern, Resource, StateId, StateKind};
use crate::history::{Fault, HistoryEvent};
use crate::payload::Payload;
use crate::query::Moment;

/// About how many bytes one turn may bring into the log before the next one goes on: it is one record, and a step more must
/// find room in that.
const TURN_BYTES: usize = 4 * 1024 * 1024;

/// Works on a state. Whatever it decides is an event, applied at once; the events are what a log keeps.
pub(crate) struct Turn<'a> {
    plan: &'a Plan,
    state: &'a mut State,
    limits: &'a Limits,
    moment: Moment,
    pub(crate) events: Vec<Event>,
    pub(crate) history: Vec<HistoryEvent>,
    /// About how many bytes it brings into the log.
    bytes: usize,
    inspection: Option<&'a RefCell<Inspection>>,
    context: Option<&'a Value>,
    watch: Option<&'a Watch>,
    /// Whom tasks can reach; they try, if nobody says.
    reach: Option<&'a dyn Reach>,
    /// The rule that a choice state has just taken, or its default.
    chosen: Option<Option<usize>>,
    /// The last failure of a state.
    pub(crate) failed: Option<Fault>,
    /// Applies events in place of the state alone; the history is then nobody's matter.
    keeper: Option<&'a mut Keeper<'a>>,
}

/// Applies an event to a state and to what is kept beside it.
pub(crate) type Keeper<'k> = dyn FnMut(&mut State, &Event) + 'k;

impl<'a> Turn<'a> {
    pub(crate) fn new(plan: &'a Plan, state: &'a mut State, limits: &'a Limits, moment: Moment) -> Self {
        Self {
            plan,
            state,
            limits,
            moment,
            events: Vec::new(),
            history: Vec::new(),
            bytes: 0,
            inspection: None,
            context: None,
            watch: None,
            reach: None,
            chosen: None,
            failed: None,
            keeper: None,
        }
    }

    /// With one who applies the events to more than the state.
    pub(crate) fn kept_by(mut self, keeper: &'a mut Keeper<'a>) -> Self {
        self.keeper = Some(keeper);
        self
    }

    /// With so many bytes that it brings already.
    pub(crate) fn behind(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// With somebody who looks at what data is on its way, and perhaps with another context object.
    pub(crate) fn inspected(mut self, inspection: &'a RefCell<Inspection>, context: Option<&'a Value>) -> Self {
        (self.inspection, self.context) = (Some(inspection), context);
        self
    }

    /// With somebody who knows whom tasks can reach.
    pub(crate) fn reaching(mut self, reach: Option<&'a dyn Reach>) -> Self {
        self.reach = reach;
        self
    }

    /// With somebody who is told what the states do.
    pub(super) fn watched(mut self, watch: Option<&'a Watch>) -> Self {
        self.watch = watch;
        self
    }

    /// Tells who watches what the state of a frame did.
    fn show(&self, id: FrameId, state: Option<StateId>, seen: Seen) {
        let Some(watch) = self.watch else { return };
        let state = state.or_else(|| Some(self.state.frame(id)?.place.as_ref()?.state));
        let Some((_, compiled)) = state.and_then(|state| self.plan.state(state)) else { return };
        let within = self.state.within(self.plan, id);
        watch.tell(&Sight { state: compiled.name.clone(), within, at_ms: self.moment.now_ms(), seen });
    }

    pub(crate) fn state(&self) -> &State {
        self.state
    }

    pub(crate) fn phase(&self, id: FrameId) -> Option<&Phase> {
        self.state.frame(id).map(|frame| &frame.phase)
    }

    /// Puts a frame where a test wants it.
    pub(crate) fn set_phase(&mut self, id: FrameId, phase: Phase) {
        self.state.set_phase(id, phase);
    }

    pub(crate) fn change(&mut self, id: FrameId, change: impl FnOnce(&mut Frame)) {
        self.state.change(id, change);
    }

    /// How a state has come out that was tried alone: its output, and where it goes on.
    pub(crate) fn outcome(&self) -> Option<(TestStatus, Option<Payload>, Option<StateId>)> {
        self.events.iter().rev().find_map(|event| match event {
            Event::Exited { next, .. } => {
                let output = self.state.frame(FrameId::ROOT).map(|frame| frame.data.clone());
                let status = if self.failed.is_some() { TestStatus::CaughtError } else { TestStatus::Succeeded };
                Some((status, output, *next))
            }
            Event::Retries { .. } => Some((TestStatus::Retriable, None, None)),
            Event::ExecutionFailed { .. } => Some((TestStatus::Failed, None, None)),
            _ => None,
        })
    }

    /// The variables that the state has set which was left last.
    pub(crate) fn assigned(&self) -> &[(String, Payload)] {
        let assigned = self.events.iter().rev().find_map(|event| match event {
            Event::Exited { assigned, .. } => Some(assigned.as_slice()),
            _ => None,
        });
        assigned.unwrap_or_default()
    }

    pub(crate) fn emit(&mut self, event: Event) {
        // In memory no record has to take what a turn brings; only what executions of map runs are given is shared out.
        if self.keeper.is_some() || matches!(event, Event::ChildrenStarted { .. }) {
            self.bytes += event.weight();
        }
        if self.watch.is_some()
            && let Some((frame, seen)) = seen(self.plan, self.state, &event, self.failed.as_ref())
        {
            let entered = if let Event::Entered { state, .. } = event { Some(state) } else { None };
            self.show(frame, entered, seen);
        }
        match &mut self.keeper {
            Some(keeper) => keeper(self.state, &event),
            None => self.history.extend(apply(self.plan, self.state, &event, self.moment.now_ms())),
        }
        self.events.push(event);
    }

    /// Sees to it that an Express execution takes no longer than it may.
    pub(crate) fn bound(&mut self) {
        if self.state.end.is_none() && self.state.about.as_ref().is_some_and(|about| about.express) {
            let most = self.state.started_ms.saturating_add(self.limits.express_ms);
            self.state.deadline_ms = Some(self.state.deadline_ms.map_or(most, |deadline| deadline.min(most)));
        }
    }

    /// What a task has come to. Nothing, if nobody waits for it any more.
    pub(crate) fn answer(&mut self, call: u64, given: Result<Payload, Fault>) {
        if let Some(event) = answer(self.plan, self.state, self.limits, call, given) {
            self.emit(event);
        }
    }

    /// What a mock says. What the service only takes on at first is handed over before.
    pub(super) fn reply(&mut self, call: u64, given: Result<Payload, Fault>) {
        let resource = resource(self.plan, self.state, call);
        if !matches!(resource, Some(Resource::Service(service)) if service.pattern != Pattern::RequestResponse) {
            return self.answer(call, given);
        }
        let taken_on = submitted(self.state, call, Value::Object(serde_json::Map::new()).into());
        taken_on.into_iter().for_each(|event| self.emit(event));
        let ended = ended(self.plan, self.state, self.limits, call, given);
        ended.into_iter().for_each(|event| self.emit(event));
    }

    /// Somebody takes the task of an activity. Nothing, if that is none.
    pub(crate) fn take(&mut self, call: u64) {
        if let Some((event, _)) = taken(self.state, call, None) {
            self.emit(event);
        }
    }

    /// Everything whose time is up.
    pub(crate) fn due(&mut self) {
        due(self.state, self.moment.now_ms()).into_iter().for_each(|event| self.emit(event));
    }

    /// Goes on until everything waits, or the turn has had its share. Whether it has come to rest.
    pub(crate) fn run(&mut self) -> bool {
        while let Some(frame) = self.state.ready() {
            if self.state.events >= self.limits.history_events.saturating_sub(1) {
                let cause = format!(
                    "The execution reached the maximum number of history events ({}).",
                    self.limits.history_events
                );
                let fault = Fault { error: Some(RUNTIME.to_owned()), cause: Some(cause) };
                self.emit(Event::ExecutionFailed { fault });
                return true;
            }
            if self.events.len() >= self.limits.turn_events || self.bytes >= TURN_BYTES {
                return false;
            }
            self.visit(frame);
        }
        true
    }

    /// The next step of a frame.
    pub(crate) fn visit(&mut self, id: FrameId) {
        let Some(frame) = self.state.frame(id) else { return };
        match &frame.phase {
            Phase::Next(state) => {
                let state = *state;
                self.emit(Event::Entered { frame: id, state });
            }
            Phase::Done => {
                let event = match (frame.parent, &frame.item) {
                    (None, _) => Event::ExecutionSucceeded,
                    (Some(_), None) => Event::BranchSucceeded { frame: id },
                    (Some(_), Some(_)) => Event::IterationSucceeded { frame: id },
                };
                self.emit(event);
            }
            _ => match self.look(id, |view| view.work()) {
                Some(Ok(events)) => {
                    if let Some(rule) = self.chosen.take() {
                        self.show(id, None, Seen::Chose { rule });
                    }
                    events.into_iter().for_each(|event| self.emit(event));
                }
                Some(Err(failure)) => self.fail(id, failure),
                None => self.fail(id, Failure::runtime("The state is not part of the definition")),
            },
        }
    }

    fn look<R>(&mut self, id: FrameId, look: impl FnOnce(&View<'_>) -> R) -> Option<R> {
        let frame = self.state.frame(id)?;
        let place = frame.place.as_ref()?;
        let (definition, compiled) = self.plan.state(place.state)?;
        let view = View {
            state: self.state,
            id,
            frame,
            place,
            definition,
            compiled,
            moment: Cell::new(self.moment),
            limits: self.limits,
            inspection: self.inspection,
            reach: self.reach,
            chosen: Cell::new(None),
            context: self.context.map_or_else(OnceCell::new, |context| OnceCell::from(context.clone())),
        };
        let result = look(&view);
        (self.moment, self.chosen) = (view.moment.get(), view.chosen.get());
        Some(result)
    }

    /// Does about a failure what the state says, or fails what is around it.
    fn fail(&mut self, id: FrameId, failure: Failure) {
        let evaluation = failure.evaluation.clone();
        let (evaluated, place) = (evaluation.is_some(), evaluation.flatten());
        let fault = self.told(id, failure);
        if let Some(Phase::Distributed(..)) = self.phase(id) {
            self.emit(Event::RunFailed { frame: id, fault: fault.clone() });
        }
        let outcome = self.look(id, |view| view.outcome(&fault)).unwrap_or(Outcome::Uncaught);
        if let Outcome::Retried(event) = outcome {
            return self.emit(event);
        }
        self.break_up(id, evaluated);
        if let Outcome::Caught(index) = outcome {
            match self.look(id, |view| view.caught(&fault, index)) {
                Some(Ok(events)) => {
                    self.show(id, None, Seen::Caught { catcher: index, fault });
                    return events.into_iter().for_each(|event| self.emit(event));
                }
                Some(Err(another)) => {
                    let location = another.evaluation.clone().flatten();
                    let fault = self.told(id, another);
                    self.show(id, None, Seen::Failed { fault: fault.clone(), location });
                    return self.propagate(id, fault);
                }
                None => {}
            }
        }
        self.show(id, None, Seen::Failed { fault: fault.clone(), location: place });
        self.propagate(id, fault);
    }

    /// The error of a failure with the words on the state in which it happened. That an expression failed is an event.
    fn told(&mut self, id: FrameId, failure: Failure) -> Fault {
        let Failure { fault, explained, evaluation } = failure;
        let mut fault = self.limits.cut(fault);
        if explained {
            let words = self.look(id, |view| {
                format!(
                    "An error occurred while executing the state '{}' (entered at the event id #{}). ",
                    view.definition.name, view.place.entered
                )
            });
            fault.cause = fault.cause.map(|cause| words.unwrap_or_default() + &cause);
        }
        self.failed = Some(fault.clone());
        if let Some(location) = evaluation {
            self.emit(Event::EvaluationFailed { frame: id, fault: fault.clone(), location });
        }
        fault
    }

    /// Says that a parallel or map state has failed, once it had begun.
    fn break_up(&mut self, id: FrameId, evaluated: bool) {
        let Some(frame) = self.state.frame(id) else { return };
        let branches = frame.place.as_ref().and_then(|place| self.plan.definition().state(place.state));
        if !branches.is_some_and(|state| matches!(state.kind, StateKind::Parallel(_) | StateKind::Map(_))) {
            return;
        }
        match &frame.phase {
            Phase::Branching(_) | Phase::Distributed(..) => self.emit(Event::Broken { frame: id }),
            _ if evaluated => self.emit(Event::Broken { frame: id }),
            _ => {}
        }
    }

    /// A frame has failed for good.
    fn propagate(&mut self, id: FrameId, fault: Fault) {
        let Some(frame) = self.state.frame(id) else { return };
        let Some(parent) = frame.parent else { return self.emit(Event::ExecutionFailed { fault }) };
        if frame.item.is_none() {
            let others = self.state.inside(parent).into_iter().filter(|other| *other != id);
            others.collect::<Vec<_>>().into_iter().for_each(|other| self.abort(other));
            self.emit(Event::BranchFailed { frame: id });
            return self.fail(parent, Failure::given(fault));
        }
        self.emit(Event::IterationFailed { frame: id });
        let Some(Phase::Branching(branching)) = self.state.frame(parent).map(|parent| &parent.phase) else { return };
        if !branching.is_broken() {
            return;
        }
        let tolerant = branching.tolerance.count.is_some_and(|count| count > 0)
            || branching.tolerance.percentage.is_some_and(|percentage| percentage > 0.0);
        let fault = if tolerant { threshold_exceeded() } else { fault };
        self.state.inside(parent).into_iter().for_each(|other| self.abort(other));
        self.fail(parent, Failure::given(fault));
    }

    fn abort(&mut self, id: FrameId) {
        self.state.inside(id).into_iter().for_each(|inner| self.abort(inner));
        if let Some(Phase::Distributed(..)) = self.phase(id) {
            self.emit(Event::RunAborted { frame: id });
        }
        self.emit(Event::Aborted { frame: id });
    }
}

pub(crate) fn threshold_exceeded() -> Fault {
    Fault {
        error: Some("States.ExceedToleratedFailureThreshold".to_owned()),
        cause: Some("The specified tolerated failure threshold was exceeded".to_owned()),
    }
}
