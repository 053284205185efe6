//! What operations do with the board: they ask for events, and take what was delivered to them.

use std::panic::Location;
use std::task::Waker;

use super::{Ask, Board, Body, Delivery, Post, Waiting, Wanted};
use crate::event::Mail;
use crate::{Event, Failure, OperationId, Payload};

impl Board {
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
    pub(crate) fn enter(&self, context: &[u32]) -> Inside<'_> {
        let before = std::mem::replace(&mut self.hold().current, context.to_vec());
        Inside { board: self, before }
    }

    /// Checks that an operation of this context may be called where the code now is: what a child context calls on the
    /// context around it would be missing when the child is replayed as its result.
    pub(crate) fn check_context(&self, context: &[u32], at: &'static Location<'static>) {
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
    pub(crate) fn begin(
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
    pub(crate) fn payload_limit(&self) -> usize {
        if self.is_replaying() { usize::MAX } else { self.limits.payload }
    }

    /// The failure with which an operation was refused when it happened, while it is replayed.
    pub(crate) fn was_refused(&self, operation: &OperationId) -> Option<Failure> {
        self.hold().recorded.refused(operation)
    }

    /// The failure of a child context whose result was too large when it ended, while that is replayed.
    pub(crate) fn was_too_large(&self, context: &OperationId) -> Option<Failure> {
        self.hold().recorded.too_large(context)
    }

    /// Records that an operation does not begin, for other reasons than its code alone: replay must not begin it either.
    pub(crate) fn refuse(
        &self,
        operation: OperationId,
        name: String,
        failure: &Failure,
        at: &'static Location<'static>,
    ) {
        self.ask(Event::OperationRefused { operation, name, failure: failure.clone() }, at);
    }

    /// An operation waits without an event that says so.
    pub(crate) fn wait_unrecorded(&self, operation: &OperationId, shielded: bool) -> Result<(), Failure> {
        let mut inner = self.hold();
        if let Some(failure) = inner.cancelled.as_ref().filter(|_| !shielded) {
            return Err(failure.clone());
        }
        inner.waiting.insert(operation.clone(), Waiting { shielded, ..Waiting::default() });
        Ok(())
    }

    /// Asks for an event by which nothing waits.
    pub(crate) fn ask(&self, event: Event, at: &'static Location<'static>) {
        let mut inner = self.hold();
        if !inner.closed {
            inner.asks.push(Ask { event, at });
        }
    }

    /// Takes what was delivered to an operation, or has it woken when something is.
    pub(crate) fn receive(&self, operation: &OperationId, waker: &Waker) -> Option<Delivery> {
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
    pub(crate) fn abandon(&self, operation: &OperationId) -> bool {
        let (waited, body) = {
            let mut inner = self.hold();
            (inner.waiting.remove(operation), inner.bodies.remove(operation))
        };
        // What is dropped here is the user's, and may come back to the board.
        drop(body);
        waited.is_some_and(|waiting| !waiting.delivered.iter().any(|delivery| matches!(delivery, Delivery::Ended(_))))
    }

    /// Takes the first letter that was sent under a name, or has the operation woken when there is one.
    pub(crate) fn take_letter(&self, operation: &OperationId, post: Post, name: &str) -> Option<Mail> {
        self.hold().letters.take(operation, post, name)
    }

    /// An operation waits for letters no more.
    pub(crate) fn forget_letters(&self, operation: &OperationId, post: Post, name: &str) {
        self.hold().letters.forget(operation, post, name);
    }

    /// Whether the body of this attempt will be run, and whether it was begun before.
    pub(crate) fn wants(&self, operation: &OperationId, attempt: u32) -> Option<bool> {
        let inner = self.hold();
        match &inner.wanted {
            Wanted::All => Some(false),
            Wanted::Only(running) => running.contains(&(operation.clone(), attempt)).then_some(true),
        }
    }

    pub(crate) fn put_body(&self, operation: &OperationId, body: Body) {
        self.hold().bodies.insert(operation.clone(), body);
    }

    /// The code cannot go on with what is recorded.
    pub(crate) fn fault(&self, reason: String) {
        self.hold().fault.get_or_insert(reason);
    }

    /// How a child context ended whose inside is not replayed: `Some(None)` when it was given up.
    pub(crate) fn collapsed(&self, context: &OperationId) -> bool {
        let inner = self.hold();
        inner.replaying && inner.collapsed.contains_key(context)
    }

    /// The result of a child context whose inside is not replayed.
    pub(crate) fn end_of_collapsed(&self, context: &OperationId) -> Option<Result<Payload, Failure>> {
        self.hold().collapsed.get(context).cloned().flatten()
    }

    /// What the operation asked for when it happened, while it is replayed.
    pub(crate) fn recorded(&self, operation: &OperationId) -> Option<Event> {
        self.hold().recorded.of_operation(operation)
    }

    /// Whether the code takes the new way at a patch, and the event that says so if it is the first time.
    pub(crate) fn patched(&self, context: &[u32], patch: &str, at: &'static Location<'static>) -> bool {
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
    pub(crate) fn continue_with(&self, input: Payload) {
        self.hold().next_input.get_or_insert(input);
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.hold().cancelled.is_some()
    }
}

/// Code of a context runs as long as this is there.
pub(crate) struct Inside<'a> {
    board: &'a Board,
    before: Vec<u32>,
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.board.hold().current = std::mem::take(&mut self.before);
    }
}
