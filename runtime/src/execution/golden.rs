//! The bytes of every event, as they stand in logs that exist.

use duramen_actors::{Behavior, Turn, decode_turn, encode_turn};
use duramen_storage::{ExecutionId, RecordKind};

use super::Execution;
use crate::event::{Begin, Caller, CancelReason, ContextKind, Invoked, Mail, Owed, Parent, StepRole, schema_1};
use crate::limits::Limits;
use crate::registry::Registry;
use crate::{Event, Failure, OperationId, Payload};

fn operation() -> OperationId {
    OperationId::within(&[2], 300)
}

fn json(text: &str) -> Payload {
    Payload::of(text).unwrap()
}

fn failure() -> Failure {
    Failure::new("Declined", "no funds").with_data(&51)
}

fn execution() -> ExecutionId {
    ExecutionId::new(1_700_000_000_000, [7; 10])
}

fn begin() -> Box<Begin> {
    Box::new(Begin {
        workflow: "order".to_owned(),
        version: 2,
        name: "o-7".to_owned(),
        input: json("in"),
        parent: Some(Parent { execution: execution(), operation: operation() }),
        deadline_ms: Some(1_700_000_000_000),
        run: 3,
    })
}

fn mail() -> Mail {
    Mail { number: 5, request: Some(6), name: "m".to_owned(), value: json("v") }
}

fn every_event() -> Vec<Event> {
    let operation = operation();
    let at = 1_700_000_000_000;
    let name = || "n".to_owned();
    let invoked = Invoked {
        execution: execution(),
        workflow: "order".to_owned(),
        version: Some(2),
        name: name(),
        input: json("in"),
        timeout_ms: Some(9),
    };
    vec![
        Event::ExecutionStarted { begin: begin() },
        Event::ExecutionSucceeded { result: json("out") },
        Event::ExecutionFailed { failure: failure() },
        Event::ExecutionStopped { failure: Failure::new("Stopped", "") },
        Event::StepStarted { operation: operation.clone(), name: name(), role: StepRole::Do, attempt: 1 },
        Event::StepStarted { operation: operation.clone(), name: name(), role: StepRole::Undo, attempt: 2 },
        Event::StepStarted { operation: operation.clone(), name: name(), role: StepRole::Condition, attempt: 3 },
        Event::StepSucceeded { operation: operation.clone(), attempt: 1, result: json("r"), again_at_ms: None },
        Event::StepSucceeded { operation: operation.clone(), attempt: 1, result: json("r"), again_at_ms: Some(at) },
        Event::StepFailed { operation: operation.clone(), attempt: 1, failure: failure(), retry_at_ms: Some(at) },
        Event::StepFailed { operation: operation.clone(), attempt: 2, failure: failure(), retry_at_ms: None },
        Event::WaitStarted { operation: operation.clone(), name: name(), until_ms: at },
        Event::WaitSucceeded { operation: operation.clone() },
        Event::ContextStarted { operation: operation.clone(), name: name(), kind: ContextKind::Child },
        Event::ContextStarted { operation: operation.clone(), name: name(), kind: ContextKind::Map },
        Event::ContextStarted { operation: operation.clone(), name: name(), kind: ContextKind::MapIteration },
        Event::ContextStarted { operation: operation.clone(), name: name(), kind: ContextKind::Parallel },
        Event::ContextStarted { operation: operation.clone(), name: name(), kind: ContextKind::ParallelBranch },
        Event::ContextStarted { operation: operation.clone(), name: name(), kind: ContextKind::WaitForCallback },
        Event::ContextStarted { operation: operation.clone(), name: name(), kind: ContextKind::WithRetry },
        Event::ContextSucceeded { operation: operation.clone(), result: json("r") },
        Event::ContextFailed { operation: operation.clone(), failure: failure() },
        Event::ExecutionTimedOut { failure: failure() },
        Event::ExecutionPaused {
            operation: Some(operation.clone()),
            reason: "why".to_owned(),
            compensation: vec![name()],
        },
        Event::ExecutionResumed,
        Event::ExecutionContinued { begin: begin(), mail: vec![mail()] },
        Event::RunStarted { run: 4 },
        Event::CancelRequested { reason: CancelReason::Asked, failure: failure() },
        Event::CancelRequested { reason: CancelReason::TimedOut, failure: failure() },
        Event::StepCancelled { operation: operation.clone() },
        Event::WaitCancelled { operation: operation.clone() },
        Event::ContextCancelled { operation: operation.clone() },
        Event::CallbackStarted {
            operation: operation.clone(),
            name: name(),
            nonce: 1 << 100,
            timeout_at_ms: Some(at),
            heartbeat_ms: Some(8),
        },
        Event::CallbackHeartbeat { operation: operation.clone() },
        Event::CallbackSucceeded { operation: operation.clone(), result: json("r") },
        Event::CallbackFailed { operation: operation.clone(), failure: failure() },
        Event::CallbackTimedOut { operation: operation.clone(), failure: failure() },
        Event::CallbackCancelled { operation: operation.clone() },
        Event::ChainedInvokeStarted { operation: operation.clone(), name: name(), invoked: Box::new(invoked) },
        Event::ChainedInvokeConfirmed { operation: operation.clone() },
        Event::ChainedInvokeSucceeded { operation: operation.clone(), result: json("r") },
        Event::ChainedInvokeFailed { operation: operation.clone(), failure: failure() },
        Event::ChainedInvokeTimedOut { operation: operation.clone(), failure: failure() },
        Event::ChainedInvokeStopped { operation: operation.clone(), failure: failure() },
        Event::ChainedInvokeCancelled { operation: operation.clone(), execution: execution() },
        Event::SignalReceived { mail: mail() },
        Event::SignalTaken { operation: operation.clone(), name: name(), number: 5 },
        Event::UpdateRequested { mail: mail() },
        Event::UpdateTaken { operation: operation.clone(), name: name(), number: 5 },
        Event::UpdateAnswered { operation: operation.clone(), request: 6, answer: Ok(json("a")) },
        Event::UpdateAnswered { operation: operation.clone(), request: 6, answer: Err(failure()) },
        Event::Published { operation: operation.clone(), name: name(), value: json("v") },
        Event::ValueRecorded { operation: operation.clone(), name: name(), value: json("v") },
        Event::PatchRecorded { context: operation.clone(), patch: "p".to_owned() },
        Event::OperationRefused { operation, name: name(), failure: failure() },
        Event::Settled { owed: Owed::TellParent },
        Event::Settled { owed: Owed::CancelInvoked(execution()) },
        Event::CallerRecorded { caller: Caller::new(2, execution(), 300) },
    ]
}

