//! What the fuzz targets share: how an input is taken apart, and how JSON is changed so that it stays JSON.

mod damage;

use std::backtrace::Backtrace;

use duramen_states::Machine;
use duramen_states::definition::Definition;
use duramen_states::validate::{Diagnostic, Handlers, Options, validate};
use serde_json::Value;

pub use damage::{mutate_json, mutate_with_json};

/// An input of two parts: a text, and behind the first NUL a JSON value, which is an object with a bit of everything
/// where there is none.
pub fn parts(data: &[u8]) -> Option<(&str, Value)> {
    let text = std::str::from_utf8(data).ok()?;
    let (text, value) = text.split_once('\0').unwrap_or((text, ""));
    let value = serde_json::from_str(value).unwrap_or_else(|_| {
        serde_json::json!({"a": [1, 2.5, -3, "x", null, {"b": "y", "c": [true, [1, [2]]]}], "b": {"b": {"b": "ä😀"}},
            "n": 10, "s": "some text", "t": "2024-02-29T12:00:00Z", "f": false, "": {}, "big": 9_007_199_254_740_993_u64})
    });
    Some((text, value))
}

/// Lets the panics of the JSONata evaluator pass, which are caught and fail an expression; any other panic is a finding. To be called before the first
/// input.
pub fn let_the_evaluator_panic() {
    let finding = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // An overflow is told of in the standard library: who called it says whose it is.
        let trace = Backtrace::force_capture().to_string();
        let whose = trace.lines().find(|line| line.contains("jsonata_core::") || line.contains("duramen_states::"));
        match panic.location() {
            Some(place) if whose.is_some_and(|frame| frame.contains("jsonata_core::")) => {
                eprintln!("the evaluator panicked: {place}");
            }
            _ => finding(panic),
        }
    }));
}

/// The machine of a definition with which nothing is wrong. That it can be read and compiled is what validation promises.
pub fn valid(text: &str) -> Option<Machine> {
    let options = Options::default().handlers(Handlers::Any);
    if validate(text, &options).iter().any(Diagnostic::is_error) {
        return None;
    }
    let definition = Definition::parse(text).unwrap_or_else(|problems| panic!("valid, but not read: {problems:?}"));
    Some(Machine::new(&definition).unwrap_or_else(|problems| panic!("valid, but not compiled: {problems:?}")))
}
