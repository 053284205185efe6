//! Executions in memory: one that is run, and with it those of its distributed maps.
//!
//! They share a clock and the caller's task, and take turns.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::pin::pin;
use std::time::Duration;

use futures::future::{BoxFuture, Either, pending, select};
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::time::Instant;

use super::child::{Names, child};
use super::distributed::RunNumber;
use super::event::Event;
use super::given::{self, ItemEnd};
use super::reach::Reach;
use super::run::{Options, Run, wall_ms};
use super::sight::Within;
use super::state::State;
use super::stop::Stop;
use super::turn::Turn;
use super::{Machine, Owed};
use crate::definition::Resource;
use crate::history::{Fault, HistoryEvent};
use crate::payload::Payload;
use crate::query::Moment;
use crate::rehearsal::Play;
use crate::task::Tasks;

/// Which execution. That which was asked for is the first.
type Id = u64;

const FIRST: Id = 0;

/// Which call of which execution was answered, and how.
type Answered = (Id, u64, Result<Payload, Fault>);

/// The time of a run, which may be ahead of the clock.
struct Clock {
    /// Whence it follows tokio's. In a rehearsal it stands still but for its jumps, so that each run has the same times.
    origin: Option<Instant>,
    ahead_ms: u64,
}

impl Clock {
    fn now_ms(&self) -> u64 {
        let passed = self.origin.map(|origin| u64::try_from(origin.elapsed().as_millis()).unwrap_or(u64::MAX));
        self.ahead_ms.saturating_add(passed.unwrap_or_default())
    }

    fn jump(&mut self, to_ms: u64) {
        self.ahead_ms = self.ahead_ms.saturating_add(to_ms.saturating_sub(self.now_ms()));
    }

    async fn sleep(&self, until_ms: Option<u64>) {
        match until_ms {
            Some(until_ms) => {
                tokio::time::sleep(Duration::from_millis(until_ms.saturating_sub(self.now_ms()))).await;
            }
            None => pending().await,
        }
    }
}

/// Something that is to be said to an execution.
enum Given {
    Happens(Event),
    Taken(u64),
    Answer(u64, Result<Payload, Fault>),
    Reply(u64, Result<Payload, Fault>),
    Stop(Fault),
    ChildrenEnded(RunNumber, Vec<ItemEnd>),
}

/// One execution.
struct One {
    machine: Machine,
    state: State,
    chance: Moment,
    given: Vec<Given>,
    /// The number of the last call that was made.
    called: u64,
    due_ms: Option<u64>,
    parent: Option<(Id, RunNumber, u64)>,
    children: BTreeMap<RunNumber, Children>,
}

/// The executions of a map run.
#[derive(Default)]
struct Children {
    /// Those below that index have been begun.
    next: u64,
    /// Those that run, by their index.
    running: BTreeMap<u64, Id>,
}

/// How a turn has ended.
enum Turned {
    Rests,
    /// It had its share, and there is more to do.
    Yields,
    Ended(Box<Run>),
}

/// What runs, and what it waits for.
pub(super) struct Memory<'t> {
    tasks: &'t Tasks,
    options: Options,
    started_ms: u64,
    clock: Clock,
    running: BTreeMap<Id, One>,
    next: Id,
    /// Those that have something to do.
    ready: VecDeque<Id>,
    due: BTreeSet<(u64, Id)>,
    /// What mocks say: when, to which call of which execution.
    replies: BTreeMap<(u64, Id, u64), Result<Payload, Fault>>,
    calls: FuturesUnordered<BoxFuture<'static, Answered>>,
    /// The history of the first.
    history: Vec<HistoryEvent>,
}

