//! The live part of an execution: the future of its workflow, and how a turn polls it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context as Poller, Poll, Waker};

use duramen_actors::Fault;
use duramen_storage::ExecutionId;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tracing::{Dispatch, Span, dispatcher};

use super::State;
use super::command::foreign_await;
use crate::event::{Begin, CancelReason, Mail};
use crate::limits::Limits;
use crate::registry::{Begun, Registry, Running};
use crate::rehearsal::Rehearsal;
use crate::workflow::board::{Board, Delivery};
use crate::workflow::waker::TurnWaker;
use crate::workflow::{About, Context, StepContext};
use crate::{Event, Failure, OperationId, Payload};

/// How often a workflow may wake itself within one turn: combinators over many futures do, a few times.
const MOST_POLLS: usize = 10_000;

/// What an execution has in memory beside its state.
pub(crate) struct Live {
    execution: ExecutionId,
    pub(super) board: Arc<Board>,
    /// What the run began with.
    begun: Option<Begin>,
    /// What the next run begins with, once this one has ended.
    next: Option<Begin>,
    running: Option<Running>,
    waker: Arc<TurnWaker>,
    /// What the workflow logs while it is polled live belongs to this.
    span: Span,
    pub(super) paused: bool,
    pub(super) ending: Option<(CancelReason, Failure)>,
    /// The steps that run: they end with the execution's stay in memory.
    steps: BTreeMap<OperationId, RunningStep>,
    /// The steps that were cancelled and have not ended yet.
    cancelled_steps: Vec<Ended>,
    /// What else is done for the execution while it is in memory.
    errands: Vec<AbortHandle>,
    pub(super) replay: super::replay::Progress,
}

struct RunningStep {
    task: AbortHandle,
    step: StepContext,
    ended: Ended,
}

/// Ends with the step. Every undo that begins meanwhile waits for it.
pub(super) type Ended = Shared<BoxFuture<'static, ()>>;

/// How a run of a workflow came to its end.
pub(super) enum End {
    Outcome(Result<Payload, Failure>),
    Again(Payload),
}

impl Live {
    /// `alarm` is told when the workflow is woken by something that is not an operation, and behind which operation it
    /// stood.
    pub(crate) fn new(
        execution: ExecutionId,
        limits: Limits,
        rehearsal: Rehearsal,
        alarm: impl Fn(String) + Send + Sync + 'static,
    ) -> Self {
        let board = Arc::new(Board::new(limits, rehearsal));
        let alarm_board = Arc::clone(&board);
        Self {
            execution,
            board,
            begun: None,
            next: None,
            running: None,
            waker: TurnWaker::new(move || alarm(alarm_board.describe_last())),
            span: Span::none(),
            paused: false,
            ending: None,
            steps: BTreeMap::new(),
            cancelled_steps: Vec::new(),
            errands: Vec::new(),
            replay: super::replay::Progress::default(),
        }
    }

    pub(super) fn workflow(&self) -> &str {
        self.begun.as_ref().map_or("", |begun| &begun.workflow)
    }

    /// The workflow, its version, and how often it was begun again.
    pub(super) fn code(&self) -> (&str, u32, u32) {
        self.begun.as_ref().map_or(("", 0, 0), |begun| (&begun.workflow, begun.version, begun.run))
    }

    /// Goes on from what was given, live.
    pub(crate) fn advance(
        &mut self,
        registry: &Registry,
        state: &State,
        given: &[Event],
        now_ms: u64,
    ) -> Result<Vec<Event>, Fault> {
        self.board.begin_live(now_ms, state.operations());
        let ended = self.within_turn(|live| {
            for event in given {
                if let Some(end) = live.take(registry, event)? {
                    return Ok(Some(end));
                }
            }
            live.poll()
        })?;
        let mut asked: Vec<_> = self.board.take_asks().into_iter().map(|ask| ask.event).collect();
        self.paused |= asked.iter().any(|event| matches!(event, Event::ExecutionPaused { .. }));
        if let Some(end) = ended {
            let next = match &end {
                End::Again(input) => state.next_run(input.clone()),
                End::Outcome(_) => None,
            };
            asked.extend(self.end(end, next));
        }
        Ok(asked)
    }

    /// Does something within a turn: the workflow may be woken meanwhile.
    pub(super) fn within_turn<R>(&mut self, turn: impl FnOnce(&mut Self) -> R) -> R {
        self.waker.begin_turn();
        let outcome = if self.board.is_replaying() {
            // What the workflow logs, it logged when it happened.
            dispatcher::with_default(&Dispatch::none(), || turn(self))
        } else {
            turn(self)
        };
        self.waker.end_turn();
        outcome
    }

