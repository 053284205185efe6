//! The executions of map runs. Express ones run in memory, and again from their start when a process ended before they
//! had. Standard ones are executions of their own: begun under a name that belongs to the item, they tell their end to the
//! one that began them, and are stopped when it does not wait for them any more.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use duramen_actors::{Address, Error as ActorError};
use duramen_storage::{Error as LogError, ExecutionId, Name};
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use tokio::task::JoinSet;

use super::behavior::{KIND, StateMachine};
use super::children::look;
use super::command::{BeginItem, Command, Reply};
use super::event::Logged;
use super::in_memory;
use super::link::{Report, StartedBy};
use super::redrive::RUNNING;
use crate::history::Fault;
use crate::machine::{Child, Distributed, End, Event, ItemEnd, Machine, RunNumber};
use crate::task::Tasks;

/// How many executions of one map run are being begun, or stopped, at a time.
const AT_ONCE: usize = 64;
/// Executions that end before this need no record in the one that began them that they go on by themselves.
const LET_THEM_END: Duration = Duration::from_secs(1);
/// The pause before one is looked at again that has not yet told its end.
const STILL_RUNNING: Duration = Duration::from_millis(100);

/// What is done in memory for a map run. What runs there is broken off when it is dropped.
#[derive(Default)]
pub(super) struct Items {
    /// Those about which something is being done, each with how often it had gone on before.
    begun: BTreeSet<(u64, u64)>,
    tasks: JoinSet<()>,
}

impl Items {
    /// Those of a map run about which something is to be done, and nothing was done yet. It is taken as done now.
    pub(super) fn fresh(&mut self, run: &Distributed) -> Vec<u64> {
        self.begun.retain(|(index, redrives)| run.is_under_way(*index) && run.redrives_of(*index) == *redrives);
        let owed: Vec<u64> = if run.express { run.under_way(0).collect() } else { run.unbegun().collect() };
        owed.into_iter().filter(|index| self.begun.insert((*index, run.redrives_of(*index)))).collect()
    }

    /// Runs executions in memory.
    pub(super) fn run(
        &mut self,
        run: RunNumber,
        children: impl Iterator<Item = Child>,
        machine: &Machine,
        tasks: &Tasks,
        me: &Address<StateMachine>,
    ) {
        while self.tasks.try_join_next().is_some() {}
        let tasks = in_memory::tasks(tasks, me);
        for child in children {
            let (machine, tasks, me, work) = (machine.clone(), tasks.clone(), me.clone(), me.work());
            self.tasks.spawn(async move {
                let (index, redrives) = (child.index, child.redrives);
                let running = AssertUnwindSafe(machine.run_child(child, &tasks, me.now_ms()));
                let end = running.catch_unwind().await.unwrap_or_else(|_| End::Failed(Fault::default()));
                me.tell(Command::ChildrenEnded { run, ended: vec![ItemEnd { index, redrives, end }] });
                drop(work);
            });
        }
    }

    /// Begins executions on the log.
    pub(super) fn begin(&mut self, run: RunNumber, begins: Vec<BeginItem>, me: &Address<StateMachine>) {
        while self.tasks.try_join_next().is_some() {}
        let began: BTreeMap<u64, u64> = begins.iter().map(|begin| (begin.child.index, begin.child.redrives)).collect();
        if began.is_empty() {
            return;
        }
        let (me, work) = (me.clone(), me.work());
        self.tasks.spawn(async move {
            let beginning = stream::iter(begins.into_iter().map(|begin| begin_one(&me, run, begin)));
            let begun = beginning.buffer_unordered(AT_ONCE).try_collect::<()>().await;
            drop(work);
            match begun {
                Ok(()) => {
                    tokio::time::sleep(LET_THEM_END).await;
                    me.tell(Command::ChildrenBegan { run, began });
                }
                // What is owed is done after the next opening.
                Err(error) => tracing::debug!(execution = %me.execution(), %error, "items are not begun"),
            }
        });
    }
}

