//! What turns do with the board: they bring what happened, and take what is asked for.

use std::collections::{HashMap, HashSet};

use super::{Ask, Board, Body, Delivery, Letters, Recorded, Wanted};
use crate::event::Mail;
use crate::{Event, Failure, OperationId, Payload};

impl Board {
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
}
