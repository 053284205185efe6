//! Deciding and applying agree: the state on which a turn worked is the one that its events make of the state before, and
//! so is the history. That is so for the events as they are read back from bytes.

use bincode::config::standard;
use proptest::prelude::*;
use serde_json::json;

use super::apply::apply;
use super::event::Event;
use super::state::State;
use super::{About, Limits, Machine, Turn};
use crate::definition::Definition;
use crate::history::Fault;
use crate::query::Moment;

#[path = "../../tests/machines/mod.rs"]
mod machines;

const START_MS: u64 = 1_700_000_000_000;

/// How many turns an execution has at most. Those of machines made at random come to an end before.
const TURNS: usize = 5000;

/// Runs an execution, answering its calls in an order and after times that chance decides.
fn agrees(machine: &Machine, seed: u64) {
    let mut chance = Moment::new(0, seed);
    let (mut now_ms, mut called, mut state) = (START_MS, 0, State::default());
    let mut open = Vec::new();
    let input = json!({"n": 1, "items": [2, 3, 4]}).into();
    let mut first = Some(Event::Started { about: About::new("random", "one"), input });
    for _ in 0..TURNS {
        let mut again = state.clone();
        let mut turn = Turn::new(&machine.plan, &mut state, &machine.limits, Moment::new(now_ms, chance.bits()));
        if let Some(event) = first.take() {
            turn.emit(event);
            turn.bound();
        }
        // Several calls may have been answered since.
        while !open.is_empty() && chance.bits().is_multiple_of(3) {
            let number = open.swap_remove(chance.bits() as usize % open.len());
            let fails = chance.bits().is_multiple_of(3);
            let fault = Fault { error: Some("Broken".to_owned()), cause: None };
            turn.answer(number, if fails { Err(fault) } else { Ok(json!(chance.bits() % 100).into()) });
        }
        turn.due();
        let rests = turn.run();
        let (events, history) = (std::mem::take(&mut turn.events), std::mem::take(&mut turn.history));
        let mut told = Vec::new();
        for event in &events {
            let bytes = bincode::encode_to_vec(event, standard()).unwrap();
            let (read, _): (Event, _) = bincode::decode_from_slice(&bytes, standard()).unwrap();
            assert_eq!(read, *event);
            told.extend(apply(&machine.plan, &mut again, &read, now_ms));
        }
        assert_eq!(told, history);
        assert_eq!(again, state, "after {events:?}");
        if state.end.is_some() {
            return;
        }
        for (number, _) in machine.calls(&state, called, now_ms) {
            called = called.max(number);
            open.push(number);
        }
        // The executions of a distributed map are not run here.
        if rests && open.is_empty() && state.next_due().is_none() {
            first = Some(Event::ExecutionAborted { fault: Fault::default() });
        }
        // What nobody waits for any more may be answered all the same.
        now_ms = match state.next_due().filter(|_| rests) {
            Some(due) if open.is_empty() || chance.bits().is_multiple_of(2) => due.max(now_ms),
            _ => now_ms + chance.bits() % 2000,
        };
    }
    panic!("{TURNS} turns are not enough");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn events_make_the_state_that_a_turn_worked_on(
        definition in machines::definition().prop_map(|definition| definition.to_string()),
        turn_events in prop_oneof![Just(4096_usize), 1_usize..20],
        seed in any::<u64>(),
    ) {
        let definition = Definition::parse(&definition).unwrap();
        agrees(&Machine::new(&definition).unwrap().limits(Limits::default().turn_events(turn_events)), seed);
    }
}
