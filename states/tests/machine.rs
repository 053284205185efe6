//! What state machines do, run in memory.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use duramen_states::definition::Definition;
use duramen_states::history::Kind;
use duramen_states::{End, Fault, Limits, Machine, Options, Run, Tasks};
use serde_json::{Value, json};

fn machine(text: &str) -> Machine {
    Machine::new(&Definition::parse(text).unwrap()).unwrap()
}

async fn run(text: &str, input: Value, tasks: &Tasks) -> Run {
    machine(text).run(input, tasks, Options::default().skip_waits()).await
}

fn output(run: &Run) -> Value {
    match &run.end {
        End::Succeeded(output) => (**output).clone(),
        other => panic!("{other:?}"),
    }
}

fn fault(run: &Run) -> (&str, &str) {
    match &run.end {
        End::Failed(Fault { error, cause }) => (error.as_deref().unwrap_or(""), cause.as_deref().unwrap_or("")),
        other => panic!("{other:?}"),
    }
}

fn error(name: &str) -> Fault {
    Fault { error: Some(name.to_owned()), cause: Some("why".to_owned()) }
}

#[tokio::test(start_paused = true)]
async fn retries_wait_longer_each_time_and_then_the_catcher_takes_over() {
    let text = r#"{"StartAt": "T", "States": {
        "T": {"Type": "Task", "Resource": "fail", "ResultPath": "$.done", "End": true,
          "Retry": [{"ErrorEquals": ["Other"]}, {"ErrorEquals": ["Odd"], "IntervalSeconds": 2, "BackoffRate": 3, "MaxAttempts": 2}],
          "Catch": [{"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.error", "Next": "C"}]},
        "C": {"Type": "Pass", "End": true}}}"#;
    let tasks = Tasks::new().handler("fail", |_| async { Err(error("Odd")) });
    let run = run(text, json!({"a": 1}), &tasks).await;
    assert_eq!(output(&run), json!({"a": 1, "error": {"Error": "Odd", "Cause": "why"}}));
    let failed: Vec<u64> = run
        .history
        .iter()
        .filter(|event| event.kind() == Kind::LambdaFunctionFailed)
        .map(|event| event.at_ms - run.started_ms)
        .collect();
    assert_eq!(failed, [0, 2000, 8000]);
}

#[tokio::test(start_paused = true)]
async fn variables_are_read_inside_and_stay_inside() {
    let text = r#"{"QueryLanguage": "JSONata", "StartAt": "A", "States": {
        "A": {"Type": "Pass", "Assign": {"x": 1, "y": "{% $states.input.n + 1 %}"}, "Next": "P"},
        "P": {"Type": "Parallel", "Branches": [
            {"StartAt": "B", "States": {"B": {"Type": "Pass", "Assign": {"z": "{% $x + $y %}"}, "Next": "C"},
              "C": {"Type": "Pass", "Output": "{% $z %}", "End": true}}}],
          "Assign": {"x": "{% $states.result[0] %}"}, "Next": "D"},
        "D": {"Type": "Pass", "Output": {"x": "{% $x %}", "z": "{% $exists($z) %}"}, "End": true}}}"#;
    assert_eq!(output(&run(text, json!({"n": 4}), &Tasks::new()).await), json!({"x": 6, "z": false}));
}

#[tokio::test(start_paused = true)]
async fn a_branch_that_fails_takes_the_others_with_it() {
    let text = r#"{"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, "Branches": [
        {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100, "End": true}}},
        {"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "slow", "End": true}}},
        {"StartAt": "F", "States": {"F": {"Type": "Task", "Resource": "fail", "End": true}}}]}}}"#;
    let tasks = Tasks::new()
        .handler("slow", |_| async {
            tokio::time::sleep(Duration::from_secs(50)).await;
            Ok(json!(null))
        })
        .handler("fail", |_| async { Err(error("Odd")) });
    let run = run(text, json!({}), &tasks).await;
    assert_eq!(fault(&run), ("Odd", "why"));
    let has = |kind| run.history.iter().filter(|event| event.kind() == kind).count();
    assert_eq!((has(Kind::WaitStateAborted), has(Kind::TaskStateAborted), has(Kind::ParallelStateFailed)), (1, 2, 1));
    assert_eq!(run.ended_ms - run.started_ms, 0);
}

