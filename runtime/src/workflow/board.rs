//! Where the operations of an execution and its turns meet.

use std::collections::{BTreeMap, HashSet};
use std::panic::Location;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use futures::future::BoxFuture;

use crate::{Event, Failure, OperationId, Payload, Retry};

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
}

/// What is to be run outside for a step.
pub(crate) struct Body {
    pub(crate) attempt: u32,
    pub(crate) future: BoxFuture<'static, Result<Payload, Failure>>,
    pub(crate) retry: Retry,
}

/// Which bodies are made: in replay only those of attempts that still run at the end of the history.
enum Wanted {
    All,
    Only(HashSet<(OperationId, u32)>),
}

/// Where the operations of one execution in memory and its turns meet.
pub(crate) struct Board {
    inner: Mutex<Inner>,
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
}

#[derive(Default)]
struct Waiting {
    waker: Option<Waker>,
    delivered: Option<Delivery>,
}

impl Board {
    pub(crate) fn new() -> Self {
        Self {
            inner: Mutex::new(Inner {
                now_ms: 0,
                replaying: false,
                wanted: Wanted::All,
                waiting: BTreeMap::new(),
                asks: Vec::new(),
                bodies: BTreeMap::new(),
                fault: None,
                last: None,
            }),
        }
    }

    fn hold(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // What turns do.

    /// A turn begins, live.
    pub(crate) fn begin_live(&self, now_ms: u64) {
        let mut inner = self.hold();
        inner.now_ms = now_ms;
        inner.replaying = false;
        inner.wanted = Wanted::All;
    }

    /// A turn begins in replay. At its first one, `running` says which attempts still run at the end.
    pub(crate) fn begin_replay(&self, now_ms: u64, running: impl FnOnce() -> HashSet<(OperationId, u32)>) {
        let mut inner = self.hold();
        inner.now_ms = now_ms;
        if !inner.replaying {
            inner.replaying = true;
            inner.wanted = Wanted::Only(running());
        }
    }

    /// Gives an operation what it waits for. One that nobody awaits any more is passed over.
    pub(crate) fn deliver(&self, operation: &OperationId, delivery: Delivery) {
        let waker = {
            let mut inner = self.hold();
            let Some(waiting) = inner.waiting.get_mut(operation) else { return };
            waiting.delivered = Some(delivery);
            waiting.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// What was asked for since the last call.
    pub(crate) fn take_asks(&self) -> Vec<Ask> {
        std::mem::take(&mut self.hold().asks)
    }

    pub(crate) fn take_fault(&self) -> Option<String> {
        self.hold().fault.take()
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

    // What operations do.

    pub(crate) fn now_ms(&self) -> u64 {
        self.hold().now_ms
    }

    pub(crate) fn is_replaying(&self) -> bool {
        self.hold().replaying
    }

    /// Asks for the event that begins an operation.
    pub(crate) fn begin(&self, event: Event, at: &'static Location<'static>) {
        let mut inner = self.hold();
        if let Some(operation) = event.operation() {
            inner.last = Some((event.clone(), at));
            // A child context waits for nothing itself: what is inside of it does.
            if !matches!(event, Event::ContextStarted { .. }) {
                inner.waiting.insert(operation.clone(), Waiting::default());
            }
        }
        inner.asks.push(Ask { event, at });
    }

    /// Asks for the event that ends an operation by itself.
    pub(crate) fn end(&self, event: Event, at: &'static Location<'static>) {
        self.hold().asks.push(Ask { event, at });
    }

    /// Takes what was delivered to an operation, or has it woken when something is.
    pub(crate) fn receive(&self, operation: &OperationId, waker: &Waker) -> Option<Delivery> {
        let mut inner = self.hold();
        let waiting = inner.waiting.get_mut(operation)?;
        let delivered = waiting.delivered.take();
        match &delivered {
            Some(Delivery::Ended(_)) => {
                inner.waiting.remove(operation);
            }
            Some(Delivery::Attempt(_)) | None => match &mut waiting.waker {
                Some(kept) => kept.clone_from(waker),
                kept @ None => *kept = Some(waker.clone()),
            },
        }
        delivered
    }

    /// An operation is dropped: nobody waits for it any more.
    pub(crate) fn forget(&self, operation: &OperationId) {
        self.hold().waiting.remove(operation);
    }

    /// Whether the body of this attempt will be run.
    pub(crate) fn wants(&self, operation: &OperationId, attempt: u32) -> bool {
        match &self.hold().wanted {
            Wanted::All => true,
            Wanted::Only(running) => running.contains(&(operation.clone(), attempt)),
        }
    }

    pub(crate) fn put_body(&self, operation: &OperationId, body: Body) {
        self.hold().bodies.insert(operation.clone(), body);
    }

    /// The code cannot go on with what is recorded.
    pub(crate) fn fault(&self, reason: String) {
        self.hold().fault.get_or_insert(reason);
    }
}
