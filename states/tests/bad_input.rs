//! What is too large, too deep or without an end: an error that says so, and never a crash, a hang or a stop for others.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::sync::Arc;
use std::time::Duration;

use duramen_states::definition::{Definition, MAX_BYTES};
use duramen_states::{End, Fault, Limits, Machine, Options, Run, StateMachines, Tasks};
use duramen_storage::{Log, MemoryLog};
use serde_json::{Value, json};

/// What is said against a text.
fn refusal(text: &str) -> String {
    let problems = Definition::parse(text).unwrap_err();
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

async fn run(state: Value, input: Value) -> Run {
    let text = json!({"StartAt": "One", "States": {"One": state}}).to_string();
    let machine = Machine::new(&Definition::parse(&text).unwrap()).unwrap();
    machine.run(input, &Tasks::new(), Options::default()).await
}

fn fault(run: &Run) -> (&str, &str) {
    match &run.end {
        End::Failed(fault) => (fault.error.as_deref().unwrap_or_default(), fault.cause.as_deref().unwrap_or_default()),
        end => panic!("{end:?}"),
    }
}

/// A chain of states, in as many bytes as a definition may have.
fn largest() -> String {
    let state = |n: usize, next: &str| format!(r#""S{n:05}": {{"Type": "Pass", {next}}}, "#);
    let mut text = r#"{"StartAt": "S00000", "States": {"#.to_owned();
    let mut count = 0;
    while text.len() < MAX_BYTES - 200 {
        text += &state(count, &format!(r#""Next": "S{:05}""#, count + 1));
        count += 1;
    }
    text += &format!(r#""S{count:05}": {{"Type": "Succeed"}}}}}}"#);
    let missing = MAX_BYTES - text.len();
    text + &" ".repeat(missing)
}

#[test]
fn a_definition_of_a_mebibyte_is_read_and_one_byte_more_is_refused() {
    let text = largest();
    let definition = Definition::parse(&text).unwrap();
    assert!(definition.states().len() > 20_000, "{}", definition.states().len());
    assert!(Machine::new(&definition).is_ok());
    let said = refusal(&(text + " "));
    assert!(said.contains("1048576 bytes"), "{said}");
}

#[test]
fn a_definition_nested_a_thousand_deep_is_refused() {
    let result = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
    let said = refusal(&format!(
        r#"{{"StartAt": "A", "States": {{"A": {{"Type": "Pass", "Result": {result}, "End": true}}}}}}"#
    ));
    assert!(said.contains("more than 120 deep"), "{said}");
    let opening = r#"{"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, "Branches": ["#;
    let said = refusal(&format!("{}{}", opening.repeat(1000), "]}}}".repeat(1000)));
    assert!(said.contains("more than 120 deep"), "{said}");
    assert!(!refusal(&"{\"a\":".repeat(100_000)).is_empty());
}

#[test]
fn a_state_name_of_ten_thousand_characters_is_refused() {
    let name = "n".repeat(10_000);
    let said = refusal(&format!(r#"{{"StartAt": "{name}", "States": {{"{name}": {{"Type": "Succeed"}}}}}}"#));
    assert!(said.contains("80 characters"), "{said}");
}

#[tokio::test]
async fn a_jsonata_expression_that_recurses_without_end_fails_its_state() {
    for expression in [
        "($f := function($x) { $f($x + 1) + 1 }; $f(1))",
        "($f := function($x) { $f($x + 1) }; $f(1))",
        "($f := function($x) { $map([1, 2], function($y) { $f($y) }) }; $f(1))",
    ] {
        let state =
            json!({"Type": "Pass", "QueryLanguage": "JSONata", "Output": format!("{{% {expression} %}}"), "End": true});
        let run = run(state, json!({})).await;
        let (error, cause) = fault(&run);
        assert_eq!(error, "States.QueryEvaluationError", "{expression}: {cause}");
        assert!(cause.contains("'One'"), "{expression}: {cause}");
    }
}

#[tokio::test]
async fn a_jsonata_expression_that_makes_too_much_fails_its_state() {
    for expression in [
        "[1..100000000]",
        "$pad('a', 1000000000)",
        "($d := function($t, $n) { $n = 0 ? $t : $d($t & $t, $n - 1) }; $d('ab', 60))",
    ] {
        let state =
            json!({"Type": "Pass", "QueryLanguage": "JSONata", "Output": format!("{{% {expression} %}}"), "End": true});
        let run = run(state, json!({})).await;
        let (error, cause) = fault(&run);
        assert_eq!(error, "States.QueryEvaluationError", "{expression}: {cause}");
    }
}

#[tokio::test]
async fn a_path_that_explodes_fails_its_state() {
    // Each scan finds all that is below, so that a few of them find more than any memory holds.
    let mut deep = json!(1);
    for _ in 0..60 {
        deep = json!({"a": deep});
    }
    let path = format!("${}", "..*".repeat(12));
    let run = run(json!({"Type": "Pass", "InputPath": path, "End": true}), deep).await;
    let (error, cause) = fault(&run);
    assert!(error.starts_with("States."), "{error}");
    assert!(cause.contains("'One'"), "{cause}");
}

#[tokio::test]
async fn a_payload_that_doubles_without_end_fails_its_execution() {
    let text = r#"{"StartAt": "Double", "States": {"Double": {"Type": "Pass",
        "Parameters": {"left.$": "$", "right.$": "$"}, "Next": "Double"}}}"#;
    let machine = Machine::new(&Definition::parse(text).unwrap()).unwrap().limits(Limits::aws());
    let run = machine.run(json!("seed"), &Tasks::new(), Options::default()).await;
    let (error, cause) = fault(&run);
    assert!(error.starts_with("States."), "{error}: {cause}");
}

#[tokio::test]
async fn a_machine_without_end_or_task_gives_way_to_others_and_can_be_stopped() {
    let round = r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Choice", "Choices": [{"Variable": "$.never", "IsPresent": true, "Next": "C"}], "Default": "A"},
        "C": {"Type": "Succeed"}}}"#;
    let short = r#"{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "echo", "End": true}}}"#;
    let tasks = Tasks::new().handler("echo", |call| async move { Ok(call.input.into_value()) });
    let log = Arc::new(MemoryLog::new());
    let builder = StateMachines::builder(Arc::<MemoryLog>::clone(&log) as Arc<dyn Log>);
    let builder = builder.tasks(tasks).limits(Limits::default().turn_events(200));
    let builder = builder.machine("round", &Definition::parse(round).unwrap()).unwrap();
    let machines = builder.machine("short", &Definition::parse(short).unwrap()).unwrap().open().await.unwrap();
    let endless = machines.start("round", "one", json!({})).await.unwrap();
    // The second turn of what has no end is durable: it is in the middle of its rounds.
    while log.batches() < 2 {
        tokio::task::yield_now().await;
    }
    let other = machines.start("short", "one", json!(7)).await.unwrap();
    let end = tokio::time::timeout(Duration::from_secs(10), machines.result(other)).await;
    assert_eq!(end.unwrap().unwrap(), End::Succeeded(json!(7).into()));
    assert_eq!(machines.look(endless).await.unwrap(), None);
    let fault = Fault { error: Some("Enough".to_owned()), cause: None };
    machines.stop(endless, fault.clone()).await.unwrap();
    assert_eq!(machines.result(endless).await.unwrap(), End::Aborted(fault));
}
