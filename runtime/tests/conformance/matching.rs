//! Whether a history is what is expected.
//!
//! - `'*'` and `{}` are anything. Of an object what is listed is compared, and nothing else.
//! - `${NAME}` is bound where it first stands, and must be the same from then on; two variables that were bound by ids are
//!   two operations. `${/regex/}` is a text, or a number, that matches.
//! - A `Payload` is compared as JSON. AWS's payloads are any text, ours are JSON: a text that is no JSON, as a serialiser
//!   of one's own may write it, is the JSON text that holds it.
//! - An event that is listed without a parent has none.
//!
//! Left aside are the numbers of events and `InvocationCompleted`: one process that goes on has no invocations. Apart from
//! that, the events are compared one by one, in order. Two things of AWS's own keeping follow from it:
//! - The end of the execution may be left out at the end of a list, also behind a gap in the numbers.
//! - A list that stops at neither the end of an invocation nor that of the execution says nothing about what follows.

use regex::Regex;
use serde_json::Value;

use crate::variables::{Variables, name_in};

/// What the variables are bound to so far.
pub(crate) struct Matching {
    variables: Variables,
    ids: Variables,
}

/// Compares a history.
///
/// # Errors
/// The first difference.
pub(crate) fn first_difference(expected: &[Value], ours: &[Value], matching: &mut Matching) -> Result<(), String> {
    let stops_early = expected.last().is_some_and(|last| !ends_something(last));
    let listed = expected.iter().filter(|event| event["EventType"] != "InvocationCompleted");
    let mut ours = ours.iter();
    for (nth, event) in listed.enumerate() {
        let place = format!("event {}, {}", nth + 1, event["EventType"].as_str().unwrap_or("?"));
        let Some(our) = ours.next() else { return Err(format!("{place}: there is none")) };
        matching.event(event, our).map_err(|how| format!("{place}: {how}, in {our}"))?;
    }
    let unlisted = ours.find(|event| !ends_something(event));
    match unlisted {
        Some(event) if !stops_early => Err(format!("one event too many: {event}")),
        _ => Ok(()),
    }
}

fn ends_something(event: &Value) -> bool {
    let kind = event["EventType"].as_str().unwrap_or_default();
    matches!(
        kind,
        "InvocationCompleted" | "ExecutionSucceeded" | "ExecutionFailed" | "ExecutionTimedOut" | "ExecutionStopped"
    )
}

impl Matching {
    pub(crate) fn with(variables: Variables) -> Self {
        Self { variables, ids: Variables::default() }
    }

    fn event(&mut self, expected: &Value, ours: &Value) -> Result<(), String> {
        for (field, value) in expected.as_object().into_iter().flatten() {
            match field.as_str() {
                "EventId" => {}
                "Id" | "ParentId" => self.id(field, value, &ours[field])?,
                _ => self.value(field, value, ours.get(field))?,
            }
        }
        match ours.get("ParentId") {
            Some(parent) if expected.get("ParentId").is_none() => Err(format!("it has the parent {parent}")),
            _ => Ok(()),
        }
    }

    fn id(&mut self, field: &str, expected: &Value, ours: &Value) -> Result<(), String> {
        let name = expected.as_str().and_then(name_in).ok_or_else(|| format!("{field} is no variable: {expected}"))?;
        match (self.ids.get(name), self.ids.holding(ours)) {
            (None, None) if !ours.is_null() => self.ids.bind(name, ours),
            (Some(bound), _) if bound == ours => {}
            (Some(bound), _) => return Err(format!("{field} is {ours}, and {name} was {bound}")),
            (None, Some(other)) => return Err(format!("{field} is {ours}, which is {other} and not {name}")),
            (None, None) => return Err(format!("it has no {field}")),
        }
        Ok(())
    }

    fn value(&mut self, place: &str, expected: &Value, ours: Option<&Value>) -> Result<(), String> {
        let Some(ours) = ours else { return Err(format!("{place} is missing")) };
        match expected {
            Value::String(any) if any == "*" => Ok(()),
            Value::Object(fields) => fields.iter().try_for_each(|(name, field)| {
                let place = format!("{place}.{name}");
                match (name.as_str(), field, ours.get(name)) {
                    ("Payload", Value::String(text), Some(Value::String(ours))) => self.payload(&place, text, ours),
                    (_, _, ours) => self.value(&place, field, ours),
                }
            }),
            Value::String(text) => self.text(place, text, ours),
            _ if expected == ours => Ok(()),
            _ => Err(format!("{place} is {ours}, not {expected}")),
        }
    }

