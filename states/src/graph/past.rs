//! What a history tells of each state.

use std::collections::HashMap;

use serde_json::Value;

use super::run::Run;
use crate::history::{Details, HistoryEvent};

/// One event, as far as it matters here.
struct Event<'h> {
    id: u64,
    previous: u64,
    kind: &'h str,
    name: Option<&'h str>,
}

/// A state that was entered.
struct Visit<'h> {
    name: &'h str,
    /// The visit of the parallel or map state around it.
    around: Option<usize>,
    kind: Branching,
    starts: u64,
    /// Whether its branches or iterations have failed since they were started.
    broken: bool,
    failed: bool,
    left: bool,
}

#[derive(Default)]
struct Reading<'h> {
    visits: Vec<Visit<'h>>,
    /// The visit an event belongs to, and whether what follows it is inside of that.
    of: HashMap<u64, (usize, bool)>,
    run: Run,
    /// The visit with which the execution failed last.
    last: Option<usize>,
    over: bool,
}

impl Run {
    /// What became of the states by that history. It may end before the execution does.
    #[must_use]
    pub fn of_history(history: &[HistoryEvent]) -> Self {
        let events = history.iter().map(|event| Event {
            id: event.id,
            previous: event.previous,
            kind: event.kind().name(),
            name: match &event.details {
                Details::StateEntered { name, .. }
                | Details::StateExited { name, .. }
                | Details::Iteration { name, .. }
                | Details::EvaluationFailed { state: name, .. } => Some(name),
                _ => None,
            },
        });
        Reading::default().read(events)
    }

    /// The same for a history in JSON: what `GetExecutionHistory` of Step Functions answers, or the list of its events, in
    /// either order.
    ///
    /// # Errors
    /// What keeps it from being such a history.
    pub fn of_json(history: &Value) -> Result<Self, String> {
        let events = history.get("events").unwrap_or(history);
        let Value::Array(events) = events else {
            return Err("a history is an object with `events`, or the list of events".to_owned());
        };
        let mut read = Vec::with_capacity(events.len());
        for (index, event) in events.iter().enumerate() {
            let (id, kind) = (event.get("id").and_then(Value::as_u64), event.get("type").and_then(Value::as_str));
            let (Some(id), Some(kind)) = (id, kind) else {
                return Err(format!("event {index} (counted from 0) has no `id` or no `type`"));
            };
            let details = event.as_object().into_iter().flatten().filter(|(name, _)| name.ends_with("EventDetails"));
            let name = details
                .filter_map(|(_, details)| details.get("name").or_else(|| details.get("state"))?.as_str())
                .next();
            let previous = event.get("previousEventId").and_then(Value::as_u64).unwrap_or_default();
            read.push(Event { id, previous, kind, name });
        }
        read.sort_by_key(|event| event.id);
        Ok(Reading::default().read(read))
    }
}

impl<'h> Reading<'h> {
    fn read(mut self, events: impl IntoIterator<Item = Event<'h>>) -> Run {
        for event in events {
            self.event(&event);
        }
        let Self { visits, mut run, over, .. } = self;
        for visit in visits.iter().filter(|visit| !visit.left) {
            let state = run.states.entry(visit.name.to_owned()).or_default();
            match (visit.failed, over) {
                (true, _) => state.failed += 1,
                (false, true) => state.aborted += 1,
                (false, false) => state.running += 1,
            }
        }
        run
    }