/// The events of the beginning of an execution.
pub(super) fn begun(begin: BeginItem) -> Vec<Logged> {
    let (machine, name) = (begin.machine().to_owned(), begin.name().to_owned());
    let BeginItem { child, definition, parent, stopped } = begin;
    // The log may be rid of the execution that the item had.
    let before = (child.redrives > 0).then_some(Logged::WentOnBefore { times: child.redrives });
    let mut events =
        vec![Logged::HasParent(parent), Logged::Begun { machine, name, definition }, Logged::IsPart(child.part)];
    events.extend(child.begins().into_iter().map(Logged::Happened));
    events.extend(before);
    events.extend(stopped.map(|fault| Logged::Happened(Event::ExecutionAborted { fault })));
    events
}

async fn begin_one(me: &Address<StateMachine>, run: RunNumber, begin: BeginItem) -> Result<(), ActorError> {
    let (index, redrives) = (begin.child.index, begin.child.redrives);
    let refused = match start(me, begin).await? {
        None => return Ok(()),
        Some(why) => Fault { error: Some("States.Runtime".to_owned()), cause: Some(why) },
    };
    me.tell(Command::ChildrenEnded { run, ended: vec![ItemEnd { index, redrives, end: End::Failed(refused) }] });
    Ok(())
}

/// Starts an execution, if it was not started before. Why it cannot be, if it cannot.
async fn start(me: &Address<StateMachine>, begin: BeginItem) -> Result<Option<String>, ActorError> {
    loop {
        let child = me.of(me.new_execution());
        match child.start_from_inside(Command::StartItem(Box::new(begin.clone()))).await {
            Ok(Reply::Began { .. }) => return Ok(None),
            Ok(_) => {}
            Err(ActorError::Log(LogError::NameTaken { holder, .. })) => {
                let found = look(me, holder).await?;
                if found.as_ref().is_some_and(|found| found.parent != Some(begin.parent)) {
                    return Ok(Some(format!("Execution Already Exists: '{}'", begin.child.about.execution_arn)));
                }
                if found.is_some_and(|found| found.redrives < begin.child.redrives) {
                    redrive(me, holder, begin.parent.by, begin.child.redrives).await?;
                }
                return Ok(None);
            }
            Err(ActorError::Log(error @ LogError::TooLarge { .. })) => return Ok(Some(error.to_string())),
            Err(error) => error.pass().await?,
        }
    }
}

/// Lets an execution go on that had not succeeded. One that cannot is as it ended.
async fn redrive(
    me: &Address<StateMachine>,
    holder: ExecutionId,
    by: StartedBy,
    redrives: u64,
) -> Result<(), ActorError> {
    loop {
        match me.of(holder).insist(|| Command::Redrive { time: Some(redrives) }).await? {
            Reply::NotRedrivable(why) => match look(me, holder).await? {
                Some(found) if found.redrives < redrives && why == RUNNING => tokio::time::sleep(STILL_RUNNING).await,
                Some(found) if found.redrives < redrives && found.ended.is_some() => {
                    me.tell(Command::ChildEnded { by, report: Box::new(Report { redrives, ..found }) });
                    return Ok(());
                }
                _ => return Ok(()),
            },
            _ => return Ok(()),
        }
    }
}

/// Stops executions. Those that have not begun must not begin later.
pub(super) async fn stop(me: &Address<StateMachine>, begins: Vec<BeginItem>, reason: &Fault) -> Result<(), ActorError> {
    let stopping = stream::iter(begins.into_iter().map(|begin| stop_one(me, begin, reason)));
    stopping.buffer_unordered(AT_ONCE).try_collect::<()>().await
}

async fn stop_one(me: &Address<StateMachine>, begin: BeginItem, reason: &Fault) -> Result<(), ActorError> {
    let name = Name { kind: KIND, definition: begin.machine().to_owned(), name: begin.name().to_owned() };
    loop {
        let Some(holder) = me.log().holder(&name)? else {
            match start(me, BeginItem { stopped: Some(reason.clone()), ..begin.clone() }).await? {
                None => continue,
                Some(_) => return Ok(()),
            }
        };
        return me.of(holder).insist(|| Command::Stop { fault: reason.clone() }).await.map(|_| ());
    }
}
