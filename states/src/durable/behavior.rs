//! The behaviour of an execution of a state machine.
//!
//! Its state is the interpreter's; a turn goes on from what commands and timers brought until everything waits, and what
//! it decided is one record. Recovery applies events, and never runs the interpreter.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use duramen::others::Functions;
use duramen_actors::{Address, Behavior, Decision, Error as ActorError, Fault as Pause, Label, Moment, Standing};
use duramen_storage::{ExecutionId, Kind, RecordKind, Status};

use super::activities::Activities;
use super::calling::detach;
use super::children::Owing;
use super::command::{Command, Reply};
use super::entity::{Entity, lets_go};
use super::event::Logged;
use super::items::{self, Items};
use super::link::{Debt, StartedBy};
use super::map_runs;
use super::offers::Offers;
use super::redrive::BY_MAP_RUN;
use super::registry::Registry;
use super::starting::{ended, started};
use super::waiters::Waiters;
use crate::definition::{Definition, Resource};
use crate::machine::{
    End, Event, Limits, Machine, alive, answer, due, ended as end_of_call, stopped, submitted, taken, told,
};
use crate::machine::{ItemEnd, RunNumber, Tolerance, child, children_began, children_ended, resource};
use crate::machine::{has_read, items_read};
use crate::payload::Payload;
use crate::query;
use crate::task::Tasks;

/// After how many turns a snapshot is taken, if it is not said otherwise.
const SNAPSHOT_EVERY: u64 = 256;

/// How many definitions are kept read.
const MOST_COMPILED: usize = 1024;

/// The number under which state machines are listed.
pub(crate) const KIND: Kind = Kind(2);

/// What all executions have in common.
pub(crate) struct StateMachine {
    pub(super) registry: Registry,
    pub(super) tasks: Tasks,
    pub(super) limits: Limits,
    pub(super) snapshot_every: u64,
    pub(crate) waiters: Waiters,
    pub(super) activities: Activities,
    pub(super) offers: Offers,
    /// The durable functions on the same log.
    pub(super) functions: Option<Functions>,
    /// Definitions by their text, so that each is read once.
    compiled: Mutex<HashMap<String, Machine>>,
}

/// What an execution has in memory beside its state.
#[derive(Default)]
pub(crate) struct Live {
    /// The calls that are being made.
    pub(super) begun: BTreeSet<u64>,
    /// What is being paid of what is owed to others.
    settling: BTreeSet<Debt>,
    /// Whether the Express execution runs.
    pub(super) runs: bool,
    /// The map runs whose executions are begun from here.
    map_runs: HashMap<RunNumber, Items>,
}

/// Something to be done once the events that say so are durable.
pub(crate) enum Effect {
    /// Make that call.
    Call(u64),
    /// Let a worker take the task of that call.
    Offer(u64),
    /// Go on with what the turn left.
    GoOn,
    /// Pay what is owed to other executions, and let go of what nobody waits for any more.
    Settle,
    /// That is paid. It may be owed once more, after a redrive.
    Paid(Debt),
    /// Run the Express execution.
    Run,
    /// Run the executions of that map run.
    Children(RunNumber),
}

impl StateMachine {
    pub(super) fn new(registry: Registry, tasks: Tasks, limits: Limits) -> Self {
        Self {
            registry,
            tasks,
            limits,
            snapshot_every: SNAPSHOT_EVERY,
            waiters: Waiters::default(),
            activities: Activities::default(),
            offers: Offers::default(),
            functions: None,
            compiled: Mutex::default(),
        }
    }