#[tokio::test(start_paused = true)]
async fn no_more_iterations_run_at_a_time_than_may() {
    let text = r#"{"StartAt": "M", "States": {"M": {"Type": "Map", "MaxConcurrency": 3, "End": true,
        "ItemProcessor": {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "work", "End": true}}}}}}"#;
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (now, seen) = (Arc::clone(&running), Arc::clone(&most));
    let tasks = Tasks::new().handler("work", move |call| {
        let (now, seen) = (Arc::clone(&now), Arc::clone(&seen));
        async move {
            seen.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(10)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            Ok(json!(call.input.as_i64().unwrap() * 2))
        }
    });
    let items: Vec<i64> = (0..20).collect();
    let doubled: Vec<i64> = (0..20).map(|n| n * 2).collect();
    assert_eq!(output(&run(text, json!(items), &tasks).await), json!(doubled));
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn so_many_iterations_may_fail_as_are_tolerated() {
    let text = |count: u32| {
        format!(
            r#"{{"StartAt": "M", "States": {{"M": {{"Type": "Map", "ToleratedFailureCount": {count}, "End": true,
            "ItemProcessor": {{"StartAt": "C", "States": {{
              "C": {{"Type": "Choice", "Choices": [{{"Variable": "$", "NumericGreaterThan": 3, "Next": "F"}}], "Default": "S"}},
              "F": {{"Type": "Fail", "Error": "Big"}}, "S": {{"Type": "Succeed"}}}}}}}}}}}}"#
        )
    };
    let tasks = Tasks::new();
    assert_eq!(output(&run(&text(2), json!([1, 5, 2, 6, 3]), &tasks).await), json!([1, 2, 3]));
    let broken = run(&text(1), json!([1, 5, 2, 6, 3]), &tasks).await;
    assert_eq!(fault(&broken).0, "States.ExceedToleratedFailureThreshold");
}

#[tokio::test(start_paused = true)]
async fn items_come_in_batches() {
    let text = r#"{"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemsPath": "$.items",
        "ItemSelector": {"n.$": "$$.Map.Item.Value"},
        "ItemBatcher": {"MaxItemsPerBatch": 2, "BatchInput": {"of.$": "$.name"}},
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
          "StartAt": "S", "States": {"S": {"Type": "Pass", "End": true}}}}}}"#;
    let run = run(text, json!({"name": "x", "items": [1, 2, 3]}), &Tasks::new()).await;
    let expected = json!([
        {"BatchInput": {"of": "x"}, "Items": [{"n": 1}, {"n": 2}]}, {"BatchInput": {"of": "x"}, "Items": [{"n": 3}]}
    ]);
    assert_eq!(output(&run), expected);
    assert!(
        !run.history.iter().any(|event| event.kind() == Kind::PassStateEntered),
        "the children have histories of their own"
    );
}

#[tokio::test(start_paused = true)]
async fn the_time_of_the_whole_execution_is_limited() {
    let text =
        r#"{"TimeoutSeconds": 10, "StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": true}}}"#;
    let run = run(text, json!({}), &Tasks::new()).await;
    assert!(matches!(run.end, End::TimedOut(_)));
    assert_eq!(run.ended_ms - run.started_ms, 10_000);
    // As when it is stopped: it does not follow from what the states did.
    assert_eq!(run.history.last().unwrap().previous, 0);
}

#[tokio::test(start_paused = true)]
async fn a_payload_above_the_limit_fails_the_state() {
    let text = r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"twice.$": "States.Array($, $)"}, "Next": "A"}}}"#;
    let machine = machine(text).limits(Limits::aws());
    let run = machine.run(json!("0123456789"), &Tasks::new(), Options::default()).await;
    assert_eq!(fault(&run).0, "States.DataLimitExceeded");
}

