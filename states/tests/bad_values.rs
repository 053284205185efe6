//! Values from strangers: too deep, too large, odd, or growing without an end. A clear error or a fair slice, and never a
//! crash, a hang or a stop for others.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::sync::Arc;
use std::time::Duration;

use duramen_states::definition::Definition;
use duramen_states::validate::{Options as Rules, validate};
use duramen_states::{End, Error, Fault, Limits, Machine, Options, Run, StateMachines, Tasks};
use duramen_storage::{Log, MemoryLog};
use serde_json::{Value, json};

async fn run(definition: &Value, input: Value, limits: Limits) -> Run {
    let machine = Machine::new(&Definition::parse(&definition.to_string()).unwrap()).unwrap().limits(limits);
    machine.run(input, &tasks(), Options::default().skip_waits()).await
}

fn only(state: &Value) -> Value {
    json!({"StartAt": "One", "States": {"One": state}})
}

async fn one(state: Value, input: Value) -> Run {
    run(&only(&state), input, Limits::default()).await
}

#[track_caller]
fn fails(run: &Run, error: &str, words: &str) {
    let End::Failed(fault) = &run.end else { panic!("{:?}", run.end) };
    assert_eq!(fault.error.as_deref(), Some(error), "{fault:?}");
    assert!(fault.cause.as_ref().is_some_and(|cause| cause.contains(words)), "{fault:?}");
}

/// A task that gives a value so many levels deep.
fn tasks() -> Tasks {
    Tasks::new().handler("deep", |call| async move { Ok(deep(usize::try_from(call.input.as_u64().unwrap()).unwrap())) })
}

fn deep(levels: usize) -> Value {
    (0..levels).fold(json!("bottom"), |inner, _| json!([inner]))
}

async fn machines(log: &Arc<MemoryLog>, definition: &Value, limits: Limits) -> StateMachines {
    let builder = StateMachines::builder(Arc::<MemoryLog>::clone(log) as Arc<dyn Log>).tasks(tasks()).limits(limits);
    let definition = Definition::parse(&definition.to_string()).unwrap();
    let echo = Definition::parse(&only(&json!({"Type": "Pass", "End": true})).to_string()).unwrap();
    builder.machine("m", &definition).unwrap().machine("echo", &echo).unwrap().open().await.unwrap()
}

#[tokio::test]
async fn an_input_that_is_too_deep_is_refused_and_any_other_comes_back() {
    let machines = machines(&Arc::default(), &only(&json!({"Type": "Pass", "End": true})), Limits::default()).await;
    let execution = machines.start("m", "deep", deep(120)).await.unwrap();
    assert_eq!(machines.result(execution).await.unwrap(), End::Succeeded(deep(120).into()));
    for levels in [121, 128, 500] {
        let refused = machines.start("m", "deeper", deep(levels)).await;
        assert!(matches!(refused, Err(Error::InputTooDeep { levels: 120 })), "{refused:?}");
    }
    fails(&one(json!({"Type": "Pass", "End": true}), deep(128)).await, "States.DataLimitExceeded", "120 levels");
}

