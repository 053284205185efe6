//! Whole state machines with mocks in place of their tasks, and what the runs have covered.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use duramen_states::definition::Definition;
use duramen_states::machine::{FieldValidation, Seen, Stop, Watch};
use duramen_states::objects::Buckets;
use duramen_states::rehearsal::{MockError, MockFile, Mocks, Rehearsal, RehearsalError, Reply};
use duramen_states::{End, Fault, Limits, Machine, Options, Run, Tasks};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

fn rehearsal(definition: &Value) -> Rehearsal {
    Rehearsal::new(&Definition::parse(&definition.to_string()).unwrap()).unwrap()
}

#[track_caller]
fn succeeded(run: &Run, output: Value) {
    assert_eq!(run.end, End::Succeeded(output.into()));
}

fn orders() -> Value {
    json!({"StartAt": "Charge", "States": {
        "Charge": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "charge", "Payload.$": "$"}, "ResultSelector": {"paid.$": "$.Payload.paid"},
            "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 60, "MaxAttempts": 2}, {"ErrorEquals": ["Never"]}],
            "Catch": [{"ErrorEquals": ["Stolen"], "Next": "Refused"}, {"ErrorEquals": ["States.ALL"], "Next": "Refused"}],
            "Next": "Paid?"},
        "Paid?": {"Type": "Choice", "Choices": [
            {"Variable": "$.paid", "BooleanEquals": true, "Next": "Labels"},
            {"Variable": "$.paid", "IsNull": true, "Next": "Labels"}], "Default": "Refused"},
        "Labels": {"Type": "Map", "ItemsPath": "$$.Execution.Input.items", "MaxConcurrency": 1, "ItemProcessor": {
            "StartAt": "Label", "States": {"Label": {"Type": "Task", "Resource": "label",
                "Retry": [{"ErrorEquals": ["Jam"]}], "End": true}}}, "End": true},
        "Refused": {"Type": "Fail", "Error": "Refused"}}})
}

#[tokio::test]
async fn answers_are_given_in_the_order_of_the_calls_and_waits_pass_at_once() {
    let rehearsal = rehearsal(&orders());
    let mocks = Mocks::new()
        .on("Charge", [Reply::error("Busy", "later"), Reply::result(json!({"Payload": {"paid": true}}))])
        .on("Label", [Reply::result(json!("a")), Reply::result(json!("b"))]);
    let begun = std::time::Instant::now();
    let run = rehearsal.run(json!({"items": [1, 2, 3]}), &mocks).await.unwrap();
    assert_eq!(run.ended_ms - run.started_ms, 60_000);
    assert!(begun.elapsed().as_secs() < 30);
    succeeded(&run, json!(["a", "b", "b"]));
}

#[tokio::test]
async fn the_same_again_is_the_same() {
    let definition = json!({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "r",
        "Retry": [{"ErrorEquals": ["Busy"], "JitterStrategy": "FULL", "IntervalSeconds": 1000}], "Next": "B"},
        "B": {"Type": "Pass", "Parameters": {"id.$": "States.UUID()"}, "End": true}}});
    let mocks = Mocks::new().on("A", [Reply::error("Busy", ""), Reply::error("Busy", ""), Reply::result(json!(1))]);
    let first = rehearsal(&definition).run(json!({}), &mocks).await.unwrap();
    let second = rehearsal(&definition).run(json!({}), &mocks).await.unwrap();
    assert_eq!(first, second);
    let options = Options::default().skip_waits().start_ms(first.started_ms).seed(1);
    let other = rehearsal(&definition).options(options).run(json!({}), &mocks).await.unwrap();
    assert_ne!(first.end, other.end);
}

#[tokio::test]
async fn single_iterations_have_answers_of_their_own() {
    let rehearsal = rehearsal(&orders());
    let mocks = Mocks::new()
        .on("Charge", [Reply::result(json!({"Payload": {"paid": null}}))])
        .on("Label", [Reply::result(json!("other"))])
        .on_iteration("Label", 1, [Reply::error("Jam", ""), Reply::result(json!("second"))]);
    let run = rehearsal.run(json!({"items": [1, 2, 3]}), &mocks).await.unwrap();
    succeeded(&run, json!(["other", "second", "other"]));
    let coverage = rehearsal.coverage();
    assert_eq!(coverage.state("Label").unwrap().entered, 3);
    assert_eq!(coverage.state("Label").unwrap().parts[0].count, 1);
}

