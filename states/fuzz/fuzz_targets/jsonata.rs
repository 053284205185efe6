//! A JSONata expression is compiled and evaluated: it comes to an end within the limit of time, and what it gives can be
//! kept as text. The same moment gives the same value.
#![no_main]

use std::time::{Duration, Instant};

use duramen_states::query::jsonata::{Bindings, JsonataError, States};
use duramen_states::query::{Expression, Moment};
use duramen_states::validate::{Checker, Queries};
use duramen_states_fuzz::{let_the_evaluator_panic, parts};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// An evaluation may take a second; code that is watched while it runs takes its time to notice.
const LONGEST: Duration = Duration::from_secs(5);

fuzz_target!(init: let_the_evaluator_panic(), |data: &[u8]| {
    let Some((text, value)) = parts(data) else { return };
    let faults = Queries.check_jsonata(text, &["input", "result", "context"]);
    let Ok(expression) = Expression::compile(text) else {
        assert!(!faults.is_empty());
        return;
    };
    let variables = serde_json::Map::from_iter([("x".to_owned(), value.clone())]);
    let bindings = Bindings {
        states: States { input: Some(&value), result: Some(&value), error_output: None, context: Some(&value) },
        variables: &variables,
    };
    let evaluate = || {
        let begun = Instant::now();
        let given = expression.evaluate(&bindings, &mut Moment::new(1_700_000_000_000, 7));
        let took = begun.elapsed();
        assert!(took < LONGEST, "it took {took:?}");
        (given, took)
    };
    let (one, took) = evaluate();
    if let Ok(Some(value)) = &one {
        assert_eq!(serde_json::from_str::<Value>(&value.to_string()).unwrap(), *value);
    }
    if took < Duration::from_millis(200) {
        let (other, took) = evaluate();
        // What is out of time once need not be so twice.
        let is_out_of_time = took > Duration::from_millis(900);
        assert!(is_out_of_time || one == other || is_unsure(&one), "{one:?}, but {other:?}");
    }
});

/// Errors may show what they are about in an order of no meaning.
fn is_unsure(given: &Result<Option<Value>, JsonataError>) -> bool {
    given.is_err()
}
