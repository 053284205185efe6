//! Which turns need not be read again to bring a workflow to where it stands.
//!
//! What happened inside of a child context that has ended is replayed as its one result, and what happened in an earlier
//! run not at all. A turn all of whose events lie there is skipped, unless something in it counts beyond the context.
//! A context that ends in the turn in which it began is replayed with that turn.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use duramen_actors::Turn;

use crate::{Event, OperationId};

/// So many turns that need not be read any more are worth a snapshot when what they belong to is over as a whole.
const AT_AN_END: u64 = 16;
/// So many are worth one in the middle, if the last one is so many turns ago.
const IN_THE_MIDDLE: u64 = 64;
const TURNS_BETWEEN: u64 = 256;

/// The turns of an execution so far, and which of them replay passes over.
#[derive(Debug, Clone, Default, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub(super) struct Skipping {
    /// How many turns there are: the version of the last one.
    turns: u64,
    /// How many events they have.
    events: u64,
    /// The child contexts under way, with the turns that belong to them alone.
    open: BTreeMap<OperationId, OpenContext>,
    /// What is skipped: the first turn of each stretch, and its last one.
    skipped: BTreeMap<u64, u64>,
    /// A context that lies in no other, or a run, ended in the last turn.
    at_an_end: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
struct OpenContext {
    began: u64,
    turns: Vec<u64>,
}

impl Skipping {
    /// Takes note of a further turn, after which the workflow was polled or not.
    pub(super) fn turned(&mut self, turn: &Turn<Event>, polled: bool) {
        self.turns += 1;
        self.at_an_end = false;
        let number = self.turns;
        self.events += turn.events().count() as u64;
        for event in turn.events() {
            match event {
                Event::ContextStarted { operation, .. } => {
                    self.open.insert(operation.clone(), OpenContext { began: number, turns: Vec::new() });
                }
                Event::ExecutionContinued { .. } => {
                    self.open.clear();
                    self.skipped.clear();
                    self.skip(1, number.saturating_sub(1));
                    self.at_an_end = true;
                    return;
                }
                event => {
                    if let Some(operation) = event.ends_context() {
                        self.at_an_end |= operation.context().is_empty();
                        self.end(operation, number);
                    }
                }
            }
        }
        // Where among others it was woken, by what came before it is polled, replay must see.
        if polled && let Some(context) = self.owner(turn) {
            context.turns.push(number);
        }
    }

    /// The context that all events of a turn lie in.
    fn owner(&mut self, turn: &Turn<Event>) -> Option<&mut OpenContext> {
        let mut common: Option<&[u32]> = None;
        for event in turn.events() {
            if event.outlasts_its_context() {
                return None;
            }
            let path = event.context()?;
            common = Some(common.map_or(path, |common| shared_beginning(common, path)));
        }
        let mut path = common?;
        while let Some((_, outer)) = path.split_last() {
            let operation = OperationId::of_path(path);
            if self.open.contains_key(&operation) {
                return self.open.get_mut(&operation);
            }
            path = outer;
        }
        None
    }

    fn end(&mut self, context: &OperationId, number: u64) {
        let Some(ended) = self.open.remove(context) else { return };
        let inside: Vec<_> = self
            .open
            .range(context.clone()..)
            .take_while(|(other, _)| other.is_inside(context))
            .map(|(other, _)| other.clone())
            .collect();
        let inner: Vec<_> = inside.iter().filter_map(|other| self.open.remove(other)).collect();
        if ended.began == number {
            return;
        }
        for turn in ended.turns.into_iter().chain(inner.into_iter().flat_map(|context| context.turns)) {
            self.skip(turn, turn);
        }
    }

    fn skip(&mut self, mut first: u64, mut last: u64) {
        if last < first {
            return;
        }
        if let Some((&before, &end)) = self.skipped.range(..first).next_back()
            && end + 1 == first
        {
            self.skipped.remove(&before);
            first = before;
        }
        if let Some(end) = self.skipped.remove(&(last + 1)) {
            last = end;
        }
        self.skipped.insert(first, last);
    }

    /// Whether a snapshot saves enough reading; the last one was taken so many turns ago. It has to save the more, the more
    /// stretches it has to tell of, so that snapshots cost each turn no more than a little.
    pub(super) fn is_worth_a_snapshot(&self, turns: u64) -> bool {
        if !self.at_an_end && turns < TURNS_BETWEEN {
            return false;
        }
        let least = if self.at_an_end { AT_AN_END } else { IN_THE_MIDDLE };
        self.skipped_behind(self.turns.saturating_sub(turns)) >= least.max(self.skipped.len() as u64 / 4)
    }

    /// How many turns behind the one with this number are skipped.
    fn skipped_behind(&self, number: u64) -> u64 {
        let later = self.skipped.range(number + 1..).map(|(first, last)| last - first + 1).sum::<u64>();
        let around = self.skipped.range(..=number).next_back().map_or(0, |(_, last)| last.saturating_sub(number));
        later + around
    }

