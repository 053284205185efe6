//! What all parts of a system hold in common: the log, the clock, the live entities and the stage it is in.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use duramen_storage::{Error as LogError, ExecutionId, Log, Status};
use ractor::{Actor, ActorId, ActorRef};
use tokio::sync::{Notify, Semaphore};

use crate::builder::Options;
use crate::directory::{Delivered, Directory};
use crate::entity::{Arrival, Coming, Entity, Signal};
use crate::hold::hold;
use crate::meters::Meters;
use crate::slot::{Input, ReplyTo, Slot};
use crate::supervisor::Notice;
use crate::timers::Timers;
use crate::work::Work;
use crate::{Behavior, Clock, Error};

/// What a system does with commands and effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Stage {
    /// Commands are taken, effects are performed.
    Open = 0,
    /// No commands from outside are taken and no effect is begun; those under way may end.
    Draining = 1,
    /// Nothing is done any more.
    Closed = 2,
}

pub(crate) struct Shared<B: Behavior> {
    pub(crate) behavior: B,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: Options,
    pub(crate) directory: Directory<B>,
    pub(crate) timers: Arc<Timers>,
    pub(crate) meters: Arc<Meters>,
    /// Who waits for a place among the commands under way.
    pub(crate) admission: Arc<Semaphore>,
    /// How many entities may read the log at a time.
    pub(crate) recovering: Semaphore,
    /// Told when the system closes; apart from the rest, so that who waits for it keeps nothing else alive.
    pub(crate) stopping: Arc<Notify>,
    pub(crate) work: Work,
    pub(crate) runtime: tokio::runtime::Handle,
    pub(crate) supervisor: OnceLock<ActorRef<Notice<B>>>,
    actors: Mutex<HashMap<ActorId, Arc<Slot<B>>>>,
    stage: AtomicU8,
    poison: OnceLock<LogError>,
    ended: AtomicBool,
}

impl<B: Behavior> Shared<B> {
    pub(crate) fn new(behavior: B, log: Arc<dyn Log>, clock: Arc<dyn Clock>, options: Options) -> Self {
        let meters = Arc::new(Meters::register(B::NAME));
        Self {
            behavior,
            log,
            clock,
            directory: Directory::new(Arc::clone(&meters)),
            timers: Arc::default(),
            meters,
            admission: Arc::new(Semaphore::new(options.max_commands.min(Semaphore::MAX_PERMITS))),
            recovering: Semaphore::new(options.max_recovering),
            stopping: Arc::default(),
            work: Work::default(),
            runtime: tokio::runtime::Handle::current(),
            supervisor: OnceLock::new(),
            actors: Mutex::default(),
            stage: AtomicU8::new(Stage::Open as u8),
            poison: OnceLock::new(),
            ended: AtomicBool::new(false),
            options,
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.stage.load(Ordering::Acquire) >= Stage::Closed as u8
    }

    pub(crate) fn is_open(&self) -> bool {
        self.stage.load(Ordering::Acquire) == Stage::Open as u8
    }

    pub(crate) fn enter(&self, stage: Stage) {
        self.stage.fetch_max(stage as u8, Ordering::AcqRel);
        if stage == Stage::Closed {
            self.stopping.notify_waiters();
        }
    }

    /// The log has failed: nothing can be recorded any more.
    pub(crate) fn poison(&self, error: LogError) {
        if self.poison.set(error).is_ok()
            && let Some(error) = self.poison.get()
        {
            tracing::error!(%error, "the log has failed: every execution stops where it stands, and goes on when the folder is opened again");
            self.end(&Error::Log(error.clone()));
        }
    }

    /// Tells the behaviour that no entity goes on, if it was not told before.
    pub(crate) fn end(&self, reason: &Error) {
        if !self.ended.swap(true, Ordering::AcqRel) {
            self.behavior.ended(reason);
        }
    }

    /// Whether effects may begin: not when their answers could not be recorded.
    pub(crate) fn begins_effects(&self) -> bool {
        self.is_open() && self.poison.get().is_none()
    }

    pub(crate) fn poisoned(&self) -> Option<Error> {
        self.poison.get().cloned().map(Error::Log)
    }

    /// Why nothing can be delivered now, if so.
    pub(crate) fn obstacle(&self) -> Option<Error> {
        self.poisoned().or_else(|| self.is_closed().then_some(Error::ShuttingDown))
    }

    /// Puts something into the inbox of an entity, and brings the entity in if it is not in memory.
    pub(crate) fn deliver(self: &Arc<Self>, execution: ExecutionId, input: Input<B>, how: Coming, limit: usize) {
        if let Some(error) = self.obstacle() {
            return input.refuse(&error);
        }
        match self.directory.put(execution, input, self.clock.as_ref(), limit) {
            Delivered::Tell(actor) => tell(actor),
            // Who ends the system empties the slots that are there: asked again, nothing falls between.
            Delivered::BringIn(slot) => match self.obstacle() {
                Some(error) => self.expel(&slot, &error),
                None => self.bring_in(slot, how),
            },
            Delivered::Full(input) => {
                self.meters.over_inbox.increment(1);
                input.refuse(&Error::Overloaded { what: "the inbox of the execution", limit });
            }
        }
    }

    /// Puts something into the inbox of an entity, if that is in memory.
    pub(crate) fn deliver_if_live(&self, execution: ExecutionId, input: Input<B>) -> bool {
        match self.directory.put_if_live(execution, input) {
            Some(actor) => {
                tell(actor);
                true
            }
            None => false,
        }
    }

    /// Something may be due for these entities.
    pub(crate) async fn wake(self: &Arc<Self>, mut due: Vec<ExecutionId>) {
        due.retain(|execution| !self.deliver_if_live(*execution, Input::Wake));
        if due.is_empty() {
            return;
        }
        // A timer may be older than what became of the execution, or belong to another behaviour's.
        let log = Arc::clone(&self.log);
        let read = move || due.into_iter().map(|execution| (execution, log.summary(execution))).collect::<Vec<_>>();
        let Ok(rows) = tokio::task::spawn_blocking(read).await else { return };
        for (execution, row) in rows {
            match row {
                Ok(Some(row)) if row.kind == B::KIND && row.status == Status::Running => {
                    self.deliver(execution, Input::Wake, Coming::Back, usize::MAX);
                }
                Ok(_) => {}
                Err(error) => tracing::error!(%execution, %error, "an execution that is due cannot be woken"),
            }
        }
    }

    /// Spawns the actor that reads this slot.
    pub(crate) fn bring_in(self: &Arc<Self>, slot: Arc<Slot<B>>, how: Coming) {
        let shared = Arc::clone(self);
        self.runtime.spawn(async move {
            let Some(supervisor) = shared.supervisor.get() else { return };
            let entity = Entity { shared: Arc::clone(&shared) };
            let arrival = Arrival { slot: Arc::clone(&slot), how };
            if let Err(error) = Actor::spawn_linked(None, entity, arrival, supervisor.get_cell()).await {
                let reason = error.to_string();
                if supervisor.send_message(Notice::NotStarted { slot: Arc::clone(&slot), reason }).is_err() {
                    shared.expel(&slot, &shared.obstacle().unwrap_or(Error::ShuttingDown));
                }
            }
        });
    }

    /// Removes an entity, and tells all who wait for it why.
    pub(crate) fn expel(&self, slot: &Slot<B>, error: &Error) {
        for input in self.directory.expel(slot) {
            input.refuse(error);
        }
    }

    /// Notes which actor reads which slot, so that its failure can be told to the slot.
    pub(crate) fn register(&self, actor: ActorId, slot: Arc<Slot<B>>) {
        hold(&self.actors).insert(actor, slot);
    }

    pub(crate) fn unregister(&self, actor: ActorId) -> Option<Arc<Slot<B>>> {
        hold(&self.actors).remove(&actor)
    }

    /// Asks from outside, if there is room.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        execution: ExecutionId,
        command: B::Command,
        how: Coming,
    ) -> Result<B::Reply, Error> {
        self.admits()?;
        let Ok(admitted) = Arc::clone(&self.admission).try_acquire_owned() else {
            self.meters.over_commands.increment(1);
            return Err(Error::Overloaded { what: "commands under way", limit: self.options.max_commands });
        };
        if self.directory.live() >= self.options.max_admitted() && !self.directory.is_live(execution) {
            self.meters.over_live.increment(1);
            return Err(Error::Overloaded { what: "live executions", limit: self.options.max_admitted() });
        }
        let (reply_to, answer) = ReplyTo::new(Some(admitted));
        self.deliver(execution, Input::Command(command, Some(reply_to)), how, self.options.max_inbox);
        self.answered(execution, answer).await
    }