    fn event(&mut self, event: &Event<'h>) {
        let before = self.of.get(&event.previous).copied();
        if let (Some(_), Some(name)) = (event.kind.strip_suffix("StateEntered"), event.name) {
            self.entered(event, name, before);
            return;
        }
        let near = before.map(|(visit, _)| visit);
        if event.kind.starts_with("Execution") {
            self.execution(event, near);
            return;
        }
        let found = match event.name {
            // A failed evaluation names the event before its state was entered.
            Some(name) => {
                let is_it = |visit: &Visit<'_>| visit.name == name && !visit.left;
                near.and_then(|near| self.upwards(near, is_it)).or_else(|| self.visits.iter().rposition(is_it))
            }
            None => match Branching::of(event.kind) {
                Branching::None => near,
                kind => {
                    let fails = event.kind.ends_with("StateFailed");
                    let is_it = |visit: &Visit<'_>| visit.kind == kind && !visit.left && !(fails && visit.broken);
                    near.and_then(|near| self.upwards(near, is_it))
                }
            },
        };
        let Some(visit) = found.or(near) else { return };
        let inside = matches!(event.kind, "ParallelStateStarted" | "MapStateStarted" | "MapIterationStarted");
        let fails = event.kind.ends_with("Failed") && event.kind != "EvaluationFailed";
        if let Some(inner) = near.filter(|near| fails && *near != visit) {
            self.failed(inner);
        }
        self.of.insert(event.id, (visit, inside));
        let Some(about) = self.visits.get_mut(visit) else { return };
        let state = self.run.states.entry(about.name.to_owned()).or_default();
        match event.kind {
            kind if kind.ends_with("StateExited") => {
                about.left = true;
                if about.failed {
                    state.failed += 1;
                    state.caught += 1;
                }
            }
            kind if kind.ends_with("Scheduled") || matches!(kind, "ParallelStateStarted" | "MapStateStarted") => {
                state.retried += u64::from(about.starts > 0);
                about.starts += 1;
                (about.failed, about.broken) = (false, false);
            }
            // It stands in place of `Scheduled`.
            kind if kind.ends_with("ScheduleFailed") => {
                state.retried += u64::from(about.starts > 0);
                about.starts += 1;
                about.failed = true;
            }
            kind if kind.ends_with("StateAborted") => {
                about.left = true;
                state.aborted += 1;
            }
            "MapIterationFailed" | "MapIterationAborted" => {}
            kind if kind.ends_with("Failed") || kind.ends_with("TimedOut") => {
                about.failed = true;
                about.broken |= kind.ends_with("StateFailed");
            }
            _ => {}
        }
    }

    fn execution(&mut self, event: &Event<'h>, near: Option<usize>) {
        match (event.kind, near) {
            ("ExecutionFailed" | "ExecutionTimedOut", Some(near)) => {
                self.failed(near);
                self.last = Some(near);
            }
            // It goes on where it failed.
            ("ExecutionRedriven", _) => {
                if let Some((last, visit)) = self.last.and_then(|last| Some((last, self.visits.get_mut(last)?))) {
                    visit.failed = false;
                    self.of.insert(event.id, (last, false));
                }
            }
            _ => {}
        }
        self.over = !matches!(event.kind, "ExecutionStarted" | "ExecutionRedriven");
    }

    fn entered(&mut self, event: &Event<'h>, name: &'h str, before: Option<(usize, bool)>) {
        let around = match before {
            Some((visit, true)) => Some(visit),
            Some((visit, false)) => self.visits.get(visit).and_then(|visit| visit.around),
            None => None,
        };
        let kind = Branching::of(event.kind);
        // Nothing leaves a fail state: to be in it is to have failed.
        let failed = event.kind.starts_with("Fail");
        self.of.insert(event.id, (self.visits.len(), false));
        self.visits.push(Visit { name, around, kind, starts: 0, broken: false, failed, left: false });
        let state = self.run.states.entry(name.to_owned()).or_default();
        state.entered += 1;
    }

    fn failed(&mut self, visit: usize) {
        if let Some(visit) = self.visits.get_mut(visit).filter(|visit| !visit.left) {
            visit.failed = true;
        }
    }

    /// The first visit for which that holds, from this one outwards.
    fn upwards(&self, visit: usize, holds: impl Fn(&Visit<'h>) -> bool) -> Option<usize> {
        let mut at = Some(visit);
        while let Some(visit) = at {
            let about = self.visits.get(visit)?;
            if holds(about) {
                return Some(visit);
            }
            at = about.around;
        }
        None
    }
}

/// Of which type of state with others inside an event is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Branching {
    None,
    Parallel,
    Map,
}

impl Branching {
    fn of(kind: &str) -> Self {
        match kind {
            kind if kind.starts_with("ParallelState") => Self::Parallel,
            kind if kind.starts_with("MapState") || kind.starts_with("MapRun") => Self::Map,
            _ => Self::None,
        }
    }
}
