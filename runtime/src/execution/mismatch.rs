//! Checks that a workflow asks for what is recorded, and says what does not match.
//!
//! Within a turn, the order across operations is not compared: what several branches ask for at once may be asked for in
//! another order when one of them is replayed as its result. The events of each operation are, one by one. Answers to
//! updates are not compared where a child context is replayed as its result, since it may have given them: nothing in the
//! workflow waits for them.

use std::collections::{HashMap, VecDeque};
use std::panic::Location;

use duramen_actors::Fault;

use super::Live;
use crate::workflow::board::Ask;
use crate::{Event, OperationId};

type Asked<'a> = (&'a Event, Option<&'static Location<'static>>);

impl Live {
    /// `first` is the number of the first of the recorded events, if it is known.
    pub(super) fn check(
        &self,
        recorded: &[&Event],
        asks: &[Ask],
        end: Option<&Event>,
        first: Option<u64>,
    ) -> Result<(), Fault> {
        let counts = |event: &Event| !self.replay.collapses() || !matches!(event, Event::UpdateAnswered { .. });
        let recorded: Vec<_> = recorded.iter().copied().filter(|event| counts(event)).collect();
        let asked = asks.iter().map(|ask| (&ask.event, Some(ask.at))).chain(end.map(|event| (event, None)));
        let asked: Vec<Asked<'_>> = asked.filter(|(event, _)| counts(event)).collect();
        if recorded.len() == asked.len() && recorded.iter().zip(&asked).all(|(event, (now, _))| same(event, now)) {
            return Ok(());
        }
        let mut of_operations: HashMap<_, VecDeque<usize>> = HashMap::new();
        for (nth, (event, _)) in asked.iter().enumerate() {
            of_operations.entry(about(event)).or_default().push_back(nth);
        }
        let mut matched = vec![false; asked.len()];
        for (event, nth) in recorded.iter().zip(0..) {
            let now = of_operations.get_mut(&about(event)).and_then(VecDeque::pop_front);
            let number = first.map(|first| first + nth);
            match now.and_then(|now| Some((matched.get_mut(now)?, asked.get(now)?))) {
                Some((matched, (now, _))) if same(event, now) => *matched = true,
                Some((_, now)) => return Err(self.mismatch(Some(event), Some(*now), number)),
                None => {
                    let other = asked.iter().zip(&matched).find(|(_, matched)| !**matched).map(|(now, _)| *now);
                    return Err(self.mismatch(Some(event), other, number));
                }
            }
        }
        match asked.iter().zip(&matched).find(|(_, matched)| !**matched) {
            Some((more, _)) => Err(self.mismatch(None, Some(*more), first.map(|first| first + recorded.len() as u64))),
            None => Ok(()),
        }
    }

    fn mismatch(&self, recorded: Option<&Event>, asked: Option<Asked<'_>>, number: Option<u64>) -> Fault {
        let recorded = match (recorded, number) {
            (Some(event), Some(number)) => format!("has {} as event {number}", event.subject()),
            (Some(event), None) => format!("has {}", event.subject()),
            (None, Some(number)) => format!("has nothing more to begin in the turn before event {number}"),
            (None, None) => "has nothing more to begin in that turn".to_owned(),
        };
        let asked = match asked {
            Some((event, Some(at))) => format!("the code asks for {} at {at}", event.subject()),
            Some((event, None)) => format!("the code gives {}", event.subject()),
            None => format!("the code asks for nothing, {}", self.board.describe_last()),
        };
        Fault::new(format!(
            "the code of workflow `{}` does not match the history: the history {recorded}, and {asked}. The code was changed \
             while this execution was under way: bring back the code it began with and open the folder again, or stop it",
            self.workflow()
        ))
    }
}

/// What events of different code can be compared by.
fn about(event: &Event) -> (Option<&OperationId>, Option<&str>) {
    match event {
        Event::PatchRecorded { context, patch } => (Some(context), Some(patch)),
        event => (event.operation(), None),
    }
}

/// Whether the code asks for what is recorded: the same kind of event, for the same operation, of the same name.
fn same(recorded: &Event, asked: &Event) -> bool {
    let part = |event: &Event| match event {
        Event::StepStarted { role, .. } => Some((Some(*role), None)),
        Event::ContextStarted { kind, .. } => Some((None, Some(*kind))),
        _ => None,
    };
    recorded.kind() == asked.kind()
        && recorded.operation() == asked.operation()
        && recorded.name() == asked.name()
        && part(recorded) == part(asked)
}