    /// The machine of a definition, read once.
    pub(super) fn compile(&self, text: &str) -> Result<Machine, String> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(machine) = compiled.get(text) {
            return Ok(machine.clone());
        }
        let machine = Definition::parse(text).and_then(|definition| Machine::new(&definition));
        let machine = machine.map_err(|problems| problems.iter().map(|one| format!("{one}; ")).collect::<String>())?;
        let machine = machine.limits(self.limits);
        // Executions have their own; those that are under way are soon known again.
        if compiled.len() >= MOST_COMPILED {
            compiled.clear();
        }
        compiled.insert(text.to_owned(), machine.clone());
        Ok(machine)
    }

    /// Pays what is owed to other executions.
    fn settle(&self, entity: &Entity, live: &mut Live, me: &Address<Self>) {
        live.settling.retain(|debt| entity.debts().contains(debt));
        live.map_runs.retain(|run, _| entity.state.map_run(*run).is_some_and(|run| run.under_way_len() > 0));
        for debt in entity.debts() {
            let owing = match debt {
                Debt::StopChildren(run) => {
                    Some(Owing::StopChildren(*run, entity.given_up(*run), entity.reason_to_stop()))
                }
                Debt::TellParent => entity.report().and_then(|report| match (entity.parent(), entity.caller()) {
                    (Some(parent), _) => Some(Owing::Tell(parent, Box::new(report))),
                    (None, Some(caller)) => Some(Owing::TellCaller(caller.clone(), report.ended?.1)),
                    (None, None) => None,
                }),
                Debt::Stop(by) => {
                    entity.to_stop(*by).map(|started| Owing::Stop(*by, started.clone(), entity.reason_to_stop()))
                }
            };
            let Some(owing) = owing.filter(|_| live.settling.insert(*debt)) else { continue };
            detach(me.work(), owing.settle(me.clone()));
        }
    }

    /// Runs the executions of a map run, or begins them.
    fn children(&self, run: RunNumber, entity: &Entity, live: &mut Live, me: &Address<Self>) {
        let (Some(machine), Some(known)) = (&entity.machine, entity.state.map_run(run)) else { return };
        let items = live.map_runs.entry(run).or_default();
        let fresh = items.fresh(known).into_iter();
        if known.express {
            let children = fresh.filter_map(|index| child(&entity.state, run, index));
            items.run(run, children, &machine.clone().limits(self.limits), &self.tasks, me);
        } else {
            items.begin(run, fresh.filter_map(|index| entity.begin_item(run, index)).collect(), me);
        }
    }
}

/// These happen, and there is nothing to be answered.
fn happens(events: impl IntoIterator<Item = Event>) -> Decision<StateMachine> {
    Decision { events: events.into_iter().map(Logged::Happened).collect(), reply: Reply::Done, fault: None }
}

impl Behavior for StateMachine {
    type State = Entity;
    type Live = Live;
    type Command = Command;
    type Event = Logged;
    type Reply = Reply;
    type Effect = Effect;

    const KIND: Kind = KIND;
    const RECORD: RecordKind = RecordKind(1);
    const NAME: &'static str = "state_machine";

    fn initial(&self, execution: ExecutionId) -> Entity {
        Entity::new(execution)
    }

    fn animate(&self, _: &Address<Self>) -> Live {
        Live::default()
    }

