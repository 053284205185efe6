//! The state of an execution on the log.

use std::collections::{BTreeMap, BTreeSet};

use duramen_storage::ExecutionId;

use super::awaited::Awaited;
use super::command::BeginItem;
use super::event::Logged;
use super::functions::Called;
use super::link::{Debt, Parent, Report, StartedBy};
use super::starting::{Asked, starts};
use crate::history::{Fault, HistoryEvent};
use crate::machine::{Event, Limits, Machine, Reach, RunNumber, State, Turn, apply, call_of, child};
use crate::query::Moment;

/// The state machine of an execution and where it stands.
pub(crate) struct Entity {
    pub(crate) execution: ExecutionId,
    pub(crate) machine: Option<Machine>,
    /// Why it cannot be run, if it cannot.
    pub(crate) broken: Option<String>,
    pub(crate) definition: String,
    pub(crate) name: String,
    pub(crate) state: State,
    /// Which machine of the definition it runs, if that is not the whole.
    pub(super) part: Option<u32>,
    pub(super) parent: Option<Parent>,
    /// What its tasks have started and wait for, by their calls.
    pub(super) awaited: BTreeMap<u64, Awaited>,
    /// What they do not wait for any more, and it owes the stopping of.
    pub(super) let_go: BTreeMap<u64, Awaited>,
    pub(super) debts: BTreeSet<Debt>,
    /// The durable function that invoked it.
    pub(super) caller: Option<duramen::Parent>,
    /// The tasks of other executions that have told what tasks here have come to, by their calls.
    pub(super) told_by: BTreeSet<(ExecutionId, u64)>,
}

impl Entity {
    /// The tasks that workers are to take: their calls, and the names of their activities.
    pub(crate) fn offers(&self) -> impl Iterator<Item = (u64, &str)> {
        self.machine.iter().flat_map(|machine| machine.offers(&self.state))
    }

    pub(crate) fn new(execution: ExecutionId) -> Self {
        Self {
            execution,
            machine: None,
            broken: None,
            definition: String::new(),
            name: String::new(),
            state: State::default(),
            part: None,
            parent: None,
            awaited: BTreeMap::new(),
            let_go: BTreeMap::new(),
            debts: BTreeSet::new(),
            caller: None,
            told_by: BTreeSet::new(),
        }
    }

    /// Whether it is an Express execution that is under way.
    pub(crate) fn runs_express(&self) -> bool {
        self.state.end.is_none() && self.is_express()
    }

    /// Whether it is the execution of an item of a map run.
    pub(super) fn is_item(&self) -> bool {
        self.parent.is_some_and(|parent| matches!(parent.by, StartedBy::Item { .. }))
    }

    pub(crate) fn is_express(&self) -> bool {
        self.state.about.as_ref().is_some_and(|about| about.express)
    }

    /// Goes on until everything waits, or the turn has had its share, of which so many bytes are used up. What it decides is
    /// applied as it is decided.
    pub(crate) fn proceed(&mut self, limits: &Limits, reach: &dyn Reach, moment: Moment, bytes: usize) -> Vec<Logged> {
        let Some(machine) = self.machine.clone() else { return Vec::new() };
        if self.state.ready().is_none() {
            return Vec::new();
        }
        let at_ms = moment.now_ms();
        let mut state = std::mem::take(&mut self.state);
        let mut keeper = |state: &mut State, event: &Event| {
            std::mem::swap(state, &mut self.state);
            self.happened(event, at_ms);
            std::mem::swap(state, &mut self.state);
        };
        let turn = Turn::new(machine.plan(), &mut state, limits, moment).reaching(Some(reach)).behind(bytes);
        let mut turn = turn.kept_by(&mut keeper);
        let rests = turn.run();
        let mut events: Vec<Logged> = turn.events.into_iter().map(Logged::Happened).collect();
        self.state = state;
        if !rests {
            events.push(Logged::Yielded);
        }
        events
    }