fn behavior() -> Execution {
    Execution::new(Registry::default(), Limits { payload: 0, operations: 0 })
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

/// Written by the first release of schema 2. They never change: a new encoding gets a new number.
const SCHEMA_2: &[&str] = &[
    "070100056f7264657202036f2d370422696e2201018bcfe56800770787070707070707070202fb2c0101fd0068e5cf8b010000030001",
    "07010105226f7574220001",
    "070102084465636c696e6564086e6f2066756e6473010235310001",
    "0701030753746f7070656400000001",
    "0701040202fb2c01016e00010001",
    "0701040202fb2c01016e01020001",
    "0701040202fb2c01016e02030001",
    "0701050202fb2c010103227222000001",
    "0701050202fb2c01010322722201fd0068e5cf8b0100000001",
    "0701060202fb2c0101084465636c696e6564086e6f2066756e64730102353101fd0068e5cf8b0100000001",
    "0701060202fb2c0102084465636c696e6564086e6f2066756e647301023531000001",
    "0701070202fb2c01016efd0068e5cf8b0100000001",
    "0701080202fb2c010001",
    "0701090202fb2c01016e000001",
    "0701090202fb2c01016e010001",
    "0701090202fb2c01016e020001",
    "0701090202fb2c01016e030001",
    "0701090202fb2c01016e040001",
    "0701090202fb2c01016e050001",
    "0701090202fb2c01016e060001",
    "07010a0202fb2c01032272220001",
    "07010b0202fb2c01084465636c696e6564086e6f2066756e6473010235310001",
    "07010c084465636c696e6564086e6f2066756e6473010235310001",
    "07010d010202fb2c010377687901016e0001",
    "07010e0001",
    "07010f056f7264657202036f2d370422696e2201018bcfe56800770787070707070707070202fb2c0101fd0068e5cf8b0100000301050106016d032276220001",
    "070110040001",
    "07011100084465636c696e6564086e6f2066756e6473010235310001",
    "07011101084465636c696e6564086e6f2066756e6473010235310001",
    "0701120202fb2c010001",
    "0701130202fb2c010001",
    "0701140202fb2c010001",
    "0701150202fb2c01016efe0000000000000000000000001000000001fd0068e5cf8b01000001080001",
    "0701160202fb2c010001",
    "0701170202fb2c01032272220001",
    "0701180202fb2c01084465636c696e6564086e6f2066756e6473010235310001",
    "0701190202fb2c01084465636c696e6564086e6f2066756e6473010235310001",
    "07011a0202fb2c010001",
    "07011b0202fb2c01016e018bcfe5680077078707070707070707056f726465720102016e0422696e2201090001",
    "07011c0202fb2c010001",
    "07011d0202fb2c01032272220001",
    "07011e0202fb2c01084465636c696e6564086e6f2066756e6473010235310001",
    "07011f0202fb2c01084465636c696e6564086e6f2066756e6473010235310001",
    "0701200202fb2c01084465636c696e6564086e6f2066756e6473010235310001",
    "0701210202fb2c01018bcfe56800770787070707070707070001",
    "070122050106016d032276220001",
    "0701230202fb2c01016e050001",
    "070124050106016d032276220001",
    "0701250202fb2c01016e050001",
    "0701260202fb2c010600032261220001",
    "0701260202fb2c010601084465636c696e6564086e6f2066756e6473010235310001",
    "0701270202fb2c01016e032276220001",
    "0701280202fb2c01016e032276220001",
    "0701290202fb2c0101700001",
    "07012a0202fb2c01016e084465636c696e6564086e6f2066756e6473010235310001",
    "07012b000001",
    "07012b01018bcfe56800770787070707070707070001",
    "07012c02018bcfe5680077078707070707070707fb2c010001",
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn turn_of<E>(event: E) -> Turn<E> {
    Turn { at_ms: 7, given: vec![event], asked: Vec::new(), polled: true }
}

#[test]
fn every_event_is_written_as_it_always_was_and_is_read_back() {
    let written: Vec<_> = every_event().into_iter().map(|event| hex(&encode_turn(&turn_of(event)).unwrap())).collect();
    assert_eq!(written, SCHEMA_2);
    for event in every_event() {
        let turn = turn_of(event);
        let bytes = encode_turn(&turn).unwrap();
        assert_eq!(decode_turn(&behavior(), Execution::RECORD, &bytes).unwrap(), turn);
    }
}

fn every_event_of_schema_1() -> Vec<schema_1::Event> {
    use schema_1::Event;
    let operation = operation();
    let at = 1_700_000_000_000;
    vec![
        Event::ExecutionStarted { workflow: "order".to_owned(), name: "o-7".to_owned(), input: json("in") },
        Event::ExecutionSucceeded { result: json("out") },
        Event::ExecutionFailed { failure: failure() },
        Event::ExecutionStopped { failure: Failure::new("Stopped", "") },
        Event::StepStarted { operation: operation.clone(), name: "a".to_owned(), role: StepRole::Do, attempt: 1 },
        Event::StepStarted { operation: operation.clone(), name: "a".to_owned(), role: StepRole::Undo, attempt: 2 },
        Event::StepSucceeded { operation: operation.clone(), attempt: 1, result: json("r") },
        Event::StepFailed { operation: operation.clone(), attempt: 1, failure: failure(), retry_at_ms: Some(at) },
        Event::StepFailed { operation: operation.clone(), attempt: 2, failure: failure(), retry_at_ms: None },
        Event::WaitStarted { operation: operation.clone(), name: "w".to_owned(), until_ms: at },
        Event::WaitSucceeded { operation: operation.clone() },
        Event::ContextStarted { operation: operation.clone(), name: "c".to_owned() },
        Event::ContextSucceeded { operation: operation.clone(), result: json("r") },
        Event::ContextFailed { operation, failure: failure() },
    ]
}

#[test]
fn turns_of_schema_1_are_read_as_what_they_mean_now() {
    let written: Vec<_> =
        every_event_of_schema_1().into_iter().map(|event| encode_turn(&turn_of(event)).unwrap()).collect();
    assert_eq!(written.iter().map(|bytes| hex(bytes)).collect::<Vec<_>>(), SCHEMA_1);
    for (bytes, event) in written.iter().zip(every_event_of_schema_1()) {
        let read = decode_turn(&behavior(), RecordKind(1), bytes).unwrap();
        assert_eq!(read, turn_of(Event::from(event)));
    }
}

#[test]
fn a_schema_that_is_not_known_is_refused_by_its_number() {
    let refused = decode_turn(&behavior(), RecordKind(999), &[]).unwrap_err();
    assert!(refused.contains("999"), "{refused}");
}
