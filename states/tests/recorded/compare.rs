//! Comparing an answer with a recorded one, in which parts are replaced by placeholders.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::matching::Pattern;

/// Words that stand for any value.
const ANYTHING: &[&str] = &[
    "timestamp",
    "datetime",
    "date",
    "RequestId",
    "X-Amzn-Trace-Id",
    "x-amzn-RequestId",
    "x-amz-crc32",
    "start-date",
    "stop-date",
    "time",
];

/// Parts of the names of placeholders that stand for another text each time: times, ids of requests, checksums, logs.
const CHANGING: &[&str] = &["date", "time", "request", "LogResult", "Etag"];

/// Words that stand for the same text each time, in whatever case.
const SAME: &[&str] = &["111111111111", "snf_role_arn", "sfn_role_arn"];

pub(crate) struct Comparison {
    replacements: Vec<String>,
    /// Those of the case's own words that stand for the same text each time.
    same: BTreeSet<String>,
    /// What placeholders have been seen to stand for.
    known: RefCell<BTreeMap<String, String>>,
    unordered: bool,
}

impl Comparison {
    pub(crate) fn new(transformers: &[Value]) -> Self {
        let replacements =
            transformers.iter().filter_map(|one| one["replacement"].as_str()).map(str::to_owned).collect();
        let unordered = transformers.iter().any(|one| one.to_string().contains("SfnNoneRecursiveParallelTransformer"));
        // What replaced one text, and not all of a pattern.
        let literal = |one: &&Value| one["regex"].as_str().is_some_and(|regex| !regex.contains('['));
        let same = transformers.iter().filter(literal).filter_map(|one| one["replacement"].as_str());
        let same = same.chain(SAME.iter().copied()).map(str::to_owned).collect();
        Self { replacements, same, known: RefCell::default(), unordered }
    }

    /// Takes note of what placeholders stand for. Whether they have stood for the same before.
    fn learn(&self, found: Vec<(String, String)>) -> bool {
        let mut known = self.known.borrow_mut();
        found.into_iter().all(|(name, text)| {
            let changes = CHANGING.iter().any(|part| name.contains(part));
            let same = self.same.contains(&name) || (is_placeholder(&name) && !changes);
            !same || *known.entry(name).or_insert_with(|| text.clone()) == text
        })
    }

    fn pattern(&self, text: &str, replacements: &[String]) -> Pattern {
        Pattern::new(text, replacements, &self.known.borrow())
    }

    /// The first difference.
    pub(crate) fn compare(&self, recorded: &Value, actual: &Value) -> Result<(), String> {
        let mut actual = actual.clone();
        if self.unordered
            && let Some(events) = actual.get_mut("events").and_then(Value::as_array_mut)
        {
            forget_order(events);
        }
        self.values(recorded, &actual, "")
    }