    /// Applies an event. `compile` reads definitions.
    pub(crate) fn apply(
        &mut self,
        event: &Logged,
        at_ms: u64,
        compile: impl FnOnce(&str) -> Result<Machine, String>,
    ) -> Option<HistoryEvent> {
        match event {
            Logged::Begun { machine, name, definition } => {
                self.definition.clone_from(machine);
                self.name.clone_from(name);
                match compile(definition) {
                    Ok(machine) => self.machine = Some(machine),
                    Err(why) => self.broken = Some(why),
                }
                None
            }
            Logged::Happened(event) => self.happened(event, at_ms),
            Logged::Yielded | Logged::GoesOn => None,
            Logged::HasParent(parent) => {
                self.parent = Some(*parent);
                None
            }
            Logged::IsPart(part) => {
                self.part = Some(*part);
                self.machine = self.machine.take().map(|machine| machine.part(*part));
                None
            }
            Logged::ChildEnded(by) => {
                if let StartedBy::Call(call) = by {
                    self.awaited.remove(call);
                }
                None
            }
            Logged::Settled(debt) => {
                self.debts.remove(debt);
                match debt {
                    Debt::Stop(StartedBy::Call(call)) => _ = self.let_go.remove(call),
                    Debt::StopChildren(run) => self.state.told_children(*run),
                    Debt::Stop(StartedBy::Item { .. }) | Debt::TellParent => {}
                }
                None
            }
            Logged::ToldBy(execution, call) => {
                self.told_by.insert((*execution, *call));
                None
            }
            Logged::WentOnBefore { times } => {
                self.state.redrives = *times;
                None
            }
            Logged::Accepted { about, input } => {
                self.state.accept(about, input, at_ms);
                None
            }
            Logged::Ran { end } => {
                self.state.close(end.clone(), at_ms);
                self.over();
                None
            }
            Logged::CalledBy(caller) => {
                self.caller = Some(caller.clone());
                None
            }
            Logged::Until { at_ms } => {
                self.state.deadline_ms = self.state.deadline_ms.into_iter().chain([*at_ms]).min();
                None
            }
            Logged::Calls(called) => {
                self.awaited.insert(called.call, Awaited::Function { called: (**called).clone(), runs: false });
                None
            }
            Logged::FunctionRuns { call } => {
                if let Some(Awaited::Function { runs, .. }) = self.awaited.get_mut(call) {
                    *runs = true;
                }
                None
            }
        }
    }

    fn happened(&mut self, event: &Event, at_ms: u64) -> Option<HistoryEvent> {
        let machine = self.machine.as_ref()?;
        let given_up = match event {
            Event::Failed { frame, .. }
            | Event::SubmitFailed { frame, .. }
            | Event::TimedOut { frame, .. }
            | Event::Aborted { frame } => call_of(machine.plan(), &self.state, *frame).map(|(call, ..)| call),
            _ => None,
        };
        if let Event::Succeeded { frame, .. } = event
            && let Some((call, ..)) = call_of(machine.plan(), &self.state, *frame)
        {
            // Its token may be back before a function has ended, which then goes on by itself.
            self.awaited.remove(&call);
        }
        let shown = apply(machine.plan(), &mut self.state, event, at_ms);
        if let Event::Scheduled { frame, .. } = event
            && let Some((call, parameters, resource)) = call_of(machine.plan(), &self.state, *frame)
            && let Some(service) = starts(resource).filter(|service| service.pattern.waits_for_end())
            && let Ok(asked) = Asked::of(service, &parameters, self.execution, call)
        {
            self.awaited.insert(call, Awaited::Machine(asked));
        }
        given_up.into_iter().for_each(|call| self.give_up(call));
        if lets_go(event) {
            let given_up = self.state.map_runs().filter(|(_, run)| !run.given_up().is_empty());
            self.debts.extend(given_up.map(|(run, _)| Debt::StopChildren(run)));
        }
        if self.state.end.is_some() {
            self.over();
        }
        shown
    }

