//! The state of an execution on the log.

use std::collections::{BTreeMap, BTreeSet};

use duramen_storage::ExecutionId;

use super::command::BeginItem;
use super::event::Logged;
use super::link::{Debt, Parent, Report, StartedBy};
use super::starting::{Asked, waits_for_end};
use crate::history::{Fault, HistoryEvent};
use crate::machine::{Event, Limits, Machine, RunNumber, State, Turn, apply, call_of, child};
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
    /// The executions that it started and waits for.
    pub(super) children: BTreeMap<StartedBy, Asked>,
    /// Those that it does not wait for any more, and owes that they are stopped.
    pub(super) to_stop: BTreeMap<StartedBy, Asked>,
    pub(super) debts: BTreeSet<Debt>,
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
            children: BTreeMap::new(),
            to_stop: BTreeMap::new(),
            debts: BTreeSet::new(),
        }
    }

    /// Whether it is an Express execution that is under way.
    pub(crate) fn runs_express(&self) -> bool {
        self.state.end.is_none() && self.is_express()
    }

    pub(crate) fn is_express(&self) -> bool {
        self.state.about.as_ref().is_some_and(|about| about.express)
    }

    /// Goes on until everything waits, or the turn has had its share. What it decides is applied as it is decided.
    pub(crate) fn proceed(&mut self, limits: &Limits, moment: Moment) -> Vec<Logged> {
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
        let mut turn = Turn::new(machine.plan(), &mut state, limits, moment).kept_by(&mut keeper);
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
                self.children.remove(by);
                None
            }
            Logged::Settled(debt) => {
                self.debts.remove(debt);
                match debt {
                    Debt::Stop(by) => _ = self.to_stop.remove(by),
                    Debt::StopChildren(run) => self.state.told_children(*run),
                    Debt::TellParent => {}
                }
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
        }
    }

    fn happened(&mut self, event: &Event, at_ms: u64) -> Option<HistoryEvent> {
        let machine = self.machine.as_ref()?;
        let given_up = match event {
            Event::Failed { frame, .. } | Event::TimedOut { frame, .. } | Event::Aborted { frame } => {
                let call = call_of(machine.plan(), &self.state, *frame).map(|(call, ..)| StartedBy::Call(call));
                call.into_iter().collect()
            }
            _ => Vec::new(),
        };
        let shown = apply(machine.plan(), &mut self.state, event, at_ms);
        if let Event::Scheduled { frame, .. } = event
            && let Some((call, parameters, resource)) = call_of(machine.plan(), &self.state, *frame)
            && waits_for_end(resource)
            && let Ok(asked) = Asked::of(&parameters, self.execution, call)
        {
            self.children.insert(StartedBy::Call(call), asked);
        }
        given_up.into_iter().for_each(|by| self.give_up(by));
        let given_up = self.state.map_runs().filter(|(_, run)| !run.given_up().is_empty());
        self.debts.extend(given_up.map(|(run, _)| Debt::StopChildren(run)));
        if self.state.end.is_some() {
            self.over();
        }
        shown
    }

    /// What it owes others when it has ended.
    fn over(&mut self) {
        let left: Vec<StartedBy> = self.children.keys().copied().collect();
        left.into_iter().for_each(|by| self.give_up(by));
        if self.parent.is_some() {
            self.debts.insert(Debt::TellParent);
        }
    }

    fn give_up(&mut self, by: StartedBy) {
        if let Some(asked) = self.children.remove(&by) {
            self.to_stop.insert(by, asked);
            self.debts.insert(Debt::Stop(by));
        }
    }

    pub(crate) fn parent(&self) -> Option<Parent> {
        self.parent
    }

    /// What it owes others.
    pub(crate) fn debts(&self) -> &BTreeSet<Debt> {
        &self.debts
    }

    /// An execution that is to be stopped.
    pub(crate) fn to_stop(&self, by: StartedBy) -> Option<&Asked> {
        self.to_stop.get(&by)
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