    fn values(&self, recorded: &Value, actual: &Value, at: &str) -> Result<(), String> {
        let (recorded, mut actual) = (parsed(recorded), parsed(actual));
        if let (Value::Number(_) | Value::Array(_), Some(text)) = (&recorded, actual.as_str()) {
            actual = serde_json::from_str(text).unwrap_or(actual);
        }
        // A number of which only a placeholder was recorded.
        if actual.is_number() && recorded.as_str().is_some_and(is_placeholder) {
            return Ok(());
        }
        let differs = || Err(format!("{at}: expected {}, was {}", short(&recorded), short(&actual)));
        match (&recorded, &actual) {
            (Value::String(text), _) if ANYTHING.contains(&text.as_str()) => Ok(()),
            (Value::String(text), other) if self.replacements.contains(text) => {
                let other = other.as_str().map_or_else(|| other.to_string(), str::to_owned);
                if self.learn(vec![(text.clone(), other)]) { Ok(()) } else { differs() }
            }
            (Value::String(text), Value::String(other)) => {
                let placeholders =
                    text.contains(['<', '1', '_']) || self.replacements.iter().any(|word| text.contains(word));
                let found = match text == other {
                    true => Some(Vec::new()),
                    false if placeholders => self.pattern(text, &self.replacements).matches(other),
                    false => None,
                };
                match found.is_some_and(|found| self.learn(found)) {
                    true => Ok(()),
                    false => differs(),
                }
            }
            (Value::Object(fields), Value::Object(others)) => {
                for (name, value) in fields {
                    let at = format!("{at}.{name}");
                    if name == "ResponseMetadata" {
                        let status = |value: &Value| value["HTTPStatusCode"].as_i64().unwrap_or(200);
                        let found = others.get(name).map_or(200, status);
                        if found != status(value) {
                            return Err(format!("{at}: expected {}, was {found}", status(value)));
                        }
                        continue;
                    }
                    let other = others.get(name).or_else(|| {
                        let pattern = name.contains('<').then(|| self.pattern(name, &[]))?;
                        others.iter().find(|(other, _)| pattern.matches(other).is_some()).map(|(_, value)| value)
                    });
                    match other {
                        Some(other) => self.values(value, other, &at)?,
                        None => return Err(format!("{at}: expected {}, was absent", short(value))),
                    }
                }
                let unknown = |name: &&String| {
                    !fields.contains_key(*name) && !["ResponseMetadata", "operation"].contains(&name.as_str())
                };
                match others.keys().find(unknown) {
                    Some(name) if !fields.keys().any(|name| name.contains('<')) => {
                        Err(format!("{at}.{name}: expected to be absent, was {}", short(&others[name])))
                    }
                    _ => Ok(()),
                }
            }
            (Value::Array(items), Value::Array(others)) => self.lists(items, others, at),
            (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => Ok(()),
            (a, b) if a == b => Ok(()),
            _ => differs(),
        }
    }

    /// Whether the values are the same. What was learned is forgotten if they are not.
    fn tried(&self, recorded: &Value, actual: &Value, at: &str) -> bool {
        let known = self.known.borrow().clone();
        let same = self.values(recorded, actual, at).is_ok();
        if !same {
            self.known.replace(known);
        }
        same
    }

    fn lists(&self, recorded: &[Value], actual: &[Value], at: &str) -> Result<(), String> {
        let mut left: Vec<(usize, &Value)> = actual.iter().enumerate().collect();
        for (index, item) in recorded.iter().enumerate() {
            let at = format!("{at}[{index}]");
            if self.unordered && is_forgotten(item) {
                let found = left.iter().position(|(_, other)| is_forgotten(other) && self.tried(item, other, &at));
                match found {
                    Some(found) => drop(left.remove(found)),
                    None => return Err(format!("{at}: no event is {}", short(item))),
                }
                continue;
            }
            let found = left.iter().position(|(_, other)| !(self.unordered && is_forgotten(other)));
            match found.map(|found| left.remove(found)) {
                Some((_, other)) => self.values(item, other, &at)?,
                None => return Err(format!("{at}: expected {}, was absent", short(item))),
            }
        }
        match left.first() {
            Some((index, other)) => Err(format!("{at}[{index}]: expected to be absent, was {}", short(other))),
            None => Ok(()),
        }
    }
}

fn is_placeholder(text: &str) -> bool {
    text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).is_some_and(|name| !name.contains(['<', '>']))
}

/// An event whose place in the order does not count.
fn is_forgotten(event: &Value) -> bool {
    event["id"] == serde_json::json!([0])
}

/// What the recording did to events of concurrent branches: those between the start and the success of a parallel state
/// have lost their numbers, and the success itself is gone.
fn forget_order(events: &mut Vec<Value>) {
    let (mut at, mut start, mut within) = (0, 0, Vec::new());
    let mut inside = false;
    while at < events.len() {
        match events[at]["type"].as_str().unwrap_or_default() {
            "ParallelStateStarted" => (inside, start, within) = (true, at + 1, Vec::new()),
            "ParallelStateSucceeded" => {
                inside = false;
                events.splice(start..=at, within.iter().cloned());
            }
            _ if inside => {
                events[at]["id"] = serde_json::json!([0]);
                events[at]["previousEventId"] = 0.into();
                within.push(events[at].clone());
            }
            _ => {}
        }
        at += 1;
    }
}

/// A text that holds JSON was recorded as what it holds.
fn parsed(value: &Value) -> Value {
    match value.as_str() {
        Some(text) if text.starts_with(['{', '[']) => serde_json::from_str(text).unwrap_or_else(|_| value.clone()),
        _ => value.clone(),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(400) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
