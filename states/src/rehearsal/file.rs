//! Mocks in a file: in a short form of our own, or in that of Step Functions Local.

mod local;

use serde_json::{Map, Value};

use super::{MockError, Mocks, Reply};
use crate::definition::Pointer;
use crate::history::Fault;

/// A file of mocks.
///
/// The form of our own is an object. Under the name of a state or resource (see [`Mocks`]) stands an answer, or a list of
/// them: `{"result": …}` or `{"error": "Name", "cause": "…"}`, with `"seconds": 5` for one that comes later. Instead of a
/// list there may be an object with
///
/// - `answers`: the list;
/// - `iterations`: lists for single iterations of the map around the state, under `"0"` or `"1-3"`;
/// - `exactly`: true, if more calls than answers are an error; otherwise the last answer is repeated;
/// - `items`: what the `ItemReader` of a distributed map reads.
///
/// The file of Step Functions Local (`StateMachines`, `TestCases`, `MockedResponses` with `Return` and `Throw`) is taken as
/// it is; there, more calls than answers are an error.
///
/// ```
/// use duramen_states::rehearsal::{MockFile, Mocks, Reply};
/// use serde_json::json;
///
/// let text = r#"{"Charge": [{"error": "Busy", "cause": "later"}, {"result": {"paid": true}}]}"#;
/// let file = MockFile::parse(text).unwrap();
/// let expected = [Reply::error("Busy", "later"), Reply::result(json!({"paid": true}))];
/// assert_eq!(file.mocks(None, None).unwrap(), Mocks::new().on("Charge", expected));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MockFile {
    content: Content,
}

#[derive(Debug, Clone, PartialEq)]
enum Content {
    Own(Mocks),
    /// The cases of each state machine.
    Local(Vec<(String, Vec<(String, Mocks)>)>),
}

impl MockFile {
    /// Reads a file of either form.
    ///
    /// # Errors
    /// It is not JSON, or not of these forms; with the place.
    pub fn parse(text: &str) -> Result<Self, MockError> {
        let value: Value = serde_json::from_str(text).map_err(|error| MockError::Syntax(error.to_string()))?;
        let root = Pointer::root();
        let Value::Object(fields) = &value else {
            return Err(MockError::shape(&root, "a file of mocks must be an object"));
        };
        let content = match (fields.get("StateMachines"), fields.get("MockedResponses")) {
            (Some(machines @ Value::Object(_)), Some(responses)) => Content::Local(local::read(machines, responses)?),
            _ => Content::Own(own(fields)?),
        };
        Ok(Self { content })
    }

    /// The cases of a file of Step Functions Local, each with its state machine. A file of our own form has none.
    #[must_use]
    pub fn cases(&self) -> Vec<(&str, &str)> {
        let Content::Local(machines) = &self.content else { return Vec::new() };
        let all = machines.iter().flat_map(|(machine, cases)| cases.iter().map(move |(case, _)| (&**machine, &**case)));
        all.collect()
    }

    /// The mocks, of that state machine and case if the file tells cases apart. What there is only one of need not be
    /// said; nor the state machine, if the case is found in one alone.
    ///
    /// # Errors
    /// There is no such case, or more than one.
    pub fn mocks(&self, machine: Option<&str>, case: Option<&str>) -> Result<Mocks, MockError> {
        let machines = match &self.content {
            Content::Own(mocks) if case.is_none() => return Ok(mocks.clone()),
            Content::Own(_) => return Err(MockError::Case("the file of mocks has no cases".to_owned())),
            Content::Local(machines) => machines,
        };
        let of_machine = machines.iter().filter(|(name, _)| machine.is_none_or(|machine| machine == name));
        let mut found = of_machine
            .flat_map(|(_, cases)| cases)
            .filter(|(name, _)| case.is_none_or(|case| case == name))
            .map(|(_, mocks)| mocks);
        match (found.next(), found.next()) {
            (Some(mocks), None) => Ok(mocks.clone()),
            (first, _) => {
                let listed: Vec<String> =
                    self.cases().iter().map(|(machine, case)| format!("{machine}#{case}")).collect();
                let wrong = if first.is_some() { "more than one case is meant" } else { "there is no such case" };
                Err(MockError::Case(format!("{wrong}; the file of mocks has {}", listed.join(", "))))
            }
        }
    }
}

fn own(fields: &Map<String, Value>) -> Result<Mocks, MockError> {
    let mut mocks = Mocks::new();
    for (name, value) in fields {
        let at = Pointer::root().field(name);
        mocks = match value {
            Value::Object(script) if !is_reply(script) => script_of(mocks, name, script, &at)?,
            value => mocks.on(name, replies(value, &at)?),
        };
    }
    Ok(mocks)
}