    fn decide(&self, entity: &Entity, command: Command, at: Moment) -> Decision<Self> {
        let state = &entity.state;
        let known = |event: Option<Event>| match event {
            Some(event) => happens(Some(event)),
            None => Decision::reply(Reply::Unknown),
        };
        match command {
            Command::Start(begin) if state.about.is_none() && entity.broken.is_none() => {
                let (events, about) = self.begun(entity, *begin, at.entropy);
                Decision { events, reply: Reply::Began { at_ms: at.now_ms, arn: about.execution_arn }, fault: None }
            }
            Command::StartItem(begin) if state.about.is_none() && entity.broken.is_none() => {
                let arn = begin.child.about.execution_arn.clone();
                let events = items::begun(*begin);
                Decision { events, reply: Reply::Began { at_ms: at.now_ms, arn }, fault: None }
            }
            Command::Answer { call, answer: came } => match &entity.machine {
                Some(machine) => happens(answer(machine.plan(), state, &self.limits, call, came)),
                None => Decision::reply(Reply::Done),
            },
            Command::ItemsRead { call, part } if has_read(state, call, &part) => Decision::reply(Reply::Done),
            Command::ItemsRead { call, part } => known(items_read(state, call, part)),
            // What was told before, by a task that is not sure of it, is as good as told.
            Command::Told { by: Some(by), .. } if entity.told_by.contains(&by) => Decision::reply(Reply::Done),
            Command::Told { token, answer, by } => {
                let machine = entity.machine.as_ref();
                let event = machine.and_then(|machine| told(machine.plan(), state, &self.limits, &token, answer));
                let by = by.filter(|_| event.is_some()).map(|(execution, call)| Logged::ToldBy(execution, call));
                let mut decision = known(event);
                decision.events.extend(by);
                decision
            }
            Command::Alive { token } => known(alive(state, &token)),
            Command::Take { call, worker } => match taken(state, call, worker) {
                Some((event, task)) => Decision {
                    reply: Reply::Taken {
                        token: task.token.clone().unwrap_or_default(),
                        input: task.parameters.clone(),
                    },
                    ..happens(Some(event))
                },
                None => Decision::reply(Reply::Unknown),
            },
            Command::GoOn if state.ready().is_some() => Decision::event(Logged::GoesOn, Reply::Done),
            Command::Stop { .. } if entity.is_express() => Decision::reply(Reply::Express),
            Command::Stop { fault } if state.end.is_none() && state.about.is_some() => {
                happens(stopped(state, self.limits.cut(fault)))
            }
            Command::Look => match entity.report() {
                Some(report) => Decision::reply(Reply::Looked(Box::new(report))),
                None => Decision::reply(Reply::Unknown),
            },
            Command::Redrive { .. } if state.about.is_none() => Decision::reply(Reply::Unknown),
            Command::Redrive { .. } if entity.is_express() => Decision::reply(Reply::Express),
            Command::Redrive { time: None } if entity.is_item() => Decision::reply(Reply::NotRedrivable(BY_MAP_RUN)),
            Command::Redrive { time: Some(time) } if state.redrives >= time => Decision::reply(Reply::Done),
            Command::Redrive { .. } => match entity.not_redrivable(&self.limits, at.now_ms) {
                None => {
                    Decision { events: entity.redriven(), reply: Reply::Redriven { at_ms: at.now_ms }, fault: None }
                }
                Some(reason) => Decision::reply(Reply::NotRedrivable(reason)),
            },
            Command::Describe => match entity.description(&self.limits, at.now_ms) {
                Some(description) => Decision::reply(Reply::Described(Box::new(description))),
                None => Decision::reply(Reply::Unknown),
            },
            Command::Ran { end } if entity.runs_express() => Decision::event(Logged::Ran { end }, Reply::Done),
            Command::ChildBegan { call, output } => happens(submitted(state, call, output)),
            Command::ChildEnded { by: by @ StartedBy::Call(call), report } => {
                let Some(machine) = &entity.machine else { return Decision::reply(Reply::Done) };
                let Some(Resource::Service(service)) = resource(machine.plan(), state, call) else {
                    return Decision::reply(Reply::Done);
                };
                // It may have ended before it was heard of that it began.
                let began = Payload::from(started(service, &report.about.execution_arn, report.started_ms));
                let began = submitted(state, call, began);
                let ended = end_of_call(machine.plan(), state, &self.limits, call, ended(service, &report));
                let happened = began.into_iter().chain(ended).map(Logged::Happened);
                let events = [Logged::ChildEnded(by)].into_iter().chain(happened).collect();
                Decision { events, reply: Reply::Done, fault: None }
            }
            Command::ChildEnded { by: StartedBy::Item { run, index }, report } => {
                let redrives = report.redrives;
                let ended = report.ended.map(|(_, end)| ItemEnd { index, redrives, end }).into_iter().collect();
                happens(children_ended(state, run, ended))
            }
            Command::ChildrenEnded { run, ended } => happens(children_ended(state, run, ended)),
            Command::ChildrenBegan { run, began } => happens(children_began(state, run, &began)),
            Command::UpdateRun { arn, update } => {
                let found = state.map_runs().find(|(_, run)| *run.arn == *arn && run.is_open());
                known(found.map(|(run, _)| Event::RunUpdated {
                    run,
                    most: update.max_concurrency,
                    tolerance: Tolerance {
                        count: update.tolerated_failure_count,
                        percentage: update.tolerated_failure_percentage,
                    },
                }))
            }
            Command::LookAtRuns => Decision::reply(Reply::Runs(state.described_runs())),
            Command::FunctionRuns { call } if entity.called(call).is_some_and(|(_, runs)| !runs) => {
                Decision::event(Logged::FunctionRuns { call }, Reply::Done)
            }
            Command::FunctionEnded { call, execution, outcome }
                if entity.called(call).is_some_and(|(called, _)| called.execution == execution) =>
            {
                let ended = self.function_ended(entity, call, &outcome, at);
                let events = [Logged::ChildEnded(StartedBy::Call(call))].into_iter().chain(ended).collect();
                Decision { events, reply: Reply::Done, fault: None }
            }
            Command::Settled(debt) if entity.debts().contains(&debt) => {
                Decision::event(Logged::Settled(debt), Reply::Done)
            }
            Command::Start(_)
            | Command::StartItem(_)
            | Command::GoOn
            | Command::Stop { .. }
            | Command::Settled(_)
            | Command::Ran { .. }
            | Command::FunctionRuns { .. }
            | Command::FunctionEnded { .. } => Decision::reply(Reply::Done),
        }
    }

