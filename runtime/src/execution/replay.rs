//! Brings a workflow to where it stood.
//!
//! A child context that has ended is replayed as its result: what happened inside is passed over, and the result is
//! delivered where the first of it was that led to the end. Of an execution that began again, only the last run is
//! replayed.

use std::collections::{HashMap, HashSet, VecDeque};

use duramen_actors::{Fault, Turn};

use super::{Live, State};
use crate::registry::Registry;
use crate::workflow::board::Delivery;
use crate::{Event, Failure, OperationId, Payload};

/// How far a replay has come, and what is known of the whole of it.
#[derive(Default)]
pub(super) struct Progress {
    /// How many turns were replayed, or passed over.
    turns: usize,
    /// In which of them the last run but one ended.
    continued: Option<usize>,
    /// The child contexts that are replayed as their result.
    collapsed: HashSet<OperationId>,
    /// What the polls that are still to come meet.
    polls: VecDeque<Poll>,
    /// The number of the last event that was replayed; none when some were never read.
    pub(super) events: Option<u64>,
}

/// What a poll of the workflow meets that is replayed as less than it was. Several turns may lead to one poll, when the
/// execution was paused meanwhile or the code panicked.
#[derive(Default)]
struct Poll {
    /// The turn of the poll.
    nth: usize,
    /// The child contexts that end in it and are replayed as their result, in the order of their ending.
    ends: Vec<OperationId>,
    /// What was sent to the execution and is taken inside of such contexts, by number.
    taken_inside: HashMap<u64, OperationId>,
}

impl Progress {
    /// The outermost context around these numbers that is replayed as its result.
    fn collapsed_around(&self, context: &[u32]) -> Option<&OperationId> {
        if self.collapsed.is_empty() {
            return None;
        }
        (1..=context.len()).find_map(|length| self.collapsed.get(context.get(..length)?))
    }

    fn around(&self, event: &Event) -> Option<&OperationId> {
        self.collapsed_around(event.context()?)
    }

    /// Whether any child context is replayed as its result.
    pub(super) fn collapses(&self) -> bool {
        !self.collapsed.is_empty()
    }

    /// What each poll of the workflow meets, of those that are replayed.
    fn foresee_polls(&self, turns: &[Turn<Event>]) -> VecDeque<Poll> {
        let mut polls = VecDeque::new();
        let mut paused = false;
        for (nth, turn) in turns.iter().enumerate() {
            for event in &turn.given {
                match event {
                    Event::ExecutionPaused { .. } => paused = true,
                    Event::ExecutionResumed => paused = false,
                    _ => {}
                }
            }
            let is_replayed = self.continued.is_none_or(|continued| continued < nth);
            if is_replayed && turn.polled && !paused {
                polls.push_back(self.foresee_poll(nth, turn));
            }
            paused |= turn.asked.iter().any(|event| matches!(event, Event::ExecutionPaused { .. }));
        }
        polls
    }

    fn foresee_poll(&self, nth: usize, turn: &Turn<Event>) -> Poll {
        let mut poll = Poll { nth, ..Poll::default() };
        for event in &turn.asked {
            let around = self.around(event);
            match (event, around) {
                (Event::SignalTaken { number, .. } | Event::UpdateTaken { number, .. }, Some(around)) => {
                    poll.taken_inside.insert(*number, around.clone());
                }
                (event, None) => {
                    let ended = event.ends_context().filter(|context| self.collapsed.contains(*context));
                    poll.ends.extend(ended.cloned());
                }
                _ => {}
            }
        }
        poll
    }
}

impl Live {
    /// Learns what is about to be replayed. `state` is the state after all of it.
    pub(crate) fn foresee(&mut self, state: &State, turns: &[Turn<Event>]) {
        let continued = turns
            .iter()
            .rposition(|turn| turn.asked.iter().any(|event| matches!(event, Event::ExecutionContinued { .. })));
        let events: u64 = turns.iter().map(|turn| turn.events().count() as u64).sum();
        let mut began = HashMap::new();
        let mut collapsed = HashMap::new();
        for (nth, turn) in turns.iter().enumerate().skip(continued.map_or(0, |nth| nth + 1)) {
            for event in turn.events() {
                if let Event::ContextStarted { operation, .. } = event {
                    began.insert(operation, nth);
                } else if let Some((operation, result)) = end_of_context(event)
                    && began.get(operation).is_some_and(|began| *began < nth)
                {
                    collapsed.insert(operation.clone(), result);
                }
            }
        }
        self.replay = Progress {
            turns: 0,
            continued,
            collapsed: collapsed.keys().cloned().collect(),
            polls: VecDeque::new(),
            events: (events == state.events()).then_some(0),
        };
        if !collapsed.is_empty() {
            self.replay.polls = self.replay.foresee_polls(turns);
        }
        let running = state.running().map(|(operation, attempt)| (operation.clone(), attempt)).collect();
        self.board.begin_history(running, collapsed);
    }

