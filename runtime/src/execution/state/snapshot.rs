//! The state as bytes, from which recovery may begin.

use std::ops::RangeInclusive;

use duramen_actors::Turn;

use super::State;
use crate::Event;
use crate::execution::layout;

/// The number of the layout of a state in a snapshot: to be raised with every change of it. A snapshot of another layout
/// is passed over, and the events are read.
const FORM: u16 = 2;

impl State {
    pub(crate) fn turned(&mut self, turn: &Turn<Event>) {
        self.skipping.turned(turn, turn.polled && !self.is_paused());
    }

    /// Whether enough turns need not be read any more; the last snapshot was taken so many turns ago.
    pub(crate) fn is_worth_a_snapshot(&self, turns: u64) -> bool {
        self.outcome.is_none() && self.skipping.is_worth_a_snapshot(turns)
    }

    /// The bytes of the state, if they are not more than `limit`.
    pub(crate) fn to_snapshot(&self, limit: usize) -> Option<Vec<u8>> {
        layout::encode(&(FORM, self)).ok().filter(|bytes| bytes.len() <= limit)
    }

    pub(crate) fn of_snapshot(body: &[u8]) -> Result<Self, String> {
        let (form, behind) = layout::decode_first::<u16>(body)?;
        if form != FORM {
            return Err(format!("it has layout {form}, and {FORM} is read here"));
        }
        layout::decode(behind)
    }

    /// The turns that replay needs, of those that the state is made of.
    pub(crate) fn turns_needed(&self) -> Vec<RangeInclusive<u64>> {
        self.skipping.needed()
    }

    /// How many events the history has.
    pub(crate) fn events(&self) -> u64 {
        self.skipping.events()
    }
}
