//! The bytes of every event, as they stand in logs that exist.

use duramen_actors::{Turn, decode_turn, encode_turn};

use super::Execution;
use crate::event::StepRole;
use crate::registry::Registry;
use crate::{Event, Failure, OperationId, Payload};

fn every_event() -> Vec<Event> {
    let operation = OperationId::within(&[2], 300);
    let json = |text: &str| Payload::of(text).unwrap();
    let failure = Failure::new("Declined", "no funds").with_data(&51);
    vec![
        Event::ExecutionStarted { workflow: "order".to_owned(), name: "o-7".to_owned(), input: json("in") },
        Event::ExecutionSucceeded { result: json("out") },
        Event::ExecutionFailed { failure: failure.clone() },
        Event::ExecutionStopped { failure: Failure::new("Stopped", "") },
        Event::StepStarted { operation: operation.clone(), name: "a".to_owned(), role: StepRole::Do, attempt: 1 },
        Event::StepStarted { operation: operation.clone(), name: "a".to_owned(), role: StepRole::Undo, attempt: 2 },
        Event::StepSucceeded { operation: operation.clone(), attempt: 1, result: json("r") },
        Event::StepFailed {
            operation: operation.clone(),
            attempt: 1,
            failure: failure.clone(),
            retry_at_ms: Some(1_700_000_000_000),
        },
        Event::StepFailed { operation: operation.clone(), attempt: 2, failure: failure.clone(), retry_at_ms: None },
        Event::WaitStarted { operation: operation.clone(), name: "w".to_owned(), until_ms: 1_700_000_000_000 },
        Event::WaitSucceeded { operation: operation.clone() },
        Event::ContextStarted { operation: operation.clone(), name: "c".to_owned() },
        Event::ContextSucceeded { operation: operation.clone(), result: json("r") },
        Event::ContextFailed { operation, failure },
    ]
}

fn behavior() -> Execution {
    Execution { registry: Registry::default(), waiters: std::sync::Arc::default(), max_payload: 0 }
}

/// Written by the first release of schema 1. They never change: a new encoding gets a new number.
const SCHEMA_1: [&str; 14] = [
    "070100056f72646572036f2d370422696e220001",
    "07010105226f7574220001",
    "070102084465636c696e6564086e6f2066756e6473010235310001",
    "0701030753746f7070656400000001",
    "0701040202fb2c01016100010001",
    "0701040202fb2c01016101020001",
    "0701050202fb2c0101032272220001",
    "0701060202fb2c0101084465636c696e6564086e6f2066756e64730102353101fd0068e5cf8b0100000001",
    "0701060202fb2c0102084465636c696e6564086e6f2066756e647301023531000001",
    "0701070202fb2c010177fd0068e5cf8b0100000001",
    "0701080202fb2c010001",
    "0701090202fb2c0101630001",
    "07010a0202fb2c01032272220001",
    "07010b0202fb2c01084465636c696e6564086e6f2066756e6473010235310001",
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_event_is_written_as_it_always_was_and_is_read_back() {
    let events = every_event();
    assert_eq!(events.len(), SCHEMA_1.len());
    for (event, golden) in events.into_iter().zip(SCHEMA_1) {
        let turn = Turn { at_ms: 7, given: vec![event], asked: Vec::new(), polled: true };
        let bytes = encode_turn(&turn).unwrap();
        assert_eq!(hex(&bytes), golden, "{:?}", turn.given);
        let kind = <Execution as duramen_actors::Behavior>::RECORD;
        assert_eq!(decode_turn(&behavior(), kind, &bytes).unwrap(), turn);
    }
}

#[test]
fn a_schema_that_is_not_known_is_refused_by_its_number() {
    let refused = decode_turn(&behavior(), duramen_storage::RecordKind(999), &[]).unwrap_err();
    assert!(refused.contains("999"), "{refused}");
}