impl<'t> Memory<'t> {
    /// One execution that begins with those events.
    pub(super) fn new(machine: Machine, begins: Vec<Event>, tasks: &'t Tasks, options: Options) -> Self {
        let started_ms = options.start_ms.unwrap_or_else(wall_ms);
        let (stands, seed) = (options.skip_waits && options.mocks.is_some(), options.seed.unwrap_or(started_ms));
        let mut memory = Self {
            tasks,
            options,
            started_ms,
            clock: Clock { origin: (!stands).then(Instant::now), ahead_ms: started_ms },
            running: BTreeMap::new(),
            next: FIRST,
            ready: VecDeque::new(),
            due: BTreeSet::new(),
            replies: BTreeMap::new(),
            calls: FuturesUnordered::new(),
            history: Vec::new(),
        };
        memory.begin(machine, begins, seed, Vec::new(), None);
        memory
    }

    fn begin(
        &mut self,
        machine: Machine,
        begins: Vec<Event>,
        seed: u64,
        around: Vec<Within>,
        parent: Option<(Id, RunNumber, u64)>,
    ) -> Id {
        let id = self.next;
        self.next += 1;
        let mut state = State::default();
        state.around = around;
        let one = One {
            machine,
            state,
            chance: Moment::new(self.started_ms, seed),
            given: begins.into_iter().map(Given::Happens).collect(),
            called: 0,
            due_ms: None,
            parent,
            children: BTreeMap::new(),
        };
        self.running.insert(id, one);
        self.ready.push_back(id);
        id
    }

    fn give(&mut self, id: Id, given: Given) {
        if let Some(one) = self.running.get_mut(&id) {
            one.given.push(given);
            self.ready.push_back(id);
        }
    }

    /// Runs until the first has ended.
    pub(super) async fn run(mut self) -> Run {
        loop {
            while let Some(id) = self.ready.pop_front() {
                match self.turn(id) {
                    Turned::Ended(run) => return *run,
                    Turned::Yields => tokio::task::yield_now().await,
                    Turned::Rests => tokio::task::consume_budget().await,
                }
                self.heed_stop();
            }
            self.wait().await;
        }
    }

    /// A turn of one execution, and what follows from it for others.
    fn turn(&mut self, id: Id) -> Turned {
        let now_ms = self.clock.now_ms();
        let Some(one) = self.running.get_mut(&id) else { return Turned::Rests };
        let due = one.state.next_due().is_some_and(|due| due <= now_ms);
        if one.given.is_empty() && !due && one.state.ready().is_none() {
            return Turned::Rests;
        }
        let moment = Moment::new(now_ms, one.chance.bits());
        let Machine { plan, limits } = &one.machine;
        let given = std::mem::take(&mut one.given);
        // Where mocks answer, they know of whom there is none.
        let reach = self.options.mocks.is_none().then_some(self.tasks as &dyn Reach);
        let mut turn =
            Turn::new(plan, &mut one.state, limits, moment).reaching(reach).watched(self.options.watch.as_ref());
        for given in given {
            match given {
                Given::Happens(event) => {
                    turn.emit(event);
                    turn.bound();
                }
                Given::Taken(number) => turn.take(number),
                Given::Answer(number, answer) => turn.answer(number, answer),
                Given::Reply(number, answer) => turn.reply(number, answer),
                Given::Stop(fault) => {
                    given::stopped(turn.state(), fault).into_iter().for_each(|event| turn.emit(event));
                }
                Given::ChildrenEnded(run, ended) => {
                    let ended = given::children_ended(turn.state(), run, ended);
                    ended.into_iter().for_each(|event| turn.emit(event));
                }
            }
        }
        turn.due();
        let rests = turn.run();
        if id == FIRST {
            self.history.append(&mut turn.history);
        }
        if one.state.end.is_some() {
            return self.ended(id, now_ms).map_or(Turned::Rests, |run| Turned::Ended(Box::new(run)));
        }
        if id == FIRST
            && let Some(seconds) = self.options.timeout_seconds.take()
        {
            let deadline = self.started_ms.saturating_add(seconds.saturating_mul(1000));
            one.state.deadline_ms = one.state.deadline_ms.into_iter().chain([deadline]).min();
        }
        self.follow(id, now_ms);
        if rests {
            return Turned::Rests;
        }
        self.ready.push_back(id);
        Turned::Yields
    }