    fn apply(&self, entity: &mut Entity, event: &Logged, at_ms: u64) {
        entity.apply(event, at_ms, |text| self.compile(text));
    }

    fn standing(&self, entity: &Entity) -> Standing {
        let state = &entity.state;
        let owes = !entity.debts().is_empty();
        let status = match &state.end {
            None => {
                let busy =
                    owes || entity.is_express() || state.ready().is_some() || entity.calls_under_way().next().is_some();
                let busy = busy || state.map_runs().any(|(_, run)| run.owes_children());
                return Standing { status: Status::Running, busy, wake_ms: state.next_due() };
            }
            Some(_) if owes => return Standing { status: Status::Running, busy: true, wake_ms: None },
            Some(End::Succeeded(_)) => Status::Succeeded,
            Some(End::Failed(_)) => Status::Failed,
            Some(End::TimedOut(_)) => Status::TimedOut,
            Some(End::Aborted(_)) => Status::Stopped,
        };
        Standing::closed(status)
    }

    fn beacon(&self, entity: &Entity) -> bool {
        entity.offers().next().is_some()
    }

    fn label(&self, entity: &Entity) -> Label {
        Label { definition: entity.definition.clone(), name: entity.name.clone(), revision: 1 }
    }

    fn marks(&self, event: &Logged) -> Option<String> {
        match event {
            Logged::Happened(Event::MapStarted { run: Some(arn), .. }) => Some(map_runs::mark(arn)),
            _ => None,
        }
    }

    fn weight(&self, command: &Command) -> usize {
        command.weight()
    }

    fn due(&self, entity: &Entity, now_ms: u64) -> Vec<Logged> {
        due(&entity.state, now_ms).into_iter().map(Logged::Happened).collect()
    }

    const PROCEEDS: bool = true;

    fn proceed(&self, entity: &mut Entity, _: &mut Live, given: &[Logged], at: Moment) -> Result<Vec<Logged>, Pause> {
        if let Some(why) = &entity.broken {
            return Err(Pause::new(format!("its definition cannot be run: {why}")));
        }
        let behind = entity.state.calls;
        let bytes = given.iter().map(Logged::weight).sum();
        let mut events = entity.proceed(&self.limits, self, query::Moment::new(at.now_ms, at.entropy), bytes);
        for called in self.calls_of_functions(entity, behind, at) {
            self.apply(entity, &called, at.now_ms);
            events.push(called);
        }
        Ok(events)
    }