fn script_of(mut mocks: Mocks, name: &str, fields: &Map<String, Value>, at: &Pointer) -> Result<Mocks, MockError> {
    for (field, value) in fields {
        let at = at.field(field);
        mocks = match (field.as_str(), value) {
            ("answers", value) => mocks.on(name, replies(value, &at)?),
            ("iterations", Value::Object(iterations)) => {
                for (range, value) in iterations {
                    let at = at.field(range);
                    let given = replies(value, &at)?;
                    for iteration in numbers(range, &at)? {
                        mocks = mocks.on_iteration(name, iteration, given.clone());
                    }
                }
                mocks
            }
            ("exactly", Value::Bool(exactly)) => {
                if *exactly {
                    mocks.exactly(name)
                } else {
                    mocks
                }
            }
            ("items", Value::Array(items)) => mocks.items(name, items.clone()),
            ("iterations" | "exactly" | "items", _) => {
                return Err(MockError::shape(&at, "that is not the value this field has"));
            }
            _ => {
                let message = "a mock has `result`, `error`, `cause` and `seconds`, or `answers`, `iterations`, `exactly` and \
                               `items`, but not this field";
                return Err(MockError::shape(&at, message));
            }
        };
    }
    Ok(mocks)
}

fn is_reply(fields: &Map<String, Value>) -> bool {
    ["result", "error", "cause", "seconds", "Return", "Throw"].into_iter().any(|field| fields.contains_key(field))
}

/// An answer, or a list of them.
fn replies(value: &Value, at: &Pointer) -> Result<Vec<Reply>, MockError> {
    match value {
        Value::Array(all) if all.is_empty() => Err(MockError::shape(at, "there must be at least one answer")),
        Value::Array(all) => all.iter().enumerate().map(|(index, value)| reply(value, &at.index(index))).collect(),
        value => Ok(vec![reply(value, at)?]),
    }
}

fn reply(value: &Value, at: &Pointer) -> Result<Reply, MockError> {
    let Value::Object(fields) = value else {
        return Err(MockError::shape(at, "an answer must be an object with `result` or `error`"));
    };
    let text = |name: &str| match fields.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(MockError::shape(&at.field(name), "it must be a string")),
    };
    let mut reply = match (fields.get("result").or_else(|| fields.get("Return")), fields.get("Throw")) {
        (Some(_), _) if fields.contains_key("error") || fields.contains_key("Throw") => {
            return Err(MockError::shape(at, "an answer cannot be both a result and an error"));
        }
        (Some(result), _) => Reply::result(result.clone()),
        (None, Some(Value::Object(thrown))) => {
            let part = |name: &str| thrown.get(name).and_then(Value::as_str).map(str::to_owned);
            Reply::fault(Fault { error: part("Error"), cause: part("Cause") })
        }
        (None, Some(_)) => return Err(MockError::shape(&at.field("Throw"), "it must be an object with `Error`")),
        (None, None) => match text("error")? {
            Some(error) => Reply::fault(Fault { error: Some(error), cause: text("cause")? }),
            None => return Err(MockError::shape(at, "an answer needs `result` or `error`")),
        },
    };
    for (field, value) in fields {
        match field.as_str() {
            "result" | "error" | "Return" | "Throw" => {}
            "cause" if fields.contains_key("error") => {}
            "seconds" => reply = reply.after_ms(milliseconds(value, &at.field(field))?),
            _ => return Err(MockError::shape(&at.field(field), "an answer has no such field")),
        }
    }
    Ok(reply)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and saturating")]
fn milliseconds(value: &Value, at: &Pointer) -> Result<u64, MockError> {
    let seconds = value.as_f64().filter(|seconds| *seconds >= 0.0);
    let seconds = seconds.ok_or_else(|| MockError::shape(at, "it must be a number of seconds that is not negative"))?;
    Ok((seconds * 1000.0) as u64)
}

/// `3`, or `3-5`, which is 3, 4 and 5.
fn numbers(text: &str, at: &Pointer) -> Result<std::ops::RangeInclusive<usize>, MockError> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.trim().parse(), last.trim().parse()) {
        (Ok(first), Ok(last)) if first <= last && last - first < 100_000 => Ok(first..=last),
        _ => Err(MockError::shape(at, "it must be a number such as `0`, or a range such as `1-3`")),
    }
}
