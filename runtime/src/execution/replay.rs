//! Brings a workflow to where it stood, and checks that it asks for what is recorded.

use std::panic::Location;

use duramen_actors::{Fault, Turn};

use super::{Live, State};
use crate::Event;
use crate::registry::Registry;
use crate::workflow::board::Ask;

impl Live {
    /// Takes a recorded turn again. `state` is the state after all turns.
    pub(crate) fn replay(&mut self, registry: &Registry, state: &State, turn: &Turn<Event>) -> Result<(), Fault> {
        self.board.begin_replay(turn.at_ms, || {
            state.running().map(|(operation, attempt)| (operation.clone(), attempt)).collect()
        });
        let end = Live::turn(self, registry, &turn.given, turn.polled)?;
        let asks = self.board.take_asks();
        let first = self.events + turn.given.len() + 1;
        self.check(&turn.asked, &asks, end.as_ref(), first)?;
        self.events += turn.given.len() + turn.asked.len();
        Ok(())
    }

    fn check(&self, recorded: &[Event], asks: &[Ask], end: Option<&Event>, first: usize) -> Result<(), Fault> {
        let mut asked = asks.iter().map(|ask| (&ask.event, Some(ask.at))).chain(end.map(|event| (event, None)));
        for (nth, event) in recorded.iter().enumerate() {
            match asked.next() {
                Some((now, _)) if same(event, now) => {}
                now => return Err(self.mismatch(Some(event), now, first + nth)),
            }
        }
        match asked.next() {
            Some(more) => Err(self.mismatch(None, Some(more), first + recorded.len())),
            None => Ok(()),
        }
    }

    fn mismatch(
        &self,
        recorded: Option<&Event>,
        asked: Option<(&Event, Option<&Location<'_>>)>,
        number: usize,
    ) -> Fault {
        let recorded = recorded.map_or_else(
            || format!("has nothing more to begin in the turn before event {number}"),
            |event| format!("has {} as event {number}", event.subject()),
        );
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

/// Whether the code asks for what is recorded: the same kind of event, for the same operation, of the same name.
fn same(recorded: &Event, asked: &Event) -> bool {
    let role = |event: &Event| match event {
        Event::StepStarted { role, .. } => Some(*role),
        _ => None,
    };
    recorded.kind() == asked.kind()
        && recorded.operation() == asked.operation()
        && recorded.name() == asked.name()
        && role(recorded) == role(asked)
}