    fn revives(&self, entity: &Entity) -> bool {
        entity.state.end.is_none()
    }

    const SNAPSHOTS: bool = true;

    fn snapshot_due(&self, entity: &Entity, turns: u64) -> bool {
        entity.is_due_for_a_snapshot(turns, self.snapshot_every)
    }

    fn snapshot(&self, entity: &Entity) -> Option<Vec<u8>> {
        entity.to_snapshot()
    }

    fn restore(&self, execution: ExecutionId, body: &[u8]) -> Result<Entity, String> {
        Entity::of_snapshot(execution, body, |text| self.compile(text))
    }

    fn effect(&self, entity: &Entity, event: &Logged) -> Option<Effect> {
        match event {
            Logged::Happened(
                Event::Scheduled { frame, .. }
                | Event::Reading { frame, .. }
                | Event::ReadingAt { frame, .. }
                | Event::Writing { frame, .. },
            ) => {
                let frame = entity.state.frame(*frame)?;
                if let Some((call, _)) = entity.machine.as_ref()?.offer(frame) {
                    return Some(Effect::Offer(call));
                }
                frame.phase.call().filter(|call| !call.submitted).map(|call| Effect::Call(call.id))
            }
            Logged::Yielded => entity.state.ready().map(|_| Effect::GoOn),
            Logged::Happened(Event::ChildrenStarted { run, .. } | Event::ChildrenRestarted { run, .. }) => {
                Some(Effect::Children(*run))
            }
            Logged::Happened(event) if lets_go(event) => {
                let has_others = !entity.debts().is_empty() || entity.state.map_runs().next().is_some();
                has_others.then_some(Effect::Settle)
            }
            Logged::Accepted { .. } => entity.runs_express().then_some(Effect::Run),
            Logged::Ran { .. } => (!entity.debts().is_empty()).then_some(Effect::Settle),
            Logged::Settled(debt) => Some(Effect::Paid(*debt)),
            _ => None,
        }
    }

    fn pending(&self, entity: &Entity) -> Vec<Effect> {
        let calls = entity.calls_under_way().map(Effect::Call);
        let settle = (!entity.debts().is_empty()).then_some(Effect::Settle);
        let owing = entity.state.map_runs().filter(|(_, run)| run.owes_children());
        let calls = calls.chain(owing.map(|(run, _)| Effect::Children(run)));
        let run = entity.runs_express().then_some(Effect::Run);
        let offers = entity.offers().map(|(call, _)| Effect::Offer(call));
        calls.chain(entity.state.ready().map(|_| Effect::GoOn)).chain(settle).chain(run).chain(offers).collect()
    }

    fn perform(&self, effect: Effect, entity: &Entity, live: &mut Live, me: &Address<Self>) {
        match effect {
            Effect::GoOn => me.tell(Command::GoOn),
            Effect::Offer(call) => {
                let waits = entity.state.with_call(call).map(|(_, frame)| frame);
                let offer = entity.machine.as_ref().zip(waits).and_then(|(machine, frame)| machine.offer(frame));
                if let Some((_, activity)) = offer {
                    self.offers.offer(activity, me.execution(), call);
                }
            }
            Effect::Settle => self.settle(entity, live, me),
            Effect::Paid(debt) => _ = live.settling.remove(&debt),
            Effect::Run => self.run_express(entity, live, me),
            Effect::Children(run) => self.children(run, entity, live, me),
            Effect::Call(call) => self.call(call, entity, live, me),
        }
    }

    fn departed(&self, execution: ExecutionId, entity: &Entity) {
        if let Some(end) = &entity.state.end {
            self.waiters.tell(execution, end);
            self.offers.withdraw(execution);
        }
    }

    fn ended(&self, reason: &ActorError) {
        self.waiters.dismiss(reason);
        self.offers.end(reason);
    }
}
