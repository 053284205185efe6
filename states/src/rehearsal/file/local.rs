//! The file of Step Functions Local: state machines with test cases, which name responses for the states.

use serde_json::Value;

use super::{numbers, reply};
use crate::definition::Pointer;
use crate::rehearsal::{MockError, Mocks, Reply};

type Cases = Vec<(String, Mocks)>;

/// The cases of each state machine.
pub(super) fn read(machines: &Value, responses: &Value) -> Result<Vec<(String, Cases)>, MockError> {
    let at = Pointer::root().field("StateMachines");
    let mut read = Vec::new();
    for (name, machine) in object(machines, &at)? {
        let at = at.field(name).field("TestCases");
        let mut cases = Vec::new();
        for (case, states) in object(machine.get("TestCases").unwrap_or(&Value::Null), &at)? {
            let at = at.field(case);
            let mut mocks = Mocks::new();
            for (state, response) in object(states, &at)? {
                let at = at.field(state);
                let named =
                    response.as_str().ok_or_else(|| MockError::shape(&at, "it must be the name of a response"))?;
                let replies = responses.get(named).ok_or_else(|| {
                    MockError::shape(&at, format!("there is no response '{named}' in MockedResponses"))
                })?;
                let place = Pointer::root().field("MockedResponses").field(named);
                mocks = mocks.on(state, invocations(replies, &place)?).exactly(state);
            }
            cases.push((case.clone(), mocks));
        }
        read.push((name.clone(), cases));
    }
    Ok(read)
}

fn object<'v>(value: &'v Value, at: &Pointer) -> Result<&'v serde_json::Map<String, Value>, MockError> {
    value.as_object().ok_or_else(|| MockError::shape(at, "it must be an object"))
}

/// What is said to each invocation: under `0` to the first, under `1-3` to the three behind it.
fn invocations(value: &Value, at: &Pointer) -> Result<Vec<Reply>, MockError> {
    let mut replies: Vec<Option<Reply>> = Vec::new();
    for (range, value) in object(value, at)? {
        let at = at.field(range);
        let said = reply(value, &at)?;
        for number in numbers(range, &at)? {
            if replies.len() <= number {
                replies.resize(number + 1, None);
            }
            if let Some(place) = replies.get_mut(number) {
                *place = Some(said.clone());
            }
        }
    }
    let said: Option<Vec<Reply>> = replies.into_iter().collect();
    match said {
        Some(replies) if !replies.is_empty() => Ok(replies),
        _ => Err(MockError::shape(at, "the invocations must be counted from 0 without a gap")),
    }
}