    /// Makes the calls that an execution is owed, and begins and gives up executions of its map runs.
    fn follow(&mut self, id: Id, now_ms: u64) {
        let Some(one) = self.running.get_mut(&id) else { return };
        let mut lacks = None;
        for (number, owed) in one.machine.calls(&one.state, one.called, now_ms) {
            one.called = one.called.max(number);
            // Somebody takes the task of an activity at once.
            if matches!(&owed, Owed::Task(Resource::Activity { .. }, _)) {
                one.given.push(Given::Taken(number));
                self.ready.push_back(id);
            }
            let mocks = self.options.mocks.as_ref();
            match mocks.map(|mocks| mocks.play(&one.machine.plan, &one.state, number, &owed)) {
                None | Some(Play::Handlers) => {}
                Some(Play::Reply(answer, after_ms)) => {
                    self.replies.insert((now_ms.saturating_add(after_ms), id, number), answer);
                    continue;
                }
                Some(Play::Lacks(fault)) => {
                    lacks = Some(fault);
                    break;
                }
            }
            let tasks = self.tasks.clone();
            self.calls.push(Box::pin(async move { (id, number, tasks.attempt(owed).await) }));
        }
        let due_ms = one.state.next_due();
        if one.due_ms != due_ms {
            if let Some(before) = std::mem::replace(&mut one.due_ms, due_ms) {
                self.due.remove(&(before, id));
            }
            self.due.extend(due_ms.map(|due| (due, id)));
        }
        let (mut fresh, mut left) = (Vec::new(), Vec::new());
        for (number, run) in one.state.map_runs() {
            if !run.is_open() && !one.children.contains_key(&number) {
                continue;
            }
            let children = one.children.entry(number).or_default();
            let around = || one.state.within_items(&one.machine.plan, run.frame);
            let new = run.under_way(children.next).filter_map(|index| child(&one.state, number, index));
            fresh.extend(new.map(|child| (number, child, around())));
            children.next = run.started();
            // Some were given up, if more run than are waited for.
            if children.running.len() > run.under_way_len() {
                children.running.retain(|index, id| {
                    let waited_for = run.is_under_way(*index);
                    left.extend((!waited_for).then_some(*id));
                    waited_for
                });
            }
            if !run.is_open() {
                one.children.remove(&number);
            }
        }
        let machine = one.machine.clone();
        left.into_iter().for_each(|child| self.give_up(child));
        for (number, child, mut around) in fresh {
            let (index, seed) = (child.index, Names::seed(&child.about.execution_name));
            if let Some(item) = around.last_mut() {
                item.index = usize::try_from(index).unwrap_or(usize::MAX);
            }
            let (machine, parent) = (machine.part(child.part), Some((id, number, index)));
            let begun = self.begin(machine, child.begins().into(), seed, around, parent);
            let one = self.running.get_mut(&id);
            if let Some(children) = one.and_then(|one| one.children.get_mut(&number)) {
                children.running.insert(index, begun);
            }
        }
        if let Some(fault) = lacks {
            self.give(FIRST, Given::Stop(fault));
        }
    }

    /// Stops the first, if it was told to.
    fn heed_stop(&mut self) {
        if let Some(fault) = self.options.stop.as_ref().and_then(Stop::fault).cloned() {
            self.options.stop = None;
            self.give(FIRST, Given::Stop(fault));
        }
    }

    /// An execution has ended. The run, if it was the first.
    fn ended(&mut self, id: Id, now_ms: u64) -> Option<Run> {
        let mut one = self.leave(id)?;
        let end = one.state.end.take()?;
        let Some((parent, run, index)) = one.parent else {
            let history = std::mem::take(&mut self.history);
            let map_runs = one.state.described_runs();
            return Some(Run { end, history, started_ms: self.started_ms, ended_ms: now_ms, map_runs });
        };
        let parent_of = self.running.get_mut(&parent)?;
        if let Some(children) = parent_of.children.get_mut(&run) {
            children.running.remove(&index);
        }
        let end = ItemEnd { index, redrives: 0, end };
        match parent_of.given.last_mut() {
            Some(Given::ChildrenEnded(number, ended)) if *number == run => ended.push(end),
            _ => self.give(parent, Given::ChildrenEnded(run, vec![end])),
        }
        None
    }