    /// What it owes others when it has ended.
    fn over(&mut self) {
        let left: Vec<u64> = self.awaited.keys().copied().collect();
        left.into_iter().for_each(|call| self.give_up(call));
        if self.parent.is_some() || self.caller.is_some() {
            self.debts.insert(Debt::TellParent);
        }
    }

    fn give_up(&mut self, call: u64) {
        if let Some(awaited) = self.awaited.remove(&call) {
            self.let_go.insert(call, awaited);
            self.debts.insert(Debt::Stop(StartedBy::Call(call)));
        }
    }

    pub(crate) fn caller(&self) -> Option<&duramen::Parent> {
        self.caller.as_ref()
    }

    /// The durable function that a call is for, while it is awaited, and whether it is known to run by itself.
    pub(crate) fn called(&self, call: u64) -> Option<(&Called, bool)> {
        self.awaited.get(&call)?.function()
    }

    /// The calls that are to be made, or are being made: not those of functions that run by themselves.
    pub(crate) fn calls_under_way(&self) -> impl Iterator<Item = u64> {
        self.state.calls_under_way().filter(|call| !self.called(*call).is_some_and(|(_, runs)| runs))
    }

    pub(crate) fn parent(&self) -> Option<Parent> {
        self.parent
    }

    /// What it owes others.
    pub(crate) fn debts(&self) -> &BTreeSet<Debt> {
        &self.debts
    }

    /// What is to be stopped that was started so.
    pub(crate) fn to_stop(&self, by: StartedBy) -> Option<&Awaited> {
        match by {
            StartedBy::Call(call) => self.let_go.get(&call),
            StartedBy::Item { .. } => None,
        }
    }

    /// What the execution of an item of a map run begins with.
    pub(crate) fn begin_item(&self, run: RunNumber, index: u64) -> Option<BeginItem> {
        Some(BeginItem {
            child: child(&self.state, run, index)?,
            definition: self.machine.as_ref()?.definition().text().to_owned(),
            parent: Parent { execution: self.execution, by: StartedBy::Item { run, index } },
            stopped: None,
        })
    }

    /// The executions of a map run that are to be stopped.
    pub(crate) fn given_up(&self, run: RunNumber) -> Vec<BeginItem> {
        let given_up = self.state.map_run(run).into_iter().flat_map(|run| run.given_up());
        given_up.filter_map(|index| self.begin_item(run, *index)).collect()
    }

    /// What is known of it from outside; nothing before it began.
    pub(crate) fn report(&self) -> Option<Report> {
        let state = &self.state;
        Some(Report {
            about: (**state.about.as_ref()?).clone(),
            parent: self.parent,
            input: state.input.clone(),
            started_ms: state.started_ms,
            ended: state.ended_ms.zip(state.end.clone()),
            redrives: state.redrives,
        })
    }

    /// Why an execution is stopped that nobody waits for any more.
    pub(crate) fn reason_to_stop(&self) -> Fault {
        let execution = self.state.about.as_ref().map_or(self.name.as_str(), |about| about.execution_arn.as_str());
        let cause = format!("The execution {execution}, which started it, does not wait for it any more");
        Fault { error: Some("States.ParentStopped".to_owned()), cause: Some(cause) }
    }
}

/// Whether an event may leave something that was started and for which nobody waits any more.
pub(super) fn lets_go(event: &Event) -> bool {
    matches!(
        event,
        Event::Failed { .. }
            | Event::SubmitFailed { .. }
            | Event::TimedOut { .. }
            | Event::Writing { .. }
            | Event::RunFailed { .. }
            | Event::RunAborted { .. }
            | Event::Aborted { .. }
            | Event::BranchFailed { .. }
            | Event::IterationFailed { .. }
            | Event::Broken { .. }
            | Event::ExecutionSucceeded
            | Event::ExecutionFailed { .. }
            | Event::ExecutionTimedOut { .. }
            | Event::ExecutionAborted { .. }
    )
}