    fn text(&mut self, place: &str, expected: &str, ours: &Value) -> Result<(), String> {
        if let Some(regex) = expected.strip_prefix("${/").and_then(|rest| rest.strip_suffix("/}")) {
            let text = ours.as_str().map_or_else(|| ours.to_string(), str::to_owned);
            let is_match = Regex::new(regex).unwrap().is_match(&text);
            return if is_match { Ok(()) } else { Err(format!("{place} is {ours}, which does not match /{regex}/")) };
        }
        if let Some(name) = name_in(expected)
            && self.variables.get(name).is_none()
        {
            self.variables.bind(name, ours);
        }
        let filled = self.variables.fill(&expected.into());
        if filled == *ours { Ok(()) } else { Err(format!("{place} is {ours}, not {filled}")) }
    }

    fn payload(&mut self, place: &str, expected: &str, ours: &str) -> Result<(), String> {
        if expected == "*" {
            return Ok(());
        }
        let filled = self.variables.fill(&expected.into());
        let filled = match filled.as_str().map(serde_json::from_str::<Value>) {
            Some(Ok(json)) => json,
            _ => filled,
        };
        let ours: Value = serde_json::from_str(ours).unwrap();
        if filled == ours { Ok(()) } else { Err(format!("{place} is {ours}, not {filled}")) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn difference(expected: &Value, ours: &Value) -> Option<String> {
        let list = |events: &Value| events.as_array().unwrap().clone();
        first_difference(&list(expected), &list(ours), &mut Matching::with(Variables::default())).err()
    }

    fn wait(id: &str, seconds: u64) -> Value {
        json!({ "EventType": "WaitStarted", "Id": id, "WaitStartedDetails": { "Duration": seconds, "More": 1 } })
    }

    #[test]
    fn what_is_listed_is_compared_and_variables_stay_bound() {
        let end = json!({ "EventType": "InvocationCompleted" });
        let expected = json!([wait("${A}", 1), end, wait("${B}", 2), wait("${A}", 1), end]);
        assert_eq!(difference(&expected, &json!([wait("1", 1), wait("2", 2), wait("1", 1)])), None);
        let differences = [
            (json!([wait("1", 1), wait("2", 3), wait("1", 1)]), "Duration is 3, not 2"),
            (json!([wait("1", 1), wait("2", 2), wait("2", 1)]), "A was"),
            (json!([wait("1", 1), wait("1", 2), wait("1", 1)]), "is A and not B"),
            (json!([wait("1", 1), wait("2", 2)]), "there is none"),
            (json!([wait("1", 1), wait("2", 2), wait("1", 1), wait("3", 1)]), "one event too many"),
        ];
        for (ours, says) in differences {
            let found = difference(&expected, &ours).unwrap();
            assert!(found.contains(says), "{found}");
        }
    }

    #[test]
    fn a_list_that_stops_in_between_says_nothing_about_the_rest() {
        let (expected, ours) = (json!([wait("${A}", 1)]), json!([wait("1", 1), wait("2", 2)]));
        assert_eq!(difference(&expected, &ours), None);
    }

    #[test]
    fn payloads_are_compared_as_json() {
        let event = |payload: &str| json!([{ "EventType": "ExecutionSucceeded", "D": { "Payload": payload } }]);
        assert_eq!(difference(&event("{\"a\": 1}"), &event("{\"a\":1}")), None);
        assert_eq!(difference(&event("LOUD"), &event("\"LOUD\"")), None);
        assert!(difference(&event("1"), &event("\"1\"")).is_some());
    }

    #[test]
    fn a_parent_that_is_not_listed_must_not_be_there() {
        let (expected, mut ours) = (json!([wait("${A}", 1)]), json!([wait("1.1", 1)]));
        ours[0]["ParentId"] = "1".into();
        assert!(difference(&expected, &ours).unwrap().contains("it has the parent"));
    }

    #[test]
    fn a_regex_matches_texts_and_numbers() {
        let event = |value: Value| json!([{ "EventType": "ExecutionFailed", "D": { "V": value } }]);
        assert_eq!(difference(&event("${/^[0-5]$/}".into()), &event(4.into())), None);
        assert!(difference(&event("${/^[0-5]$/}".into()), &event(6.into())).is_some());
    }
}
