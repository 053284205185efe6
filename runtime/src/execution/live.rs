//! The live part of an execution: the future of its workflow, and how a turn polls it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context as Poller, Poll, Waker};

use duramen_actors::{Address, Fault};
use tokio::task::AbortHandle;
use tracing::{Dispatch, Span, dispatcher};

use super::command::{Command, foreign_await};
use super::{Execution, Outcome};
use crate::registry::{Registry, Running};
use crate::workflow::board::{Board, Delivery};
use crate::workflow::waker::TurnWaker;
use crate::workflow::{About, Context};
use crate::{Event, Failure, OperationId, Payload};

/// How often a workflow may wake itself within one turn: combinators over many futures do, a few times.
const MOST_POLLS: usize = 10_000;

/// What an execution has in memory beside its state.
pub(crate) struct Live {
    execution: duramen_storage::ExecutionId,
    pub(super) board: Arc<Board>,
    workflow: String,
    name: String,
    running: Option<Running>,
    waker: Arc<TurnWaker>,
    /// What the workflow logs while it is polled live belongs to this.
    span: Span,
    /// The tasks of steps that run: they end with the execution's stay in memory.
    pub(super) tasks: BTreeMap<OperationId, AbortHandle>,
    /// How many events the history has so far.
    pub(super) events: usize,
}

impl Live {
    pub(crate) fn new(me: &Address<Execution>) -> Self {
        let board = Arc::new(Board::new());
        let (alarmed, alarm_board) = (me.clone(), Arc::clone(&board));
        let waker = TurnWaker::new(move || alarmed.tell(Command::ForeignWake { after: alarm_board.describe_last() }));
        Self {
            execution: me.execution(),
            board,
            workflow: String::new(),
            name: String::new(),
            running: None,
            waker,
            span: Span::none(),
            tasks: BTreeMap::new(),
            events: 0,
        }
    }

    pub(super) fn workflow(&self) -> &str {
        &self.workflow
    }

    /// Goes on from what was given, live.
    pub(crate) fn advance(&mut self, registry: &Registry, given: &[Event], now_ms: u64) -> Result<Vec<Event>, Fault> {
        self.board.begin_live(now_ms);
        let end = self.turn(registry, given, true)?;
        let mut asked: Vec<_> = self.board.take_asks().into_iter().map(|ask| ask.event).collect();
        asked.extend(end);
        self.events += given.len() + asked.len();
        Ok(asked)
    }

    /// Delivers what was given, and polls the workflow; gives the event that ends it, if it has ended.
    pub(super) fn turn(&mut self, registry: &Registry, given: &[Event], poll: bool) -> Result<Option<Event>, Fault> {
        self.waker.begin_turn();
        let outcome = if self.board.is_replaying() {
            // What the workflow logs, it logged when it happened.
            dispatcher::with_default(&Dispatch::none(), || self.deliver_and_poll(registry, given, poll))
        } else {
            self.deliver_and_poll(registry, given, poll)
        };
        self.waker.end_turn();
        outcome
    }

    fn deliver_and_poll(&mut self, registry: &Registry, given: &[Event], poll: bool) -> Result<Option<Event>, Fault> {
        for event in given {
            if let Event::ExecutionStarted { workflow, name, input } = event
                && let Some(end) = self.begin(registry, workflow, name, input)?
            {
                return Ok(Some(end));
            }
            self.deliver(event);
        }
        if !poll {
            return Ok(None);
        }
        if !self.board.is_replaying() && self.span.is_none() {
            let Self { execution, workflow, name, .. } = &*self;
            self.span = tracing::info_span!("workflow", %execution, workflow, name);
        }
        self.span.clone().in_scope(|| self.poll())
    }

    /// Calls the workflow. One whose input cannot be read has failed.
    fn begin(
        &mut self,
        registry: &Registry,
        workflow: &str,
        name: &str,
        input: &Payload,
    ) -> Result<Option<Event>, Fault> {
        workflow.clone_into(&mut self.workflow);
        name.clone_into(&mut self.name);
        let about = About { execution: self.execution, workflow: workflow.to_owned(), name: name.to_owned() };
        let context = Context::new(Arc::clone(&self.board), about);
        match registry.begin(workflow, context, input) {
            Some(Ok(running)) => {
                self.running = Some(running);
                Ok(None)
            }
            Some(Err(failure)) => Ok(Some(Event::ExecutionFailed { failure })),
            None => Err(Fault::new(format!(
                "execution `{name}` runs workflow `{workflow}`, which is not registered; known are: {}. Register it under \
                 this name, and open the folder again",
                registry.names().join(", ")
            ))),
        }
    }

    fn deliver(&mut self, event: &Event) {
        if let Event::StepSucceeded { operation, .. } | Event::StepFailed { operation, .. } = event {
            self.tasks.remove(operation);
        }
        let (operation, delivery) = match event {
            Event::StepSucceeded { operation, result, .. } => (operation, Delivery::Ended(Ok(result.clone()))),
            Event::StepFailed { operation, failure, retry_at_ms: None, .. } => {
                (operation, Delivery::Ended(Err(failure.clone())))
            }
            Event::StepStarted { operation, attempt, .. } => (operation, Delivery::Attempt(*attempt)),
            Event::WaitSucceeded { operation } => (operation, Delivery::Ended(Ok(Payload::null()))),
            _ => return,
        };
        self.board.deliver(operation, delivery);
    }

    fn poll(&mut self) -> Result<Option<Event>, Fault> {
        let Some(running) = &mut self.running else { return Ok(None) };
        let waker = Waker::from(Arc::clone(&self.waker));
        let mut cx = Poller::from_waker(&waker);
        for _ in 0..MOST_POLLS {
            self.waker.take_woken();
            let polled = running.as_mut().poll(&mut cx);
            if let Some(reason) = self.board.take_fault() {
                return Err(Fault::new(reason));
            }
            if let Poll::Ready(outcome) = polled {
                self.running = None;
                return Ok(Some(end(outcome)));
            }
            if !self.waker.take_woken() {
                return if self.board.anything_waits() {
                    Ok(None)
                } else {
                    Err(Fault::new(foreign_await(&self.board.describe_last())))
                };
            }
        }
        Err(Fault::new(format!(
            "the workflow woke itself {MOST_POLLS} times in one turn, {}, without an operation that ends: it waits in a loop",
            self.board.describe_last()
        )))
    }
}

fn end(outcome: Result<Payload, Failure>) -> Event {
    match outcome {
        Ok(result) => Event::ExecutionSucceeded { result },
        Err(failure) => Event::ExecutionFailed { failure },
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.waker.silence();
        for task in self.tasks.values() {
            task.abort();
        }
    }
}

impl Outcome {
    /// How an execution ended, from the events of its last turn.
    pub(crate) fn among<'a>(events: impl Iterator<Item = &'a Event>) -> Option<Self> {
        events.filter_map(Self::of).last()
    }
}