/// Each round wraps the value once more. On a log the execution must stay readable up to its end.
#[tokio::test]
async fn a_value_that_grows_deeper_with_each_round_fails_its_state() {
    let forms = [
        json!({"Type": "Pass", "Parameters": {"in.$": "$"}, "Next": "One"}),
        json!({"Type": "Pass", "InputPath": "$.end", "ResultPath": "$.a.b.c", "Next": "Two"}),
        json!({"Type": "Pass", "QueryLanguage": "JSONata", "Output": ["{% $states.input %}"], "Next": "One"}),
        json!({"Type": "Pass", "QueryLanguage": "JSONata", "Assign": {"x": {"y": ["{% $exists($x) ? $x : 1 %}"]}}, "Next": "One"}),
        json!({"Type": "Parallel", "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}], "Next": "One"}),
    ];
    let two = json!({"Type": "Pass", "Parameters": {"end.$": "$"}, "Next": "One"});
    for form in forms {
        let definition = json!({"StartAt": "One", "States": {"One": form, "Two": two}});
        let (log, limits) = (Arc::default(), Limits::default().payload_bytes(1 << 14));
        let execution = {
            let machines = machines(&log, &definition, limits.turn_events(50)).await;
            let execution = machines.start("m", "one", json!({"end": {}})).await.unwrap();
            let End::Failed(fault) = machines.result(execution).await.unwrap() else { panic!("{definition}") };
            assert_eq!(fault.error.as_deref(), Some("States.DataLimitExceeded"), "{fault:?}");
            // The second form doubles, too.
            let words = ["120 levels", "maximum number of bytes"];
            assert!(words.iter().any(|words| fault.cause.as_ref().unwrap().contains(words)), "{fault:?}");
            execution
        };
        let machines = machines(&log, &definition, Limits::default()).await;
        assert!(machines.history(execution).await.unwrap().len() > 20);
    }
}

#[tokio::test]
async fn a_task_whose_result_is_too_deep_fails() {
    let task = |resource| json!({"Type": "Task", "Resource": resource, "End": true});
    assert_eq!(one(task("deep"), json!(120)).await.end, End::Succeeded(deep(120).into()));
    fails(&one(task("deep"), json!(121)).await, "States.DataLimitExceeded", "120 levels");
    fails(&one(task("deep"), json!(500)).await, "States.DataLimitExceeded", "120 levels");
}

#[test]
fn numbers_without_a_value_and_halves_of_characters_are_no_definition() {
    for (value, words) in [
        ("1e400", "number out of range"),
        ("-1e400", "number out of range"),
        (r#""\ud800""#, "unexpected end of hex escape"),
        (r#""\ud800\u0041""#, "lone leading surrogate"),
        (r#""\udc00""#, "lone leading surrogate"),
        ("\"\u{0}\"", "CTRL-CHAR, code 0"),
    ] {
        let text =
            format!(r#"{{"StartAt": "A", "States": {{"A": {{"Type": "Pass", "Result": {value}, "End": true}}}}}}"#);
        let said = validate(&text, &Rules::default());
        assert!(said.len() == 1 && said.iter().all(|one| one.message.contains(words)), "{value}: {said:?}");
        assert!(Definition::parse(&text).is_err(), "{value}");
    }
}

#[tokio::test]
async fn a_nul_is_a_character_as_any_other() {
    let name = "with \u{0} in it";
    let pass = json!({"Type": "Pass", "Parameters": {"\u{0}.$": "$['\u{0}']", "f.$": "States.Format('\u{0}{}', $['\u{0}'])"}, "End": true});
    let definition = json!({"StartAt": name, "States": {name: pass}});
    let machines = machines(&Arc::default(), &definition, Limits::default()).await;
    let execution = machines.start("m", name, json!({"\u{0}": "\u{0}"})).await.unwrap();
    let end = machines.result(execution).await.unwrap();
    assert_eq!(end, End::Succeeded(json!({"\u{0}": "\u{0}", "f": "\u{0}\u{0}"}).into()));
}

#[tokio::test]
async fn texts_that_are_no_json_fail_their_function() {
    for text in [r#""\ud800""#, "1e400", "\u{0}", "[", &"[".repeat(100_000)] {
        let state = json!({"Type": "Pass", "Parameters": {"v.$": "States.StringToJson($)"}, "End": true});
        fails(&one(state, json!(text)).await, "States.Runtime", "Invalid arguments in States.StringToJson");
        let state =
            json!({"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $parse($states.input) %}", "End": true});
        fails(&one(state, json!(text)).await, "States.QueryEvaluationError", "D3137: Invalid JSON");
    }
}

#[tokio::test]
async fn huge_numbers_are_kept_or_refused() {
    let sum = json!({"Type": "Pass", "Parameters": {"v.$": "States.MathAdd($, 1)"}, "End": true});
    fails(&one(sum.clone(), json!(i64::MAX)).await, "States.Runtime", "Invalid arguments in States.MathAdd");
    fails(&one(sum.clone(), json!(1e300)).await, "States.Runtime", "Invalid arguments in States.MathAdd");
    fails(&one(sum, json!(u64::MAX)).await, "States.Runtime", "Invalid arguments in States.MathAdd");
    for range in ["States.ArrayRange(0, $, 1000000)", "States.ArrayRange(0, $, 1)", "States.ArrayPartition($, 1)"] {
        let state = json!({"Type": "Pass", "Parameters": {"v.$": range}, "End": true});
        fails(&one(state, json!(i64::MAX - 1)).await, "States.Runtime", "Invalid arguments in States.Array");
    }
    let kept = [json!(u64::MAX), json!(i64::MIN), json!(1.797_693_134_862_315_7e308), json!(5e-324)];
    for number in kept {
        assert_eq!(one(json!({"Type": "Pass", "End": true}), number.clone()).await.end, End::Succeeded(number.into()));
    }
    let wait = json!({"Type": "Wait", "SecondsPath": "$", "End": true});
    assert!(
        matches!(one(wait.clone(), json!(u64::MAX)).await.end, End::Succeeded(_)),
        "waits are skipped, however long"
    );
    fails(&one(wait, json!(-1)).await, "States.Runtime", "SecondsPath");
}

#[tokio::test]
async fn a_text_that_doubles_by_a_variable_with_each_round_fails() {
    for grown in ["States.Format('{}{}', $x, $x)", "States.Array($x, $x)", "States.JsonToString(States.Array($x, $x))"]
    {
        let definition = json!({"StartAt": "Begin", "States": {
            "Begin": {"Type": "Pass", "Assign": {"x": "seed"}, "Next": "One"},
            "One": {"Type": "Pass", "Assign": {"x.$": grown}, "Next": "One"}}});
        for limits in [Limits::default(), Limits::aws()] {
            let run = run(&definition, json!({}), limits).await;
            let End::Failed(fault) = &run.end else { panic!("{:?}", run.end) };
            let error = fault.error.as_deref().unwrap();
            assert!(["States.DataLimitExceeded", "States.Runtime"].contains(&error), "{fault:?}");
            assert!(run.history.len() < 200, "{}", run.history.len());
        }
    }
}

/// A map of a million items: within AWS's limits it ends with the limit of events; without them it gives way to others and
/// can be stopped.
#[tokio::test]
async fn a_map_over_a_million_items_ends_or_gives_way_and_can_be_stopped() {
    let items = json!((0..1_000_000).collect::<Vec<_>>());
    let map = json!({"Type": "Map", "MaxConcurrency": 40, "End": true,
        "ItemProcessor": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}});
    fails(&run(&only(&map), items.clone(), Limits::aws()).await, "States.Runtime", "history events (25000)");
    let log = Arc::default();
    let machines = machines(&log, &only(&map), Limits::default().turn_events(500)).await;
    let endless = machines.start("m", "one", items).await.unwrap();
    while log.batches() < 3 {
        tokio::task::yield_now().await;
    }
    let other = machines.start("echo", "one", json!(7)).await.unwrap();
    let end = tokio::time::timeout(Duration::from_secs(20), machines.result(other)).await;
    assert_eq!(end.unwrap().unwrap(), End::Succeeded(json!(7).into()));
    let fault = Fault { error: Some("Enough".to_owned()), cause: None };
    machines.stop(endless, fault.clone()).await.unwrap();
    assert_eq!(machines.result(endless).await.unwrap(), End::Aborted(fault));
}
