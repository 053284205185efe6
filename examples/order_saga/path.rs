//! What became of one order, process by process: its history laid beside the calls that the shop noted.

use duramen::{Event, HistoryEvent, OperationId, StepRole};

use crate::parent::Demo;
use crate::shop::Phase;

/// What became of one order.
pub(crate) struct Path {
    pub(crate) number: u32,
    pub(crate) operations: Vec<Operation>,
    pub(crate) sent: bool,
    /// How many results each process but the first took from the log instead of running the operation.
    pub(crate) replayed: Vec<Option<usize>>,
}

/// One operation of an order, with all its runs.
pub(crate) struct Operation {
    /// `charge`, `undo charge`.
    pub(crate) action: String,
    pub(crate) runs: Vec<Run>,
}

/// One run of an operation, and in which process it was.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    pub(crate) life: usize,
    pub(crate) how: How,
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Done,
    Failed,
    /// The process was killed before the result was recorded.
    BrokenOff,
}

/// What one history says of one operation.
pub(crate) struct Recorded {
    id: OperationId,
    pub(crate) action: String,
    is_wait: bool,
    /// How its attempts ended.
    pub(crate) attempts: Vec<How>,
    /// Whether it has its result, so that it must not run again.
    pub(crate) over: bool,
}

/// The operations of a history, in the order in which they began.
pub(crate) fn recorded(history: &[HistoryEvent]) -> Vec<Recorded> {
    let mut all: Vec<Recorded> = Vec::new();
    for HistoryEvent { event, .. } in history {
        let Some(id) = event.operation() else { continue };
        let at = all.iter().position(|operation| operation.id == *id).unwrap_or_else(|| {
            let (action, is_wait) = match event {
                Event::StepStarted { name, role: StepRole::Undo, .. } => (format!("undo {name}"), false),
                Event::WaitStarted { .. } => ("wait".to_owned(), true),
                event => (event.name().unwrap_or_default().to_owned(), false),
            };
            all.push(Recorded { id: id.clone(), action, is_wait, attempts: Vec::new(), over: false });
            all.len() - 1
        });
        let Some(operation) = all.get_mut(at) else { continue };
        let (how, over) = match event {
            Event::StepSucceeded { .. } | Event::WaitSucceeded { .. } => (How::Done, true),
            Event::StepFailed { retry_at_ms, .. } => (How::Failed, retry_at_ms.is_none()),
            _ => continue,
        };
        operation.attempts.push(how);
        operation.over = over;
    }
    all
}

/// Whether an order has ended, by its history.
pub(crate) fn has_ended(history: &[HistoryEvent]) -> bool {
    let ends = |event: &Event| matches!(event, Event::ExecutionSucceeded { .. } | Event::ExecutionFailed { .. });
    history.last().is_some_and(|last| ends(&last.event))
}

impl Path {
    pub(crate) fn of(demo: &Demo, number: u32) -> Self {
        let end = demo.history(demo.records.len(), number);
        let operations = recorded(end)
            .into_iter()
            .map(|operation| {
                let lives = 1..=demo.records.len();
                let runs = lives.flat_map(|life| runs_in(demo, life, number, &operation)).collect();
                Operation { action: operation.action, runs }
            })
            .collect();
        let replayed = (1..demo.records.len()).map(|life| {
            let history = demo.history(life, number);
            let under_way = !history.is_empty() && !has_ended(history);
            under_way.then(|| recorded(history).iter().filter(|operation| operation.over).count())
        });
        let sent = end.last().is_some_and(|last| matches!(last.event, Event::ExecutionSucceeded { .. }));
        Self { number, operations, sent, replayed: replayed.collect() }
    }
}

/// The runs of an operation in one process: those whose end was recorded in it, and one that it did not live to record.
fn runs_in(demo: &Demo, life: usize, number: u32, operation: &Recorded) -> Vec<Run> {
    let by_then = |life| {
        let history = recorded(demo.history(life, number));
        history.into_iter().find(|then| then.id == operation.id).map_or_else(Vec::new, |then| then.attempts)
    };
    let mut runs: Vec<How> = by_then(life).into_iter().skip(by_then(life - 1).len()).collect();
    let begun = demo.calls_of(life, number, &operation.action).filter(|call| call.phase == Phase::Begin).count();
    if !operation.is_wait && begun > runs.len() {
        runs.resize(begun, How::BrokenOff);
    }
    runs.into_iter().map(|how| Run { life, how }).collect()
}