    /// Nobody waits for that execution any more.
    fn give_up(&mut self, id: Id) {
        self.leave(id);
    }

    /// Takes out an execution, and those that run for it.
    fn leave(&mut self, id: Id) -> Option<One> {
        let mut one = self.running.remove(&id)?;
        if let Some(due_ms) = one.due_ms {
            self.due.remove(&(due_ms, id));
        }
        let children = std::mem::take(&mut one.children).into_values().flat_map(|children| children.running);
        children.for_each(|(_, child)| self.give_up(child));
        Some(one)
    }

    /// Waits until somebody has something to do.
    async fn wait(&mut self) {
        let now_ms = self.clock.now_ms();
        let stop_ms = self.options.stop_after_ms.map(|after| self.started_ms.saturating_add(after));
        if stop_ms.is_some_and(|stop| stop <= now_ms) {
            return self.give(FIRST, Given::Happens(Event::ExecutionAborted { fault: Fault::default() }));
        }
        let reply = self.replies.first_key_value().map(|((due, ..), _)| *due);
        let due = self.due.first().map(|(due, _)| *due).into_iter().chain(stop_ms).chain(reply).min();
        match (self.calls.is_empty(), due) {
            (true, None) => return self.fail_all(),
            (true, Some(due)) if self.options.skip_waits || due <= now_ms => {
                self.clock.jump(due);
                tokio::task::yield_now().await;
            }
            (nothing, due) => {
                let calls = &mut self.calls;
                let answer = async { if nothing { pending().await } else { calls.next().await } };
                match first_of(answer, self.clock.sleep(due), stopped(self.options.stop.as_ref())).await {
                    Came::Answer(Some((id, number, answer))) => self.give(id, Given::Answer(number, answer)),
                    Came::Time if self.clock.origin.is_none() => self.clock.jump(due.unwrap_or_default()),
                    Came::Answer(None) | Came::Time | Came::Stop => {}
                }
            }
        }
        self.heed_stop();
        let now_ms = self.clock.now_ms();
        while let Some(reply) = self.replies.first_entry().filter(|reply| reply.key().0 <= now_ms) {
            let ((_, id, number), answer) = reply.remove_entry();
            self.give(id, Given::Reply(number, answer));
        }
        self.ready.extend(self.due.iter().take_while(|(due, _)| *due <= now_ms).map(|(_, id)| *id));
    }

    /// Nothing is waited for: those that do not wait for others cannot go on.
    fn fail_all(&mut self) {
        let waits = |one: &One| one.children.values().any(|children| !children.running.is_empty());
        let stuck: Vec<Id> = self.running.iter().filter(|(_, one)| !waits(one)).map(|(id, _)| *id).collect();
        for id in stuck {
            let cause = "Nothing is left that could go on".to_owned();
            let fault = Fault { error: None, cause: Some(cause) };
            self.give(id, Given::Happens(Event::ExecutionFailed { fault }));
        }
    }
}

/// What an execution waited for.
enum Came<A> {
    Answer(A),
    Time,
    Stop,
}

async fn first_of<A>(answer: impl Future<Output = A>, time: impl Future, stop: impl Future) -> Came<A> {
    let (answer, time, stop) = (pin!(answer), pin!(time), pin!(stop));
    match select(answer, select(time, stop)).await {
        Either::Left((answer, _)) => Came::Answer(answer),
        Either::Right((Either::Left(_), _)) => Came::Time,
        Either::Right((Either::Right(_), _)) => Came::Stop,
    }
}

async fn stopped(stop: Option<&Stop>) {
    match stop {
        Some(stop) => stop.stopped().await,
        None => pending().await,
    }
}