    /// Asks from inside, whatever the limits.
    pub(crate) async fn ask_from_inside(
        self: &Arc<Self>,
        execution: ExecutionId,
        command: B::Command,
        how: Coming,
    ) -> Result<B::Reply, Error> {
        self.admits()?;
        let (reply_to, answer) = ReplyTo::new(None);
        self.deliver(execution, Input::Command(command, Some(reply_to)), how, usize::MAX);
        self.answered(execution, answer).await
    }

    /// A new id for an entity that starts now.
    pub(crate) fn new_execution(&self) -> ExecutionId {
        let mut entropy = [0; 10];
        for byte in &mut entropy {
            *byte = fastrand::u8(..);
        }
        ExecutionId::new(self.clock.now_ms(), entropy)
    }

    /// Tells a paused entity from outside to go on.
    pub(crate) async fn resume(self: &Arc<Self>, execution: ExecutionId) -> Result<(), Error> {
        self.admits()?;
        let (reply_to, answer) = ReplyTo::new(None);
        self.deliver(execution, Input::Resume(reply_to), Coming::Back, self.options.max_inbox);
        self.answered(execution, answer).await
    }

    /// Whether anything is taken from outside.
    fn admits(&self) -> Result<(), Error> {
        if self.is_open() { Ok(()) } else { Err(self.obstacle().unwrap_or(Error::ShuttingDown)) }
    }

    /// Waits for an answer. It is dropped when the entity fails or the system ends in the middle of the turn: what then
    /// became of the command is not known here.
    async fn answered<R>(
        &self,
        execution: ExecutionId,
        answer: tokio::sync::oneshot::Receiver<Result<R, Error>>,
    ) -> Result<R, Error> {
        match answer.await {
            Ok(answer) => answer,
            Err(_) => Err(self.poisoned().unwrap_or(Error::Interrupted { execution })),
        }
    }
}

fn tell(actor: Option<ractor::ActorRef<Signal>>) {
    if let Some(actor) = actor {
        // An actor that has just failed does not hear this; the one that comes after it reads the inbox anyway.
        let _ = actor.send_message(Signal::Nudge);
    }
}