#[tokio::test]
async fn functions_and_resources_may_have_a_mock_under_their_own_name() {
    let rehearsal = rehearsal(&orders());
    let mocks = Mocks::new()
        .on("charge", [Reply::result(json!({"paid": true}))])
        .on("label", [Reply::result(json!("by resource"))]);
    let run = rehearsal.run(json!({"items": [1]}), &mocks).await.unwrap();
    succeeded(&run, json!(["by resource"]));
    assert!(rehearsal.unknown(&mocks).is_empty());
}

#[tokio::test]
async fn what_has_no_mock_ends_the_run_and_is_not_caught() {
    let rehearsal = rehearsal(&orders());
    let error = rehearsal.run(json!({}), &Mocks::new()).await.unwrap_err();
    assert_eq!(error.state(), "Charge");
    assert_eq!(
        error.to_string(),
        "the state 'Charge' has no mock, and nothing else stands for 'arn:aws:states:::lambda:invoke'"
    );
    assert_eq!(rehearsal.coverage().state("Refused").unwrap().entered, 0);
}

#[tokio::test]
async fn calls_beyond_exact_answers_end_the_run() {
    let rehearsal = rehearsal(&orders());
    let mocks = Mocks::new().on("Charge", [Reply::error("Busy", "")]).exactly("Charge");
    let error = rehearsal.run(json!({}), &mocks).await.unwrap_err();
    let expected = RehearsalError::NoMore { state: "Charge".into(), name: "Charge".into(), replies: 1 };
    assert_eq!(error, expected);
}

#[tokio::test]
async fn handlers_do_what_has_no_mock() {
    let tasks = Tasks::new().handler("label", |call| async move { Ok(json!({"of": *call.input})) });
    let rehearsal = rehearsal(&orders()).tasks(tasks);
    let mocks = Mocks::new().on("charge", [Reply::result(json!({"paid": true}))]);
    succeeded(&rehearsal.run(json!({"items": [1]}), &mocks).await.unwrap(), json!([{"of": 1}]));
}

#[tokio::test]
async fn coverage_adds_up_over_runs_and_says_what_never_ran() {
    let rehearsal = rehearsal(&orders());
    assert_eq!(rehearsal.coverage().percent(), 0.0);
    let good = Mocks::new()
        .on("charge", [Reply::error("Busy", ""), Reply::result(json!({"paid": true}))])
        .on("label", [Reply::result(json!(1))]);
    rehearsal.run(json!({"items": [1]}), &good).await.unwrap();
    let stolen = Mocks::new().on("charge", [Reply::error("Stolen", "")]);
    rehearsal.run(json!({}), &stolen).await.unwrap();
    let coverage = rehearsal.coverage();
    assert_eq!(
        coverage.to_string(),
        "coverage of 2 runs: 61 %\n\
         \x20 states       5 of 5    100 %\n\
         \x20 choices      1 of 3     33 %\n\
         \x20 retriers     1 of 3     33 %\n\
         \x20 catchers     1 of 2     50 %\n\
         never ran:\n\
         \x20 retrier  Charge: 2: Never\n\
         \x20 catcher  Charge: 2: States.ALL -> Refused\n\
         \x20 rule     Paid?: 2: $.paid is null -> Labels\n\
         \x20 default  Paid?: -> Refused\n\
         \x20 retrier  Label: 1: Jam\n"
    );
    let object = coverage.to_json();
    assert_eq!(object["runs"], 2);
    assert_eq!(object["totals"]["choices"], json!({"covered": 1, "of": 3}));
    assert_eq!(object["states"]["Paid?"], json!({"type": "Choice", "entered": 1, "rules": [1, 0], "default": 0}));
    let charge = json!({"type": "Task", "entered": 2, "retriers": [1, 0], "catchers": [1, 0]});
    assert_eq!(object["states"]["Charge"], charge);

    let mut twice = coverage.clone();
    twice.merge(&coverage);
    assert_eq!((twice.runs, twice.state("Charge").unwrap().entered), (4, 4));
}

#[tokio::test]
async fn rules_that_lead_to_the_same_state_are_told_apart_in_jsonata_too() {
    let definition = json!({"QueryLanguage": "JSONata", "StartAt": "C", "States": {
        "C": {"Type": "Choice", "Choices": [
            {"Condition": "{% $states.input.n = 1 %}", "Next": "E"},
            {"Condition": "{% $states.input.n = 2 %}", "Next": "E"}], "Default": "E"},
        "E": {"Type": "Succeed"}}});
    let rehearsal = rehearsal(&definition);
    rehearsal.run(json!({"n": 2}), &Mocks::new()).await.unwrap();
    let coverage = rehearsal.coverage();
    let counts: Vec<u64> = coverage.state("C").unwrap().parts.iter().map(|part| part.count).collect();
    assert_eq!(counts, [0, 1, 0]);
}