/// The fields of rules and catchers are named with their places, as `https://github.com/floci-io/floci/pull/2689` reports of
/// Step Functions.
#[tokio::test(start_paused = true)]
async fn a_failed_expression_is_named_with_the_rule_or_catcher_it_stands_in() {
    for (field, condition, output, assign) in [
        ("Choices[1]/Condition", "{% $missing %}", "{% 1 %}", "{% 1 %}"),
        ("Choices[1]/Output/v[0]", "{% true %}", "{% $missing %}", "{% 1 %}"),
        ("Choices[1]/Assign/x", "{% true %}", "{% 1 %}", "{% $missing %}"),
    ] {
        let rule = json!({"Condition": condition, "Output": {"v": [output]}, "Assign": {"x": assign}, "Next": "End"});
        let text = json!({"QueryLanguage": "JSONata", "StartAt": "C", "States": {
            "C": {"Type": "Choice", "Choices": [{"Condition": false, "Next": "End"}, rule], "Default": "End"}, "End": {"Type": "Succeed"}}});
        let run = run(&text.to_string(), json!({}), &Tasks::new()).await;
        let (error, cause) = fault(&run);
        let words = format!(
            "The JSONata expression '$missing' specified for the field '{field}' returned nothing (undefined)."
        );
        assert!(error == "States.QueryEvaluationError" && cause.ends_with(&words), "{cause}");
    }
    let text = json!({"QueryLanguage": "JSONata", "StartAt": "T", "States": {
        "T": {"Type": "Task", "Resource": "none", "Catch": [{"ErrorEquals": ["States.ALL"], "Output": {"v": "{% $missing %}"}, "Next": "End"}],
            "End": true}, "End": {"Type": "Succeed"}}});
    let run = run(&text.to_string(), json!({}), &Tasks::new()).await;
    let words = "An error occurred while executing the state 'T' (entered at the event id #2). The JSONata expression \
                 '$missing' specified for the field 'Catch[0]/Output/v' returned nothing (undefined).";
    assert_eq!(fault(&run), ("States.QueryEvaluationError", words));
    let last: Vec<_> = run.history.iter().rev().take(3).map(|event| event.kind()).collect();
    assert_eq!(last, [Kind::ExecutionFailed, Kind::EvaluationFailed, Kind::LambdaFunctionScheduleFailed]);
}

#[tokio::test(start_paused = true)]
async fn what_a_catcher_cannot_place_is_told_with_the_state_it_stands_in() {
    let text = r#"{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "none", "End": true,
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.a[3]", "Next": "End"}]}, "End": {"Type": "Succeed"}}}"#;
    let run = run(text, json!({"a": "text"}), &Tasks::new()).await;
    let (error, cause) = fault(&run);
    assert_eq!(error, "States.ResultPathMatchFailure");
    assert!(
        cause.starts_with("An error occurred while executing the state 'T' (entered at the event id #2). "),
        "{cause}"
    );
}