    /// Takes an event that commands or timers brought. Gives the end, if the workflow cannot even be called.
    pub(super) fn take(&mut self, registry: &Registry, event: &Event) -> Result<Option<End>, Fault> {
        match event {
            Event::ExecutionStarted { begin } => {
                self.board.begin_run(begin.run, &[]);
                return self.begin(registry, begin.as_ref().clone());
            }
            Event::RunStarted { .. } => {
                if let Some(begin) = self.next.take() {
                    return self.begin(registry, begin);
                }
            }
            Event::ExecutionPaused { .. } => self.paused = true,
            Event::ExecutionResumed => {
                self.paused = false;
                self.board.resume();
            }
            Event::CancelRequested { reason, failure } => self.cancel(*reason, failure, &[]),
            Event::SignalReceived { mail } | Event::UpdateRequested { mail } => self.board.post(mail.clone()),
            event => self.deliver(event),
        }
        Ok(None)
    }

    /// Cancels what waits; some child contexts that are replayed as their result end by that.
    pub(super) fn cancel(&mut self, reason: CancelReason, failure: &Failure, ended: &[OperationId]) {
        self.ending = Some((reason, failure.clone()));
        self.board.cancel(failure, ended);
    }

    /// Calls the workflow. One whose input cannot be read has failed.
    fn begin(&mut self, registry: &Registry, begin: Begin) -> Result<Option<End>, Fault> {
        let Begin { workflow, version, name, run, .. } = begin.clone();
        // The next poll is of another run.
        self.span = Span::none();
        let about = About { execution: self.execution, workflow, version, name, run };
        let context = Context::new(Arc::clone(&self.board), about);
        let begun = registry.begin(&begin.workflow, begin.version, context, &begin.input);
        let Begin { workflow, version, name, .. } = &begin;
        let known = match begun {
            Begun::Running(running) => {
                self.running = Some(running);
                self.begun = Some(begin);
                return Ok(None);
            }
            Begun::Unreadable(failure) => {
                self.begun = Some(begin);
                return Ok(Some(End::Outcome(Err(failure))));
            }
            Begun::UnknownWorkflow => format!(
                "execution `{name}` runs workflow `{workflow}`, which is not registered; known are: {}. Register it \
                 under this name",
                registry.names().join(", ")
            ),
            Begun::UnknownVersion => format!(
                "execution `{name}` runs version {version} of workflow `{workflow}`, which is not registered; known \
                 versions are: {}. Register it with `Builder::version`",
                registry.versions(workflow).iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
            ),
        };
        Err(Fault::new(format!("{known}, and open the folder again")))
    }

    fn deliver(&mut self, event: &Event) {
        if let Event::StepSucceeded { operation, .. } | Event::StepFailed { operation, .. } = event {
            self.steps.remove(operation);
        }
        let (operation, delivery) = match event {
            Event::StepSucceeded { operation, result, again_at_ms: Some(_), .. } => {
                (operation, Delivery::State(result.clone()))
            }
            Event::StepSucceeded { operation, result, .. }
            | Event::CallbackSucceeded { operation, result }
            | Event::ChainedInvokeSucceeded { operation, result } => (operation, Delivery::Ended(Ok(result.clone()))),
            Event::StepFailed { operation, failure, retry_at_ms: None, .. }
            | Event::CallbackFailed { operation, failure }
            | Event::CallbackTimedOut { operation, failure }
            | Event::ChainedInvokeFailed { operation, failure }
            | Event::ChainedInvokeStopped { operation, failure } => (operation, Delivery::Ended(Err(failure.clone()))),
            Event::ChainedInvokeTimedOut { operation, failure } => {
                let failure =
                    Failure::new(Failure::INVOKE_TIMEOUT, format!("the invoked execution ended so: {failure}"));
                (operation, Delivery::Ended(Err(failure)))
            }
            Event::StepStarted { operation, attempt, .. } => (operation, Delivery::Attempt(*attempt)),
            Event::WaitSucceeded { operation } => (operation, Delivery::Ended(Ok(Payload::null()))),
            _ => return,
        };
        self.board.deliver(operation, delivery);
    }

    /// Lets the workflow go on as far as it comes; gives its end, if it has ended.
    pub(super) fn poll(&mut self) -> Result<Option<End>, Fault> {
        if self.paused || self.running.is_none() {
            return Ok(None);
        }
        if !self.board.is_replaying()
            && self.span.is_none()
            && let Some(Begin { workflow, version, name, run, .. }) = &self.begun
        {
            self.span = tracing::info_span!("workflow", execution = %self.execution, workflow, version, name, run);
        }
        self.span.clone().in_scope(|| self.poll_within_span())
    }

