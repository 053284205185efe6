//! Where the operations of an execution and its turns meet.
//!
//! Operations write here what they ask for, and find here what was delivered to them. Turns take the one and bring the
//! other. While a history is replayed, what was left to chance or to the time is looked up in the recorded turn.

mod asking;
mod letters;
mod recorded;
mod turning;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::Location;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use futures::future::BoxFuture;

use crate::limits::Limits;
use crate::rehearsal::Rehearsal;
use crate::{Event, Failure, OperationId, Payload, Retry, StepContext};
pub(super) use asking::Inside;
use letters::Letters;
pub(crate) use letters::Post;
use recorded::Recorded;

/// What an operation asks for: an event that is to happen, and where in the code it was called.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) event: Event,
    pub(crate) at: &'static Location<'static>,
}

/// What comes back to an operation.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// It has ended.
    Ended(Result<Payload, Failure>),
    /// Another attempt begins.
    Attempt(u32),
    /// A poll of a condition gave the state for the next one.
    State(Payload),
    /// The execution was cancelled, and the operation with it.
    Cancelled(Failure),
}

impl Delivery {
    fn is_last(&self) -> bool {
        matches!(self, Self::Ended(_) | Self::Cancelled(_))
    }
}

/// What is to be run outside for a step.
pub(crate) struct Body {
    pub(crate) attempt: u32,
    pub(crate) future: BoxFuture<'static, Result<Done, Failure>>,
    /// The same once more, when every step is run twice.
    pub(crate) again: Option<BoxFuture<'static, Result<Done, Failure>>>,
    pub(crate) retry: Retry,
    pub(crate) is_condition: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) heartbeat: Option<Duration>,
    pub(crate) grace: Duration,
    /// It is not run twice, and its attempt was begun before.
    pub(crate) interrupted: bool,
    pub(crate) step: StepContext,
}

/// What the body of a step gave.
pub(crate) enum Done {
    /// Its result.
    Result(Payload),
    /// The state for another poll.
    NotYet(Payload),
}

/// Which bodies are made: in replay only those of attempts that still run at the end of the history.
enum Wanted {
    All,
    Only(HashSet<(OperationId, u32)>),
}

/// Where the operations of one execution in memory and its turns meet.
pub(crate) struct Board {
    inner: Mutex<Inner>,
    pub(crate) limits: Limits,
    pub(crate) rehearsal: Rehearsal,
}

struct Inner {
    now_ms: u64,
    replaying: bool,
    wanted: Wanted,
    /// The operations that wait for something.
    waiting: BTreeMap<OperationId, Waiting>,
    asks: Vec<Ask>,
    bodies: BTreeMap<OperationId, Body>,
    fault: Option<String>,
    /// The event that began the operation called last, and where, for errors.
    last: Option<(Event, &'static Location<'static>)>,
    letters: Letters,
    recorded: Recorded,
    /// How the child contexts ended that are replayed as their result; `None` for those that were given up.
    collapsed: HashMap<OperationId, Option<Result<Payload, Failure>>>,
    /// The answers that patches got, by context.
    patches: HashMap<(Vec<u32>, String), bool>,
    /// What operations fail with since the execution was cancelled.
    cancelled: Option<Failure>,
    /// The context whose code runs now.
    current: Vec<u32>,
    /// What the workflow wants to begin again with.
    next_input: Option<Payload>,
    /// How many operations were begun in this run, live.
    operations: u64,
    /// The workflow is gone: what its operations still say means nothing.
    closed: bool,
    run: u32,
}

#[derive(Default)]
struct Waiting {
    waker: Option<Waker>,
    delivered: std::collections::VecDeque<Delivery>,
    /// Cancelling the execution does not touch it.
    shielded: bool,
    /// It waits until the execution is resumed.
    until_resumed: bool,
}

impl Board {
    pub(crate) fn new(limits: Limits, rehearsal: Rehearsal) -> Self {
        let inner = Inner {
            now_ms: 0,
            replaying: false,
            wanted: Wanted::All,
            waiting: BTreeMap::new(),
            asks: Vec::new(),
            bodies: BTreeMap::new(),
            fault: None,
            last: None,
            letters: Letters::default(),
            recorded: Recorded::default(),
            collapsed: HashMap::new(),
            patches: HashMap::new(),
            cancelled: None,
            current: Vec::new(),
            next_input: None,
            operations: 0,
            closed: false,
            run: 0,
        };
        Self { inner: Mutex::new(inner), limits, rehearsal }
    }

    fn hold(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
