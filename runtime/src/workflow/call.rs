//! One call of an operation: its id, where it stands, and what is recorded when it is given up.

use std::borrow::Cow;
use std::panic::Location;
use std::sync::Arc;
use std::task::Waker;

use duramen_storage::ExecutionId;

use super::Context;
use super::board::{Board, Delivery};
use crate::{Event, Failure, OperationId};

/// What is recorded when an operation is given up before it ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum WhenGivenUp {
    Nothing,
    Record(fn(OperationId) -> Event),
    Invocation(ExecutionId),
}

/// One call of an operation. Dropped before the operation has ended, it records that nobody waits for it any more.
pub(super) struct Call {
    pub(super) board: Arc<Board>,
    pub(super) execution: ExecutionId,
    pub(super) operation: OperationId,
    pub(super) name: Cow<'static, str>,
    pub(super) at: &'static Location<'static>,
    pub(super) shielded: bool,
    pub(super) when_given_up: WhenGivenUp,
    phase: Phase,
    /// Whether it waits for something itself.
    waits: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Called,
    Begun,
    Over,
}

impl Call {
    pub(super) fn new(
        context: &Context,
        name: Cow<'static, str>,
        at: &'static Location<'static>,
        when_given_up: WhenGivenUp,
    ) -> Self {
        Self {
            board: Arc::clone(context.board()),
            execution: context.execution(),
            operation: context.next_operation(at),
            name,
            at,
            shielded: context.is_shielded(),
            when_given_up,
            phase: Phase::Called,
            waits: true,
        }
    }

    pub(super) fn is_called(&self) -> bool {
        self.phase == Phase::Called
    }

    pub(super) fn named(&self) -> (OperationId, String) {
        (self.operation.clone(), self.name.clone().into_owned())
    }

    /// Asks for the event that begins the operation.
    pub(super) fn begin(&mut self, event: Event) -> Result<(), Failure> {
        self.begin_as(event, true)
    }

    /// The same for one that waits for nothing itself.
    pub(super) fn begin_unwaiting(&mut self, event: Event) -> Result<(), Failure> {
        self.begin_as(event, false)
    }

    fn begin_as(&mut self, event: Event, waits: bool) -> Result<(), Failure> {
        self.board.check_context(self.operation.context(), self.at);
        self.waits = waits;
        let begun = self.board.begin(event, self.at, self.shielded, waits);
        self.phase = if begun.is_ok() { Phase::Begun } else { Phase::Over };
        begun
    }

    /// Does not begin, and records that.
    pub(super) fn refuse(&mut self, failure: &Failure) {
        self.phase = Phase::Over;
        let (operation, name) = self.named();
        self.board.refuse(operation, name, failure, self.at);
    }

    /// Waits without an event that says so.
    pub(super) fn begin_unrecorded(&mut self) -> Result<(), Failure> {
        self.board.check_context(self.operation.context(), self.at);
        let begun = self.board.wait_unrecorded(&self.operation, self.shielded);
        self.phase = if begun.is_ok() { Phase::Begun } else { Phase::Over };
        begun
    }

    /// Takes what was delivered. One that was cancelled has ended with a failure, and that is recorded.
    pub(super) fn receive(&mut self, waker: &Waker) -> Option<Delivery> {
        match self.board.receive(&self.operation, waker)? {
            Delivery::Cancelled(failure) => {
                self.phase = Phase::Over;
                self.record_giving_up();
                Some(Delivery::Ended(Err(failure)))
            }
            delivery @ Delivery::Ended(_) => {
                self.phase = Phase::Over;
                Some(delivery)
            }
            delivery => Some(delivery),
        }
    }

    /// The operation has ended by itself: asks for the event that says so.
    pub(super) fn end(&mut self, event: Event) {
        self.phase = Phase::Over;
        self.board.abandon(&self.operation);
        self.board.ask(event, self.at);
    }

    /// Gives it up, if it has begun and not ended.
    pub(super) fn give_up(&mut self) {
        if std::mem::replace(&mut self.phase, Phase::Over) == Phase::Begun {
            let had_not_ended = self.board.abandon(&self.operation);
            if had_not_ended || !self.waits {
                self.record_giving_up();
            }
        }
    }

    fn record_giving_up(&self) {
        let operation = self.operation.clone();
        let event = match self.when_given_up {
            WhenGivenUp::Nothing => return,
            WhenGivenUp::Record(event) => event(operation),
            WhenGivenUp::Invocation(execution) => Event::ChainedInvokeCancelled { operation, execution },
        };
        self.board.ask(event, self.at);
    }

    /// The operation is not what is recorded: the execution cannot go on.
    pub(super) fn unreadable(&self, what: &str, rust_type: &str, error: &serde_json::Error) {
        self.board.fault(format!(
            "the recorded result of operation {} ({what} `{}` at {}) is not a {rust_type}: {error}. The type has changed \
             since it was recorded: let it read what was written before, and resume the execution",
            self.operation, self.name, self.at,
        ));
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("operation", &self.operation).field("name", &self.name).finish_non_exhaustive()
    }
}