    /// The turns that replay needs.
    pub(super) fn needed(&self) -> Vec<RangeInclusive<u64>> {
        let mut needed = Vec::new();
        let mut next = 1;
        for (first, last) in &self.skipped {
            if next < *first {
                needed.push(next..=first - 1);
            }
            next = last + 1;
        }
        if next <= self.turns {
            needed.push(next..=self.turns);
        }
        needed
    }

    pub(super) fn events(&self) -> u64 {
        self.events
    }
}

fn shared_beginning<'a>(one: &'a [u32], other: &[u32]) -> &'a [u32] {
    let length = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    one.get(..length).unwrap_or(one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{ContextKind, StepRole};
    use crate::{Failure, Payload};

    fn operation(path: &[u32]) -> OperationId {
        OperationId::of_path(path)
    }

    fn turn(asked: Vec<Event>) -> Turn<Event> {
        Turn { at_ms: 0, given: Vec::new(), asked, polled: true }
    }

    fn begin(path: &[u32]) -> Event {
        Event::ContextStarted { operation: operation(path), name: String::new(), kind: ContextKind::Child }
    }

    fn end(path: &[u32]) -> Event {
        Event::ContextSucceeded { operation: operation(path), result: Payload::null() }
    }

    fn step(path: &[u32]) -> Event {
        let (name, role) = (String::new(), StepRole::Do);
        Event::StepStarted { operation: operation(path), name, role, attempt: 1 }
    }

    fn after(turns: Vec<Vec<Event>>) -> Skipping {
        let mut skipping = Skipping::default();
        for asked in turns {
            skipping.turned(&turn(asked), true);
        }
        skipping
    }

    #[test]
    fn the_turns_inside_of_an_ended_context_are_not_needed() {
        let skipping = after(vec![vec![begin(&[1])], vec![step(&[1, 1])], vec![step(&[1, 2])], vec![end(&[1])]]);
        assert_eq!(skipping.needed(), [1..=1, 4..=4]);
    }

    #[test]
    fn a_turn_that_also_belongs_to_another_context_is_needed() {
        let skipping = after(vec![
            vec![begin(&[1]), begin(&[2])],
            vec![step(&[1, 1]), step(&[2, 1])],
            vec![step(&[1, 2])],
            vec![end(&[1])],
        ]);
        assert_eq!(skipping.needed(), [1..=2, 4..=4]);
    }

    #[test]
    fn the_turns_of_inner_contexts_go_with_the_outer_one() {
        let skipping = after(vec![
            vec![begin(&[1])],
            vec![begin(&[1, 1]), begin(&[1, 2])],
            vec![step(&[1, 1, 1]), step(&[1, 2, 1])],
            vec![step(&[1, 2, 2])],
            vec![end(&[1, 1])],
            vec![Event::ContextCancelled { operation: operation(&[1, 2]) }, end(&[1])],
        ]);
        assert_eq!(skipping.needed(), [1..=1, 6..=6]);
    }

    #[test]
    fn a_context_that_ends_where_it_began_stays_with_its_turn() {
        let skipping = after(vec![vec![step(&[1])], vec![begin(&[2]), step(&[2, 1]), end(&[2])]]);
        assert_eq!(skipping.needed(), [1..=2]);
    }

    #[test]
    fn a_signal_taken_inside_counts_beyond_the_context() {
        let taken = Event::SignalTaken { operation: operation(&[1, 1]), name: String::new(), number: 1 };
        let skipping = after(vec![vec![begin(&[1])], vec![taken], vec![end(&[1])]]);
        assert_eq!(skipping.needed(), [1..=3]);
    }

    #[test]
    fn a_turn_before_the_poll_is_needed() {
        let mut skipping = after(vec![vec![begin(&[1])]]);
        skipping.turned(&turn(vec![step(&[1, 1])]), false);
        skipping.turned(&turn(vec![step(&[1, 2])]), true);
        skipping.turned(&turn(vec![end(&[1])]), true);
        assert_eq!(skipping.needed(), [1..=2, 4..=4]);
    }

    #[test]
    fn a_snapshot_is_worth_it_where_an_outer_context_ends() {
        let steps = |context: u32| (1..20).map(move |nth| vec![step(&[context, nth])]);
        let mut turns = vec![vec![begin(&[1])]];
        turns.extend(steps(1));
        assert!(!after(turns.clone()).is_worth_a_snapshot(20));
        turns.push(vec![end(&[1])]);
        assert!(after(turns.clone()).is_worth_a_snapshot(21));
        assert!(!after(turns.clone()).is_worth_a_snapshot(5), "what the last one stands for is not counted again");
        turns.push(vec![step(&[2])]);
        assert!(!after(turns).is_worth_a_snapshot(22));
    }

    #[test]
    fn what_happens_to_the_whole_execution_is_needed() {
        let stopped = Event::ExecutionStopped { failure: Failure::new("Stopped", "") };
        let skipping = after(vec![vec![begin(&[1])], vec![step(&[1, 1]), stopped], vec![end(&[1])]]);
        assert_eq!(skipping.needed(), [1..=3]);
    }
}