#[tokio::test]
async fn an_answer_may_take_time_and_come_too_late() {
    let definition = json!({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "r", "TimeoutSeconds": 10,
        "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "B"}], "End": true}, "B": {"Type": "Succeed"}}});
    let rehearsal = rehearsal(&definition);
    let after = |ms| Mocks::new().on("A", [Reply::result(json!("done")).after_ms(ms)]);
    let run = rehearsal.run(json!({}), &after(9_000)).await.unwrap();
    assert_eq!(run.ended_ms - run.started_ms, 9_000);
    succeeded(&run, json!("done"));
    let run = rehearsal.run(json!({}), &after(11_000)).await.unwrap();
    assert_eq!(run.ended_ms - run.started_ms, 10_000);
    assert_eq!(rehearsal.coverage().state("B").unwrap().entered, 1);
}

#[tokio::test]
async fn a_task_that_waits_for_its_token_is_answered_by_the_mock() {
    let definition = json!({"StartAt": "A", "States": {"A": {"Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}}, "End": true}}});
    let mocks = Mocks::new().on("A", [Reply::result(json!({"approved": true}))]);
    let run = rehearsal(&definition).run(json!({}), &mocks).await.unwrap();
    let kinds: Vec<&str> = run.history.iter().map(|event| event.kind().name()).collect();
    assert!(kinds.contains(&"TaskSubmitted") && kinds.contains(&"TaskSucceeded"), "{kinds:?}");
    succeeded(&run, json!({"approved": true}));
}

#[tokio::test]
async fn jobs_that_are_waited_for_and_activities_have_their_history() {
    let definition = json!({"StartAt": "A", "States": {
        "A": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"}, "Next": "B"},
        "B": {"Type": "Task", "Resource": "arn:aws:states:eu-central-1:123456789012:activity:work", "End": true}}});
    let mocks = Mocks::new()
        .on("A", [Reply::result(json!({"JobRunState": "SUCCEEDED"})).after_ms(5_000)])
        .on("work", [Reply::result(json!("worked")).after_ms(1_000)]);
    let run = rehearsal(&definition).run(json!({}), &mocks).await.unwrap();
    let events = run.history.iter().map(|event| (event.kind().name(), event.at_ms - run.started_ms));
    let told: Vec<_> = events.filter(|(kind, _)| kind.starts_with("Task") || kind.starts_with("Act")).collect();
    let expected = [
        ("TaskStateEntered", 0),
        ("TaskScheduled", 0),
        ("TaskStarted", 0),
        ("TaskSubmitted", 5_000),
        ("TaskSucceeded", 5_000),
        ("TaskStateExited", 5_000),
        ("TaskStateEntered", 5_000),
        ("ActivityScheduled", 5_000),
        ("ActivityStarted", 5_000),
        ("ActivitySucceeded", 6_000),
        ("TaskStateExited", 6_000),
    ];
    assert_eq!(told, expected);
    succeeded(&run, json!("worked"));
}

fn distributed() -> Value {
    json!({"StartAt": "Each", "States": {"Each": {"Type": "Map",
        "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"}},
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "One",
            "States": {"One": {"Type": "Task", "Resource": "one", "End": true}}}, "End": true}}})
}

#[tokio::test]
async fn the_items_of_a_reader_are_mocked_and_its_children_are_covered() {
    let rehearsal = rehearsal(&distributed());
    let mocks = Mocks::new()
        .items("Each", [json!(10), json!(20)])
        .on("One", [Reply::result(json!("any"))])
        .on_iteration("One", 1, [Reply::result(json!("second"))]);
    succeeded(&rehearsal.run(json!({}), &mocks).await.unwrap(), json!(["any", "second"]));
    assert_eq!(rehearsal.coverage().state("One").unwrap().entered, 2);

    let error = rehearsal.run(json!({}), &Mocks::new()).await.unwrap_err();
    assert_eq!(error.to_string(), "the state 'Each' has no mock for the items that it reads");
}

#[tokio::test]
async fn a_store_of_objects_stands_for_the_mock_of_a_reader() {
    let folder = std::env::temp_dir().join(format!("duramen-rehearsal-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("b")).unwrap();
    std::fs::write(folder.join("b/k"), "[1, 2, 3]").unwrap();
    let rehearsal = rehearsal(&distributed()).tasks(Tasks::new().objects(Buckets::open(&folder).unwrap()));
    let mocks = Mocks::new().on("One", [Reply::result(json!(0))]);
    succeeded(&rehearsal.run(json!({}), &mocks).await.unwrap(), json!([0, 0, 0]));
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn results_can_be_compared_with_the_api_of_the_service() {
    let definition = json!({"StartAt": "A", "States": {"A": {"Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution", "Parameters": {"StateMachineArn": "m"}, "End": true}}});
    let mocks = Mocks::new().on("A", [Reply::result(json!({"ExecutionArn": 7}))]);
    rehearsal(&definition).run(json!({}), &mocks).await.unwrap();
    let strict = rehearsal(&definition).validation(FieldValidation::Strict);
    let error = strict.run(json!({}), &mocks).await.unwrap_err();
    assert!(matches!(error, RehearsalError::WrongResult { .. }), "{error}");
}

#[tokio::test]
async fn a_loop_without_end_is_ended_by_the_limit_of_the_history() {
    let definition = json!({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1, "Next": "A"}}});
    let run = rehearsal(&definition).run(json!({}), &Mocks::new()).await.unwrap();
    assert!(matches!(&run.end, End::Failed(fault) if fault.cause.as_ref().unwrap().contains("25000")), "{:?}", run.end);
    let limited = rehearsal(&definition).limits(Limits::default().history_events(100));
    assert!(limited.run(json!({}), &Mocks::new()).await.unwrap().history.len() <= 100);
}

#[tokio::test]
async fn a_run_may_be_timed_out_and_stopped() {
    let definition = json!({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 100, "End": true}}});
    let machine = Machine::new(&Definition::parse(&definition.to_string()).unwrap()).unwrap();
    let options = Options::default().skip_waits().timeout_seconds(99);
    let run = machine.run(json!({}), &Tasks::new(), options).await;
    assert_eq!(run.end, End::TimedOut(Fault::default()));

    let stop = Stop::new();
    let fault = Fault { error: Some("Enough".into()), cause: None };
    let options = Options::default().stop(stop.clone());
    let tasks = Tasks::new();
    let run = machine.run(json!({}), &tasks, options);
    let (run, ()) = futures::join!(run, async { stop.stop(fault.clone()) });
    assert_eq!(run.end, End::Aborted(fault));
    assert_eq!(run.history.last().unwrap().kind().name(), "ExecutionAborted");
}

#[tokio::test]
async fn who_watches_sees_states_with_the_iterations_they_run_in() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = seen.clone();
    let watch = Watch::new(move |sight| {
        let within: Vec<usize> = sight.within.iter().map(|within| within.index).collect();
        if let Seen::Entered = sight.seen {
            told.lock().unwrap().push((sight.state.to_string(), within));
        }
    });
    let rehearsal = rehearsal(&orders()).options(Options::default().skip_waits().watch(watch));
    let mocks =
        Mocks::new().on("charge", [Reply::result(json!({"paid": true}))]).on("label", [Reply::result(json!(1))]);
    rehearsal.run(json!({"items": [1, 2]}), &mocks).await.unwrap();
    let expected = [("Charge", vec![]), ("Paid?", vec![]), ("Labels", vec![]), ("Label", vec![0]), ("Label", vec![1])];
    assert_eq!(*seen.lock().unwrap(), expected.map(|(name, within)| (name.to_owned(), within)));
}

#[test]
fn names_of_nothing_are_found() {
    let mut definition = orders();
    assert!(rehearsal(&definition).unknown(&Mocks::new().on("Chrage", [])).is_empty(), "it may be a function");
    definition["States"]["Charge"]["Resource"] = json!("arn:aws:lambda:eu-central-1:000000000000:function:charge");
    let mocks =
        ["charge", "Charge", "Label", "label", "Chrage"].into_iter().fold(Mocks::new(), |m, name| m.on(name, []));
    assert_eq!(rehearsal(&definition).unknown(&mocks), ["Chrage"]);
}

#[test]
fn a_file_of_mocks_has_answers_lists_iterations_and_items() {
    let text = json!({
        "One": {"result": null},
        "Two": [{"error": "Busy", "cause": "later", "seconds": 1.5}, {"result": 2}],
        "Three": {"answers": [{"result": 3}], "exactly": true, "iterations": {"0": {"result": 0}, "2-3": {"error": "E"}}},
        "Four": {"items": [1, 2]},
    });
    let mocks = MockFile::parse(&text.to_string()).unwrap().mocks(None, None).unwrap();
    let error = || Reply::fault(Fault { error: Some("E".into()), cause: None });
    let expected = Mocks::new()
        .on("One", [Reply::result(json!(null))])
        .on("Two", [Reply::error("Busy", "later").after_ms(1500), Reply::result(json!(2))])
        .on("Three", [Reply::result(json!(3))])
        .exactly("Three")
        .on_iteration("Three", 0, [Reply::result(json!(0))])
        .on_iteration("Three", 2, [error()])
        .on_iteration("Three", 3, [error()])
        .items("Four", [json!(1), json!(2)]);
    assert_eq!(mocks, expected);
}

#[test]
fn the_file_of_step_functions_local_is_understood() {
    let text = json!({
        "StateMachines": {
            "Orders": {"TestCases": {"Happy": {"Charge": "Good"}, "Busy": {"Charge": "BusyThenGood"}}},
            "Other": {"TestCases": {"Happy": {"Charge": "Good"}}}},
        "MockedResponses": {
            "Good": {"0": {"Return": {"paid": true}}},
            "BusyThenGood": {"0-1": {"Throw": {"Error": "Busy", "Cause": "later"}}, "2": {"Return": {"paid": true}}}}});
    let file = MockFile::parse(&text.to_string()).unwrap();
    assert_eq!(file.cases(), [("Orders", "Happy"), ("Orders", "Busy"), ("Other", "Happy")]);
    let good = || Reply::result(json!({"paid": true}));
    let busy = || Reply::error("Busy", "later");
    let expected = Mocks::new().on("Charge", [busy(), busy(), good()]).exactly("Charge");
    assert_eq!(file.mocks(None, Some("Busy")).unwrap(), expected);
    assert_eq!(file.mocks(Some("Other"), None).unwrap(), Mocks::new().on("Charge", [good()]).exactly("Charge"));
    let error = file.mocks(None, Some("Happy")).unwrap_err().to_string();
    assert!(error.starts_with("more than one case is meant; the file of mocks has"), "{error}");
    assert!(error.contains("Orders#Busy") && error.contains("Other#Happy"), "{error}");
    assert!(file.mocks(None, Some("None")).unwrap_err().to_string().starts_with("there is no such case"));
}

#[test]
fn what_is_wrong_with_a_file_of_mocks_is_said_with_its_place() {
    for (text, said) in [
        (r#"{"A": "#, "it is not JSON: EOF while parsing a value at line 1 column 6"),
        ("[]", "a file of mocks must be an object at /"),
        (r#"{"A": []}"#, "there must be at least one answer at /A"),
        (r#"{"A": [{"result": 1}, {"reslut": 2}]}"#, "an answer needs `result` or `error` at /A[1]"),
        (r#"{"A": {"result": 1, "error": "E"}}"#, "an answer cannot be both a result and an error at /A"),
        (r#"{"A": {"error": 7}}"#, "it must be a string at /A/error"),
        (r#"{"A": {"result": 1, "secs": 2}}"#, "an answer has no such field at /A/secs"),
        (r#"{"A": {"result": 1, "seconds": -2}}"#, "it must be a number of seconds that is not negative at /A/seconds"),
        (
            r#"{"A": {"iterations": {"x": {"result": 1}}}}"#,
            "it must be a number such as `0`, or a range such as `1-3` at /A/iterations/x",
        ),
        (r#"{"A": {"exactly": 1}}"#, "that is not the value this field has at /A/exactly"),
        (
            r#"{"StateMachines": {"M": {"TestCases": {"C": {"S": "R"}}}}, "MockedResponses": {}}"#,
            "there is no response 'R' in MockedResponses at /StateMachines/M/TestCases/C/S",
        ),
        (
            r#"{"StateMachines": {"M": {"TestCases": {"C": {"S": "R"}}}}, "MockedResponses": {"R": {"1": {"Return": 1}}}}"#,
            "the invocations must be counted from 0 without a gap at /MockedResponses/R",
        ),
    ] {
        let error = MockFile::parse(text).unwrap_err();
        assert_eq!(error.to_string(), said);
        assert_eq!(matches!(error, MockError::Syntax(_)), said.starts_with("it is not JSON"));
    }
    let own = MockFile::parse("{}").unwrap();
    assert!(own.mocks(None, Some("Case")).is_err());
}
