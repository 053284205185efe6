//! Where the operations of an execution and its turns meet.
//!
//! Operations write here what they ask for, and find here what was delivered to them. Turns take the one and bring the
//! other. While a history is replayed, what was left to chance or to the time is looked up in the recorded turn.

mod letters;
mod recorded;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::Location;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use futures::future::BoxFuture;

use crate::event::Mail;
use crate::limits::Limits;
use crate::rehearsal::Rehearsal;
use crate::{Event, Failure, OperationId, Payload, Retry, StepContext};
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

    // What turns do.

    /// A run begins.
    pub(crate) fn begin_run(&self, run: u32, mail: &[Mail]) {
        let mut inner = self.hold();
        inner.run = run;
        inner.waiting.clear();
        let bodies = std::mem::take(&mut inner.bodies);
        inner.patches.clear();
        inner.last = None;
        inner.next_input = None;
        inner.letters = Letters::default();
        for mail in mail {
            inner.letters.put(mail.clone());
        }
        drop(inner);
        drop(bodies);
    }

    /// A turn begins, live; so many operations were begun before.
    pub(crate) fn begin_live(&self, now_ms: u64, operations: u64) {
        let mut inner = self.hold();
        inner.now_ms = now_ms;
        inner.operations = operations;
        inner.current.clear();
        if inner.replaying {
            inner.replaying = false;
            inner.recorded = Recorded::default();
            inner.collapsed = HashMap::new();
            inner.wanted = Wanted::All;
        }
    }

    /// A history is about to be replayed: which attempts still run at its end, and how the child contexts ended whose
    /// inside is not replayed.
    pub(crate) fn begin_history(
        &self,
        running: HashSet<(OperationId, u32)>,
        collapsed: HashMap<OperationId, Option<Result<Payload, Failure>>>,
    ) {
        let mut inner = self.hold();
        inner.replaying = true;
        inner.wanted = Wanted::Only(running);
        inner.collapsed = collapsed;
    }

    /// No body is made of any step, also of those that still run at the end of the history.
    pub(crate) fn make_no_body(&self) {
        self.hold().wanted = Wanted::Only(HashSet::new());
    }

    /// A turn begins in replay, that asked for this when it happened.
    pub(crate) fn begin_replay<'a>(&self, now_ms: u64, asked: impl Iterator<Item = &'a Event>) {
        let mut inner = self.hold();
        inner.now_ms = now_ms;
        inner.current.clear();
        inner.recorded = Recorded::of(asked);
    }

    /// Gives an operation what it waits for. One that nobody awaits any more is passed over.
    pub(crate) fn deliver(&self, operation: &OperationId, delivery: Delivery) {
        let waker = {
            let mut inner = self.hold();
            let Some(waiting) = inner.waiting.get_mut(operation) else { return };
            waiting.delivered.push_back(delivery);
            waiting.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Everything that waits is cancelled, and what is called later. Child contexts that are replayed as their result and
    /// `ended` by that are given it in their place among the others.
    pub(crate) fn cancel(&self, failure: &Failure, ended: &[OperationId]) {
        let wakers: Vec<_> = {
            let mut guard = self.hold();
            let inner = &mut *guard;
            inner.cancelled.get_or_insert_with(|| failure.clone());
            let mut wakers = Vec::new();
            for (operation, waiting) in &mut inner.waiting {
                let delivery = if ended.contains(operation) {
                    inner.collapsed.get(operation).cloned().flatten().map(Delivery::Ended)
                } else {
                    Some(failure.clone()).filter(|_| !waiting.shielded).map(Delivery::Cancelled)
                };
                if let Some(delivery) = delivery {
                    waiting.delivered.push_back(delivery);
                    wakers.extend(waiting.waker.take());
                }
            }
            wakers
        };
        for waker in wakers {
            waker.wake();
        }
    }

    /// The execution goes on: what paused it goes on too.
    pub(crate) fn resume(&self) {
        let paused: Vec<_> = {
            let inner = self.hold();
            let paused = inner.waiting.iter().filter(|(_, waiting)| waiting.until_resumed);
            paused.map(|(operation, _)| operation.clone()).collect()
        };
        for operation in paused {
            self.deliver(&operation, Delivery::Ended(Ok(Payload::null())));
        }
    }

    /// Something was sent to the execution: those who wait for it look.
    pub(crate) fn post(&self, mail: Mail) {
        let wakers: Vec<_> = {
            let mut inner = self.hold();
            let waiting = inner.letters.put(mail);
            waiting
                .iter()
                .filter_map(|operation| inner.waiting.get_mut(operation).and_then(|waiting| waiting.waker.take()))
                .collect()
        };
        for waker in wakers {
            waker.wake();
        }
    }

    /// What was sent was taken inside of a child context that is replayed as its result.
    pub(crate) fn discard(&self, number: u64) {
        self.hold().letters.discard(number);
    }

    /// What was sent and not taken, in order.
    pub(crate) fn letters_left(&self) -> Vec<Mail> {
        self.hold().letters.left()
    }

    /// What was asked for since the last call.
    pub(crate) fn take_asks(&self) -> Vec<Ask> {
        std::mem::take(&mut self.hold().asks)
    }

    pub(crate) fn take_fault(&self) -> Option<String> {
        self.hold().fault.take()
    }

    /// What the workflow wants to begin again with, if it does.
    pub(crate) fn take_next_input(&self) -> Option<Payload> {
        self.hold().next_input.take()
    }

    /// Whether any operation waits for something.
    pub(crate) fn anything_waits(&self) -> bool {
        !self.hold().waiting.is_empty()
    }

    pub(crate) fn take_body(&self, operation: &OperationId, attempt: u32) -> Option<Body> {
        let mut inner = self.hold();
        let matches = inner.bodies.get(operation).is_some_and(|body| body.attempt == attempt);
        if matches { inner.bodies.remove(operation) } else { None }
    }

    /// Says behind which operation the code stands, as part of a sentence.
    pub(crate) fn describe_last(&self) -> String {
        match &self.hold().last {
            Some((event, at)) => format!("after {} (at {at})", event.subject()),
            None => "before any operation".to_owned(),
        }
    }

    /// The workflow leaves memory: what its operations do as they are dropped is not to be recorded.
    pub(crate) fn close(&self) {
        self.hold().closed = true;
    }

    // What operations do.

    pub(crate) fn now_ms(&self) -> u64 {
        self.hold().now_ms
    }

    pub(crate) fn is_replaying(&self) -> bool {
        self.hold().replaying
    }

    pub(crate) fn run(&self) -> u32 {
        self.hold().run
    }

    /// Code of this context runs until the guard is dropped.
    pub(super) fn enter(&self, context: &[u32]) -> Inside<'_> {
        let before = std::mem::replace(&mut self.hold().current, context.to_vec());
        Inside { board: self, before }
    }

    /// Checks that an operation of this context may be called where the code now is: what a child context calls on the
    /// context around it would be missing when the child is replayed as its result.
    pub(super) fn check_context(&self, context: &[u32], at: &'static Location<'static>) {
        let mut inner = self.hold();
        if !context.starts_with(&inner.current) && !inner.closed {
            let current = OperationId::of_path(&inner.current);
            inner.fault.get_or_insert(format!(
                "inside of child context {current}, an operation is called on the context around it, at {at}: it would \
                 be lost once the child is replayed as its result. Call it on the context that the child was given"
            ));
        }
    }

    /// Asks for the event that begins an operation, which then waits for something.
    ///
    /// # Errors
    /// When the execution was cancelled, or has as many operations as it may.
    pub(super) fn begin(
        &self,
        event: Event,
        at: &'static Location<'static>,
        shielded: bool,
        waits: bool,
    ) -> Result<(), Failure> {
        let mut inner = self.hold();
        let Some(operation) = event.operation().cloned() else { return Ok(()) };
        if let Some(failure) = inner.cancelled.as_ref().filter(|_| !shielded) {
            return Err(failure.clone());
        }
        let refused = if inner.replaying {
            inner.recorded.refused(&operation)
        } else if inner.operations >= self.limits.operations && event.begins_operation() && !shielded {
            let cause = format!(
                "the execution has begun {} operations, as many as it may: begin again with `ctx.continue_as_new(..)` \
                 before, or raise `max_operations` where the runtime is built",
                inner.operations
            );
            Some(Failure::new(Failure::TOO_MANY_OPERATIONS, cause))
        } else {
            None
        };
        if let Some(failure) = refused {
            let name = event.name().unwrap_or_default().to_owned();
            inner.asks.push(Ask { event: Event::OperationRefused { operation, name, failure: failure.clone() }, at });
            return Err(failure);
        }
        if event.begins_operation() {
            inner.operations += 1;
        }
        inner.last = Some((event.clone(), at));
        if waits {
            let until_resumed = matches!(event, Event::ExecutionPaused { .. });
            inner.waiting.insert(operation, Waiting { shielded, until_resumed, ..Waiting::default() });
        }
        inner.asks.push(Ask { event, at });
        Ok(())
    }

    /// How large a payload may be, in bytes. What was taken when it happened is taken in replay.
    pub(super) fn payload_limit(&self) -> usize {
        if self.is_replaying() { usize::MAX } else { self.limits.payload }
    }

    /// The failure with which an operation was refused when it happened, while it is replayed.
    pub(super) fn was_refused(&self, operation: &OperationId) -> Option<Failure> {
        self.hold().recorded.refused(operation)
    }

    /// The failure of a child context whose result was too large when it ended, while that is replayed.
    pub(super) fn was_too_large(&self, context: &OperationId) -> Option<Failure> {
        self.hold().recorded.too_large(context)
    }

    /// Records that an operation does not begin, for other reasons than its code alone: replay must not begin it either.
    pub(super) fn refuse(
        &self,
        operation: OperationId,
        name: String,
        failure: &Failure,
        at: &'static Location<'static>,
    ) {
        self.ask(Event::OperationRefused { operation, name, failure: failure.clone() }, at);
    }

    /// An operation waits without an event that says so.
    pub(super) fn wait_unrecorded(&self, operation: &OperationId, shielded: bool) -> Result<(), Failure> {
        let mut inner = self.hold();
        if let Some(failure) = inner.cancelled.as_ref().filter(|_| !shielded) {
            return Err(failure.clone());
        }
        inner.waiting.insert(operation.clone(), Waiting { shielded, ..Waiting::default() });
        Ok(())
    }

    /// Asks for an event by which nothing waits.
    pub(super) fn ask(&self, event: Event, at: &'static Location<'static>) {
        let mut inner = self.hold();
        if !inner.closed {
            inner.asks.push(Ask { event, at });
        }
    }

    /// Takes what was delivered to an operation, or has it woken when something is.
    pub(super) fn receive(&self, operation: &OperationId, waker: &Waker) -> Option<Delivery> {
        let mut inner = self.hold();
        let waiting = inner.waiting.get_mut(operation)?;
        let delivered = waiting.delivered.pop_front();
        if delivered.as_ref().is_some_and(Delivery::is_last) {
            inner.waiting.remove(operation);
        } else {
            match &mut waiting.waker {
                Some(kept) => kept.clone_from(waker),
                kept @ None => *kept = Some(waker.clone()),
            }
        }
        delivered
    }

    /// An operation is dropped: nobody waits for it any more. Whether it had not ended.
    pub(super) fn abandon(&self, operation: &OperationId) -> bool {
        let (waited, body) = {
            let mut inner = self.hold();
            (inner.waiting.remove(operation), inner.bodies.remove(operation))
        };
        // What is dropped here is the user's, and may come back to the board.
        drop(body);
        waited.is_some_and(|waiting| !waiting.delivered.iter().any(|delivery| matches!(delivery, Delivery::Ended(_))))
    }

    /// Takes the first letter that was sent under a name, or has the operation woken when there is one.
    pub(super) fn take_letter(&self, operation: &OperationId, post: Post, name: &str) -> Option<Mail> {
        self.hold().letters.take(operation, post, name)
    }

    /// An operation waits for letters no more.
    pub(super) fn forget_letters(&self, operation: &OperationId, post: Post, name: &str) {
        self.hold().letters.forget(operation, post, name);
    }

    /// Whether the body of this attempt will be run, and whether it was begun before.
    pub(super) fn wants(&self, operation: &OperationId, attempt: u32) -> Option<bool> {
        let inner = self.hold();
        match &inner.wanted {
            Wanted::All => Some(false),
            Wanted::Only(running) => running.contains(&(operation.clone(), attempt)).then_some(true),
        }
    }

    pub(super) fn put_body(&self, operation: &OperationId, body: Body) {
        self.hold().bodies.insert(operation.clone(), body);
    }

    /// The code cannot go on with what is recorded.
    pub(super) fn fault(&self, reason: String) {
        self.hold().fault.get_or_insert(reason);
    }

    /// How a child context ended whose inside is not replayed: `Some(None)` when it was given up.
    pub(super) fn collapsed(&self, context: &OperationId) -> bool {
        let inner = self.hold();
        inner.replaying && inner.collapsed.contains_key(context)
    }

    /// The result of a child context whose inside is not replayed.
    pub(crate) fn end_of_collapsed(&self, context: &OperationId) -> Option<Result<Payload, Failure>> {
        self.hold().collapsed.get(context).cloned().flatten()
    }

    /// What the operation asked for when it happened, while it is replayed.
    pub(super) fn recorded(&self, operation: &OperationId) -> Option<Event> {
        self.hold().recorded.of_operation(operation)
    }

    /// Whether the code takes the new way at a patch, and the event that says so if it is the first time.
    pub(super) fn patched(&self, context: &[u32], patch: &str, at: &'static Location<'static>) -> bool {
        let mut inner = self.hold();
        for length in (0..=context.len()).rev() {
            let around = context.get(..length).unwrap_or_default();
            if let Some(answer) = inner.patches.get(&(around.to_vec(), patch.to_owned())) {
                return *answer;
            }
        }
        let context = OperationId::of_path(context);
        let takes_new_way = !inner.replaying || inner.recorded.patched(&context, patch);
        inner.patches.insert((context.path().to_vec(), patch.to_owned()), takes_new_way);
        if takes_new_way && !inner.closed {
            inner.asks.push(Ask { event: Event::PatchRecorded { context, patch: patch.to_owned() }, at });
        }
        takes_new_way
    }

    /// The workflow ends its run and begins again.
    pub(super) fn continue_with(&self, input: Payload) {
        self.hold().next_input.get_or_insert(input);
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.hold().cancelled.is_some()
    }
}

/// Code of a context runs as long as this is there.
pub(super) struct Inside<'a> {
    board: &'a Board,
    before: Vec<u32>,
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.board.hold().current = std::mem::take(&mut self.before);
    }
}
