//! The bytes of records, which must stay readable.

use std::sync::Arc;

use duramen_actors::{Turn, decode_turn, encode_turn};
use duramen_storage::{ExecutionId, RecordKind};
use serde_json::json;

use super::behavior::StateMachine;
use super::event::Logged;
use super::functions::Called;
use super::link::{Debt, Parent, StartedBy};
use crate::definition::{Definition, StateId};
use crate::history::Fault;
use crate::machine::{About, Carry, ChildEnd, End, Event, FrameId, Inputs, Limits, RunNumber, Tolerance};
use crate::packed::Packed;
use crate::payload::Payload;
use crate::task::Tasks;

/// One of each event, in the order of their numbers.
fn all() -> Vec<Logged> {
    let definition = Definition::parse(r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#).unwrap();
    let state: StateId = definition.root().start;
    let frame = FrameId(1);
    let payload = || Payload::from(json!({"a": 1}));
    let fault = || Fault { error: Some("E".to_owned()), cause: None };
    let input = || Carry::New(payload());
    let events = vec![
        Event::Started { about: About::new("m", "e"), input: payload() },
        Event::Entered { frame, state },
        Event::Exited { frame, output: Carry::Same, assigned: vec![("x".to_owned(), payload())], next: Some(state) },
        Event::Waits { frame, until_ms: 300 },
        Event::Retries { frame, retrier: 2, due_ms: 300 },
        Event::Due { frame },
        Event::Scheduled {
            frame,
            parameters: input(),
            timeout_seconds: Some(5),
            heartbeat_seconds: None,
            credentials: None,
            token: Some("t".to_owned()),
        },
        Event::TaskStarted { frame },
        Event::Submitted { frame, output: payload() },
        Event::Heartbeat { frame },
        Event::Succeeded { frame, output: input() },
        Event::Failed { frame, fault: fault() },
        Event::TimedOut { frame, fault: fault() },
        Event::EvaluationFailed { frame, fault: fault(), location: Some("Output".to_owned()) },
        Event::ParallelStarted { frame, input: input() },
        Event::BranchSucceeded { frame },
        Event::BranchFailed { frame },
        Event::MapStarted {
            frame,
            items: input(),
            most: 3,
            tolerance: Tolerance { count: Some(1), percentage: Some(0.5) },
            run: Some("r".to_owned()),
        },
        Event::IterationStarted { frame, input: input() },
        Event::IterationSucceeded { frame },
        Event::IterationFailed { frame },
        Event::Aborted { frame },
        Event::Joined { frame },
        Event::Broken { frame },
        Event::RunStarted { frame },
        Event::RunSucceeded { frame },
        Event::RunFailed { frame, fault: fault() },
        Event::ExecutionSucceeded,
        Event::ExecutionFailed { fault: fault() },
        Event::ExecutionTimedOut { fault: fault() },
        Event::ExecutionAborted { fault: fault() },
    ];
    let begun = Logged::Begun { machine: "m".to_owned(), name: "e".to_owned(), definition: "{}".to_owned() };
    let happened = events.into_iter().map(Logged::Happened);
    [begun].into_iter().chain(happened).chain([Logged::Yielded, Logged::GoesOn]).collect()
}

/// Those events are these bytes, and come back from them.
#[track_caller]
fn are_written(given: Vec<Logged>, expected: &str) {
    let turn = Turn { at_ms: 7, given, asked: Vec::new(), polled: true };
    let bytes = encode_turn(&turn).unwrap();
    assert_eq!(data_encoding::HEXLOWER.encode(&bytes), expected);
    let behavior = StateMachine::new(Default::default(), Tasks::new(), Limits::default());
    assert_eq!(decode_turn(&behavior, RecordKind(1), &bytes).unwrap(), turn);
}

const BYTES: &str = concat!(
    "072200016d0165027b7d01002f61726e3a6177733a7374617465733a6c6f63616c3a3030303030303030303030303a657865",
    "637574696f6e3a6d3a6501653061726e3a6177733a7374617465733a6c6f63616c3a3030303030303030303030303a737461",
    "74654d616368696e653a6d016d0000077b2261223a317d0101010001020100010178077b2261223a317d0100010301fb2c01",
    "01040102fb2c0101050101060101077b2261223a317d01050000010174010701010801077b2261223a317d010901010a0101",
    "077b2261223a317d010b0101014500010c0101014500010d010101450001064f7574707574010e0101077b2261223a317d01",
    "0f0101100101110101077b2261223a317d03010101000000000000e03f01017201120101077b2261223a317d011301011401",
    "011501011601011701011801011901011a0101014500011b011c01014500011d01014500011e0101450002030001",
);

#[test]
fn the_bytes_of_schema_1_are_these() {
    are_written(all(), BYTES);
}

const ADDED: &str = concat!(
    "0707011f01035b315d02012001035b315d012101035b315d012201035b315d0101014500012301035b315d01240101014500",
    "012801035b315d02022f610001",
);

#[test]
fn what_was_added_to_schema_1_stands_behind_it() {
    let frame = FrameId(1);
    let payload = || Payload::from(json!([1]));
    let fault = || Fault { error: Some("E".to_owned()), cause: None };
    let events = vec![
        Event::Reading { frame, arguments: payload(), most: 2 },
        Event::Read { frame, items: payload() },
        Event::Batched { frame, batches: payload() },
        Event::Writing { frame, arguments: payload(), fault: Some(fault()) },
        Event::Written { frame, result: payload() },
        Event::StoreFailed { frame, fault: fault() },
        Event::ReadingAt { frame, arguments: payload(), most: 2, pointer: "/a".to_owned() },
    ];
    let given = events.into_iter().map(Logged::Happened).collect();
    are_written(given, ADDED);
}

const OF_RUNS: &str = concat!(
    "070a0125fb2c0100fb2c010125fb2c010101035b315d012cfb2c0104000000010101014500020201014500fb2c01030130fb",
    "2c0102012dfb2c0101fb2c01012efb2c010102010100012ffb2c0101035b315d0d0104070707070707070707070707070707",
    "0701fb2c01010602fb2c010001",
);

#[test]
fn what_distributed_maps_have_stands_behind_that() {
    let run = RunNumber(300);
    let payload = || Payload::from(json!([1]));
    let fault = || Fault { error: Some("E".to_owned()), cause: None };
    let ended = vec![
        (0, ChildEnd::Succeeded(Carry::Same)),
        (1, ChildEnd::Failed(fault())),
        (2, ChildEnd::TimedOut(fault())),
        (300, ChildEnd::Aborted),
    ];
    let tolerance = Tolerance { count: Some(1), percentage: None };
    let events = vec![
        Event::ChildrenStarted { run, inputs: Inputs::Items(300) },
        Event::ChildrenStarted { run, inputs: Inputs::Selected(vec![payload()]) },
        Event::ChildrenEnded { run, ended },
        Event::ChildrenRestarted { run, count: 2 },
        Event::ChildrenBegan { run, from: 1, below: 300 },
        Event::RunUpdated { run, most: Some(2), tolerance },
        Event::IsItem { index: 300, item: Carry::New(payload()) },
    ];
    let by = StartedBy::Item { run, index: 1 };
    let linked = [
        Logged::IsPart(1),
        Logged::HasParent(Parent { execution: ExecutionId::from_bytes([7; 16]), by }),
        Logged::Settled(Debt::StopChildren(run)),
    ];
    let given = events.into_iter().map(Logged::Happened).chain(linked).collect();
    are_written(given, OF_RUNS);
}

#[test]
fn a_worker_in_schema_1_is_this() {
    let given = vec![Logged::Happened(Event::Taken { frame: FrameId(1), worker: Some("w".to_owned()) })];
    are_written(given, "07010127010101770001");
}

const OF_OTHERS: &str = "0704040707070707070707070707070707070700fb2c010500fb2c010600060100fb2c010001";

#[test]
fn what_executions_have_to_do_with_each_other_stands_behind_that() {
    let by = StartedBy::Call(300);
    let given = vec![
        Logged::HasParent(Parent { execution: ExecutionId::from_bytes([7; 16]), by }),
        Logged::ChildEnded(by),
        Logged::Settled(Debt::TellParent),
        Logged::Settled(Debt::Stop(by)),
    ];
    are_written(given, OF_OTHERS);
}

const OF_LIVES: &str = concat!(
    "070a0126010176000129012a01012b010131010000072f61726e3a6177733a7374617465733a6c6f63616c3a303030303030",
    "3030303030303a657865637574696f6e3a6d3a6501653061726e3a6177733a7374617465733a6c6f63616c3a303030303030",
    "3030303030303a73746174654d616368696e653a6d016d0001035b315d0800035b315d0801000008020000080300000001",
);

#[test]
fn express_executions_versions_and_redrives_stand_behind_that() {
    let frame = FrameId(1);
    let routed = Event::Routed { version_arn: Some("v".to_owned()), alias_arn: None };
    let events = [routed, Event::Redriven, Event::RunRedriven { frame }, Event::Resumed { frame }];
    let events = events.into_iter().chain([Event::SubmitFailed { frame, fault: Fault::default() }]);
    let lives = [
        Logged::Accepted { about: About::new("m", "e").express(), input: Payload::from(json!([1])) },
        Logged::Ran { end: End::Succeeded(Payload::from(json!([1]))) },
        Logged::Ran { end: End::Failed(Fault::default()) },
        Logged::Ran { end: End::TimedOut(Fault::default()) },
        Logged::Ran { end: End::Aborted(Fault::default()) },
    ];
    let given = events.into_iter().map(Logged::Happened).chain(lives).collect();
    are_written(given, OF_LIVES);
}

#[test]
fn a_teller_in_schema_1_is_this() {
    let given = vec![Logged::ToldBy(ExecutionId::from_bytes([7; 16]), 300)];
    are_written(given, "07010e07070707070707070707070707070707fb2c010001");
}

#[test]
fn one_that_stands_for_another_in_schema_1_is_this() {
    let given = vec![Logged::WentOnBefore { times: 300 }];
    are_written(given, "07010ffb2c010001");
}

const OF_FUNCTIONS: &str = concat!(
    "070409070707070707070707070707070707070202fb2c010afb2c010bfb2c01070707070707070707070707070707070177",
    "01020cfb2c010001",
);

#[test]
fn what_executions_have_to_do_with_functions_stands_behind_that() {
    let bytes = data_encoding::HEXLOWER.decode(OF_FUNCTIONS.as_bytes()).unwrap();
    let behavior = StateMachine::new(Default::default(), Tasks::new(), Limits::default());
    let turn = decode_turn(&behavior, RecordKind(1), &bytes).unwrap();
    let execution = ExecutionId::from_bytes([7; 16]);
    let [Logged::CalledBy(parent), until, calls, runs] = turn.given.as_slice() else { panic!("{turn:?}") };
    assert_eq!((parent.execution, parent.operation.path()), (execution, [2, 300].as_slice()));
    assert_eq!(*until, Logged::Until { at_ms: 300 });
    let called = Called { call: 300, execution, workflow: "w".to_owned(), version: Some(2) };
    assert_eq!(*calls, Logged::Calls(Box::new(called)));
    assert_eq!(*runs, Logged::FunctionRuns { call: 300 });
    assert_eq!(encode_turn(&turn).unwrap(), bytes);
}

#[test]
fn what_comes_to_nothing_stands_behind_that() {
    let frame = FrameId(1);
    let fault = || Fault { error: Some("E".to_owned()), cause: None };
    let events = [
        Event::ScheduleFailed { frame, fault: fault() },
        Event::StartFailed { frame, fault: fault() },
        Event::RunAborted { frame },
    ];
    let given = events.into_iter().map(Logged::Happened).collect();
    are_written(given, "070301320101014500013301010145000134010001");
}

const OF_PIECES: &str =
    "0702013501fb2c01020c7b2261223a317d0a2262220a010136010c7b2261223a317d0a2262220a0201fb2c01000001";

#[test]
fn items_in_pieces_stand_behind_that() {
    let mut packed = Packed::default();
    packed.push(&json!({"a": 1}));
    packed.push(&json!("b"));
    let (frame, packed) = (FrameId(1), Arc::new(packed));
    let events = [
        Event::ItemsRead { frame, reading: 300, from: 2, items: Arc::clone(&packed), last: true },
        Event::BatchesMade { frame, batches: packed, sizes: vec![1, 300], last: false },
    ];
    let given = events.into_iter().map(Logged::Happened).collect();
    are_written(given, OF_PIECES);
}