    /// Learns it for a replay that only compares the code with what is recorded: nothing is made that could be run. With
    /// `inside`, child contexts that have ended are replayed too, and not as their result.
    pub(super) fn foresee_check(&mut self, state: &State, turns: &[Turn<Event>], inside: bool) {
        self.foresee(state, turns);
        if inside {
            self.replay.collapsed.clear();
            self.replay.polls.clear();
            self.board.begin_history(HashSet::new(), HashMap::new());
        }
        self.board.make_no_body();
    }

    /// Takes a recorded turn again.
    pub(crate) fn replay(&mut self, registry: &Registry, turn: &Turn<Event>) -> Result<(), Fault> {
        let nth = self.replay.turns;
        self.replay.turns += 1;
        match self.replay.continued {
            Some(continued) if nth < continued => {}
            Some(continued) if nth == continued => self.take_continued(turn),
            _ => self.replay_turn(registry, turn)?,
        }
        self.replay.events = self.replay.events.map(|events| events + turn.events().count() as u64);
        Ok(())
    }

    /// The turn in which the run before the last one ended.
    fn take_continued(&mut self, turn: &Turn<Event>) {
        for event in turn.events() {
            match event {
                Event::ExecutionContinued { begin, mail } => self.begin_next(begin.as_ref().clone(), mail),
                Event::ExecutionPaused { .. } => self.paused = true,
                Event::ExecutionResumed => self.paused = false,
                _ => {}
            }
        }
    }

    fn replay_turn(&mut self, registry: &Registry, turn: &Turn<Event>) -> Result<(), Fault> {
        let asked: Vec<_> = turn.asked.iter().filter(|event| self.replay.around(event).is_none()).collect();
        self.board.begin_replay(turn.at_ms, asked.iter().copied());
        let ended = self.within_turn(|live| {
            if let Some(end) = live.take_recorded(registry, turn)? {
                return Ok(Some(end));
            }
            if turn.polled { live.poll() } else { Ok(None) }
        })?;
        let asks = self.board.take_asks();
        self.paused |= asks.iter().any(|ask| matches!(ask.event, Event::ExecutionPaused { .. }));
        let end = ended.and_then(|end| self.end(end, None));
        let first = self.replay.events.map(|before| before + turn.given.len() as u64 + 1);
        self.check(&asked, &asks, end.as_ref(), first)
    }

    /// Takes what commands and timers brought, and the ends of child contexts that are replayed as their result.
    fn take_recorded(&mut self, registry: &Registry, turn: &Turn<Event>) -> Result<Option<super::live::End>, Fault> {
        let nth = self.replay.turns - 1;
        let mut poll = self.replay.polls.pop_front().unwrap_or_default();
        for number in poll.taken_inside.keys() {
            self.board.discard(*number);
        }
        for event in &turn.given {
            if let Some(context) = self.replay.around(event).cloned() {
                self.end_collapsed(&mut poll.ends, |end| *end == context);
                continue;
            }
            match event {
                Event::SignalReceived { mail } | Event::UpdateRequested { mail } => {
                    if let Some(context) = poll.taken_inside.get(&mail.number) {
                        self.end_collapsed(&mut poll.ends, |end| end == context);
                        continue;
                    }
                }
                Event::CancelRequested { reason, failure } => {
                    self.cancel(*reason, failure, &std::mem::take(&mut poll.ends));
                    continue;
                }
                _ => {}
            }
            if let Some(end) = self.take(registry, event)? {
                return Ok(Some(end));
            }
        }
        if poll.nth > nth {
            self.replay.polls.push_front(poll);
        } else {
            self.end_collapsed(&mut poll.ends, |_| true);
        }
        Ok(None)
    }

    fn end_collapsed(&self, ends: &mut Vec<OperationId>, which: impl Fn(&OperationId) -> bool) {
        ends.retain(|context| {
            let now = which(context);
            if now && let Some(result) = self.board.end_of_collapsed(context) {
                self.board.deliver(context, Delivery::Ended(result));
            }
            !now
        });
    }
}

/// How a context ended, if this event ends one: with a result, or given up.
fn end_of_context(event: &Event) -> Option<(&OperationId, Option<Result<Payload, Failure>>)> {
    match event {
        Event::ContextSucceeded { operation, result } => Some((operation, Some(Ok(result.clone())))),
        Event::ContextFailed { operation, failure } => Some((operation, Some(Err(failure.clone())))),
        Event::ContextCancelled { operation } => Some((operation, None)),
        _ => None,
    }
}