#[tokio::test(start_paused = true)]
async fn numbers_that_do_not_fit_are_told_as_the_language_tells_them() {
    let map = json!({"Type": "Map", "End": true, "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}});
    for (field, value, path, jsonata) in [
        (
            "MaxConcurrency",
            json!("x"),
            "\"x\" which is not a valid integer: $.v",
            "'number', but was 'string' for value: \"x\"",
        ),
        (
            "MaxConcurrency",
            json!(1.5),
            "\"1.5\" which is not a valid integer: $.v",
            "'integer', but was 'number' for value: 1.5",
        ),
        (
            "ToleratedFailureCount",
            json!({}),
            "\"{}\" which is not a valid integer: $.v",
            "'number', but was 'object' for value: {}",
        ),
        (
            "ToleratedFailurePercentage",
            json!([]),
            "\"[]\" which is not a valid float: $.v",
            "'number', but was 'array' for value: []",
        ),
        (
            "ToleratedFailurePercentage",
            json!(101),
            "\"101\" which is not a valid float: $.v",
            "'float', but was 'number' for value: 101",
        ),
    ] {
        let failed = async |language: &str, name: String, written: &str| {
            let mut map = map.clone();
            map[name] = json!(written);
            map[if language == "JSONata" { "Items" } else { "ItemsPath" }] =
                json!(if language == "JSONata" { "{% [1] %}" } else { "$.items" });
            let text = json!({"QueryLanguage": language, "StartAt": "M", "States": {"M": map}}).to_string();
            let run = run(&text, json!({"v": value, "items": [1]}), &Tasks::new()).await;
            fault(&run).1.to_owned()
        };
        let cause = failed("JSONPath", format!("{field}Path"), "$.v").await;
        assert!(cause.ends_with(&format!("The {field}Path field refers to value {path}")), "{cause}");
        let cause = failed("JSONata", field.to_owned(), "{% $states.input.v %}").await;
        assert!(cause.ends_with(&format!("returned an unexpected result type. Expected {jsonata}")), "{cause}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_that_is_no_text_is_of_another_type_than_a_text_that_is_no_time() {
    for (expression, expected, found) in
        [("1", "string", "'number' for value: 1"), ("'x'", "timestamp", "'string' for value: \"x\"")]
    {
        let wait = json!({"Type": "Wait", "Timestamp": format!("{{% {expression} %}}"), "End": true});
        let text = json!({"QueryLanguage": "JSONata", "StartAt": "W", "States": {"W": wait}});
        let run = run(&text.to_string(), json!({}), &Tasks::new()).await;
        let words = format!("returned an unexpected result type. Expected '{expected}', but was {found}");
        assert!(fault(&run).1.ends_with(&words), "{:?}", run.end);
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_that_there_is_not_is_named_by_its_arn() {
    let text = r#"{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName.$": "$"}, "End": true}}}"#;
    for (name, arn) in [
        ("none", "arn:aws:lambda:local:000000000000:function:none"),
        ("arn:aws:lambda:us-east-1:1:function:none", "arn:aws:lambda:us-east-1:1:function:none"),
    ] {
        let run = run(text, json!(name), &Tasks::new()).await;
        let (error, cause) = fault(&run);
        assert_eq!(error, "Lambda.ResourceNotFoundException");
        assert!(
            cause.starts_with(&format!("Function not found: {arn} (Service: AWSLambda; Status Code: 404; ")),
            "{cause}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_until_a_time_that_is_past_is_over_at_once() {
    let text = r#"{"StartAt": "W", "States": {"W": {"Type": "Wait", "TimestampPath": "$.at", "End": true}}}"#;
    let run = run(text, json!({"at": "2001-01-01T00:00:00Z"}), &Tasks::new()).await;
    assert_eq!(run.ended_ms, run.started_ms);
    let missing = self::run(text, json!({}), &Tasks::new()).await;
    assert_eq!(fault(&missing).0, "States.Runtime");
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_items_do_not_take_long_and_nesting_is_bounded() {
    let text = r#"{"StartAt": "M", "States": {"M": {"Type": "Map", "End": true,
        "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}}}}"#;
    let items: Vec<u32> = (0..10_000).collect();
    let run = run(text, json!(items), &Tasks::new()).await;
    assert_eq!(output(&run), json!(items));
    assert_eq!(run.history.len(), 10_000 * 4 + 6);
    let inner = (0..20).fold(r#"{"StartAt": "E", "States": {"E": {"Type": "Succeed"}}}"#.to_owned(), |inner, n| {
        format!(
            r#"{{"StartAt": "P{n}", "States": {{"P{n}": {{"Type": "Parallel", "Branches": [{inner}], "End": true}}}}}}"#
        )
    });
    let nested = self::run(&inner, json!(1), &Tasks::new()).await;
    assert!(matches!(nested.end, End::Succeeded(_)));
}
