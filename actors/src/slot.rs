//! The place of one live entity: its inbox, which outlasts the actor that reads it.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64};

use duramen_storage::ExecutionId;
use ractor::ActorRef;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::entity::Signal;
use crate::hold::hold;
use crate::{Behavior, Error};

/// A turn takes no further commands once those it took weigh so many bytes.
const HEAVY: usize = 4 << 20;

/// Something for an entity to take into its next turn.
pub(crate) enum Input<B: Behavior> {
    /// A command, and who waits for its answer.
    Command(B::Command, Option<ReplyTo<B::Reply>>),
    /// Something may be due.
    Wake,
    /// Leave memory, if nothing is owed.
    Sleep,
    /// Go on, if paused.
    Resume(ReplyTo<()>),
}

impl<B: Behavior> Input<B> {
    /// Tells whoever waits that it will not be handled.
    pub(crate) fn refuse(self, error: &Error) {
        match self {
            Self::Command(_, Some(reply_to)) => reply_to.send(Err(error.clone())),
            Self::Resume(reply_to) => reply_to.send(Err(error.clone())),
            Self::Command(_, None) | Self::Wake | Self::Sleep => {}
        }
    }
}

/// Where an answer goes. Dropped unanswered, it tells the asker that the entity failed.
pub(crate) struct ReplyTo<R> {
    sender: oneshot::Sender<Result<R, Error>>,
    _admitted: Option<OwnedSemaphorePermit>,
}

impl<R> ReplyTo<R> {
    pub(crate) fn new(admitted: Option<OwnedSemaphorePermit>) -> (Self, oneshot::Receiver<Result<R, Error>>) {
        let (sender, receiver) = oneshot::channel();
        (Self { sender, _admitted: admitted }, receiver)
    }

    pub(crate) fn send(self, answer: Result<R, Error>) {
        // An asker that has gone away does not want the answer.
        let _ = self.sender.send(answer);
    }
}

/// The place of one live entity.
pub(crate) struct Slot<B: Behavior> {
    pub(crate) execution: ExecutionId,
    /// When it last did something, in ms since the Unix epoch.
    pub(crate) touched_ms: AtomicU64,
    /// Whether it owes work and so cannot leave.
    pub(crate) busy: AtomicBool,
    /// Whether an actor has come in for it, so that an entity that restarts is not taken for one that wakes.
    pub(crate) came_in: AtomicBool,
    inbox: Mutex<Inbox<B>>,
}

struct Inbox<B: Behavior> {
    queue: VecDeque<Input<B>>,
    reader: Reader,
}

enum Reader {
    /// An actor will come and read: it is being spawned, recovers, or restarts after a pause.
    Coming,
    /// This actor reads. It has been told to when `nudged`; what it took last is done with when `resting`.
    Here { actor: ActorRef<Signal>, nudged: bool, resting: bool },
}

impl<B: Behavior> Slot<B> {
    pub(crate) fn new(execution: ExecutionId, now_ms: u64) -> Self {
        Self {
            execution,
            touched_ms: AtomicU64::new(now_ms),
            busy: AtomicBool::new(true),
            came_in: AtomicBool::new(false),
            inbox: Mutex::new(Inbox { queue: VecDeque::new(), reader: Reader::Coming }),
        }
    }

    /// Puts something in, unless `limit` inputs wait already; gives the actor that must be told, if one must.
    pub(crate) fn put(&self, input: Input<B>, limit: usize) -> Result<Option<ActorRef<Signal>>, Input<B>> {
        let mut inbox = hold(&self.inbox);
        if inbox.queue.len() >= limit {
            return Err(input);
        }
        inbox.queue.push_back(input);
        Ok(match &mut inbox.reader {
            Reader::Here { actor, nudged, .. } if !*nudged => {
                *nudged = true;
                Some(actor.clone())
            }
            Reader::Here { .. } | Reader::Coming => None,
        })
    }

    /// Takes what waits, for the actor that now reads: all of it, unless it is very heavy. The actor rests if that is
    /// nothing, unless it owes a turn.
    pub(crate) fn take(&self, actor: &ActorRef<Signal>, behavior: &B, owes_turn: bool) -> VecDeque<Input<B>> {
        let mut inbox = hold(&self.inbox);
        let rests = inbox.queue.is_empty() && !owes_turn;
        match &mut inbox.reader {
            Reader::Here { nudged, resting, .. } => (*nudged, *resting) = (false, rests),
            reader @ Reader::Coming => *reader = Reader::Here { actor: actor.clone(), nudged: false, resting: rests },
        }
        let mut weight = 0usize;
        let taken = inbox.queue.iter().take_while(|input| {
            let fits = weight < HEAVY;
            if let Input::Command(command, _) = input {
                weight = weight.saturating_add(behavior.weight(command));
            }
            fits
        });
        let taken = taken.count();
        if taken == inbox.queue.len() {
            return std::mem::take(&mut inbox.queue);
        }
        let rest = inbox.queue.split_off(taken);
        std::mem::replace(&mut inbox.queue, rest)
    }

    /// The actor is gone; another will come.
    pub(crate) fn await_reader(&self) {
        hold(&self.inbox).reader = Reader::Coming;
    }

    pub(crate) fn is_empty(&self) -> bool {
        hold(&self.inbox).queue.is_empty()
    }

    /// Whether nothing waits, and nothing that was taken is still on its way into the log.
    pub(crate) fn is_at_rest(&self) -> bool {
        let inbox = hold(&self.inbox);
        inbox.queue.is_empty() && matches!(inbox.reader, Reader::Coming | Reader::Here { resting: true, .. })
    }

    /// Takes all that waits without becoming the reader: the entity is no more.
    pub(crate) fn clear(&self) -> VecDeque<Input<B>> {
        std::mem::take(&mut hold(&self.inbox).queue)
    }
}