    fn poll_within_span(&mut self) -> Result<Option<End>, Fault> {
        let Some(running) = &mut self.running else { return Ok(None) };
        let waker = Waker::from(Arc::clone(&self.waker));
        let mut cx = Poller::from_waker(&waker);
        for _ in 0..MOST_POLLS {
            self.waker.take_woken();
            let polled = running.as_mut().poll(&mut cx);
            if let Some(reason) = self.board.take_fault() {
                return Err(Fault::new(reason));
            }
            let again = self.board.take_next_input();
            if polled.is_pending() && again.is_none() {
                if self.waker.take_woken() {
                    continue;
                }
                return if self.board.anything_waits() {
                    Ok(None)
                } else {
                    Err(Fault::new(foreign_await(&self.board.describe_last())))
                };
            }
            // What the workflow leaves unfinished is given up.
            self.running = None;
            return Ok(Some(match (again, polled) {
                (None, Poll::Ready(outcome)) => {
                    let limit = self.board.limits.payload;
                    let outcome = outcome.and_then(|result| result.within(limit, "the result of the workflow"));
                    End::Outcome(outcome.map_err(|failure| failure.within(limit)))
                }
                (Some(input), _) if self.ending.is_none() => End::Again(input),
                _ => End::Outcome(Err(self.cancelled())),
            }));
        }
        Err(Fault::new(format!(
            "the workflow woke itself {MOST_POLLS} times in one turn, {}, without an operation that ends: it waits in a loop",
            self.board.describe_last()
        )))
    }

    fn cancelled(&self) -> Failure {
        let ending = self.ending.as_ref().map(|(_, failure)| failure.clone());
        ending.unwrap_or_else(|| Failure::new(Failure::CANCELLED, "the execution was cancelled"))
    }

    /// The event that ends a run, which begins again with `next`.
    pub(super) fn end(&mut self, end: End, next: Option<Begin>) -> Option<Event> {
        Some(match end {
            End::Outcome(Ok(result)) => Event::ExecutionSucceeded { result },
            End::Outcome(Err(failure)) => match self.ending {
                None => Event::ExecutionFailed { failure },
                Some((CancelReason::Asked, _)) => Event::ExecutionStopped { failure },
                Some((CancelReason::TimedOut, _)) => Event::ExecutionTimedOut { failure },
            },
            End::Again(_) => {
                let begin = next.or_else(|| self.begun.clone())?;
                let mail = self.board.letters_left();
                self.begin_next(begin.clone(), &mail);
                Event::ExecutionContinued { begin: Box::new(begin), mail }
            }
        })
    }

    /// A run has ended; the next one begins when it is told to. What is sent meanwhile waits behind `mail`.
    pub(super) fn begin_next(&mut self, begin: Begin, mail: &[Mail]) {
        self.board.begin_run(begin.run, mail);
        self.next = Some(begin);
    }

    // Steps that run.

    pub(super) fn began_step(
        &mut self,
        operation: OperationId,
        task: AbortHandle,
        step: StepContext,
        ended: oneshot::Receiver<()>,
    ) {
        let ended = ended.map(|_| ()).boxed().shared();
        self.steps.insert(operation, RunningStep { task, step, ended });
    }

    /// Keeps an errand only as long as the execution is in memory.
    pub(super) fn hold(&mut self, errand: AbortHandle) {
        if self.errands.len() >= 64 && self.errands.len().is_power_of_two() {
            self.errands.retain(|errand| !errand.is_finished());
        }
        self.errands.push(errand);
    }

    /// Nobody waits for the step any more.
    pub(super) fn break_off(&mut self, operation: &OperationId) {
        if let Some(running) = self.steps.remove(operation) {
            running.step.cancel();
            self.cancelled_steps.push(running.ended);
        }
    }

    /// The execution has ended: nobody waits for any step.
    pub(super) fn break_off_all(&mut self) {
        for running in std::mem::take(&mut self.steps).into_values() {
            running.task.abort();
        }
    }

    /// The steps that were cancelled and may still be at it.
    pub(super) fn ending_steps(&mut self) -> Vec<Ended> {
        self.cancelled_steps.retain_mut(|ended| ended.now_or_never().is_none());
        self.cancelled_steps.clone()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.waker.silence();
        self.board.close();
        self.break_off_all();
        for errand in &self.errands {
            errand.abort();
        }
    }
}
