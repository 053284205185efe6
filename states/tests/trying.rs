//! Trying one state: what is refused before it is tried.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use duramen_states::machine::{FieldValidation, InspectionLevel, Mock, TestError, TestState, TestStatus};
use duramen_states::{Fault, Tasks};
use serde_json::{Value, json};

async fn refused(test: TestState) -> String {
    match test.run(&Tasks::new()).await {
        Err(TestError::Request(why)) => why,
        other => panic!("{other:?}"),
    }
}

fn state(of_type: &str, resource: &str) -> TestState {
    let mut state = json!({"Type": of_type, "End": true});
    if of_type == "Task" {
        state["Resource"] = json!(format!("arn:aws:states:::{resource}"));
    }
    TestState::new(state.to_string())
}

#[tokio::test]
async fn only_what_does_something_else_can_be_mocked() {
    let said = refused(state("Pass", "").mock(Mock::result("{}"))).await;
    assert_eq!(said, "State type 'Pass' is not supported when a mock is specified");
}

#[tokio::test]
async fn a_token_is_only_in_the_context_of_who_waits_for_one() {
    let with_token = |resource: &str| state("Task", resource).context(json!({"Task": {"Token": "t"}}));
    let said = refused(with_token("lambda:invoke").mock(Mock::result("{}"))).await;
    assert!(said.starts_with("Invalid Context object provided: Context object contains 'Task' when"), "{said}");
    let tested = with_token("lambda:invoke.waitForTaskToken").mock(Mock::result("7")).run(&Tasks::new()).await.unwrap();
    assert_eq!((tested.status, tested.output.as_deref()), (TestStatus::Succeeded, Some(&json!(7))));
    let said = refused(with_token("lambda:invoke.waitForTaskToken")).await;
    assert_eq!(said, "A task that waits for its token can be tried with a mock only");
}

#[tokio::test]
async fn a_mocked_result_is_one_that_the_service_can_give() {
    let mocked = |result: Value, validation| {
        state("Task", "sqs:sendMessage").mock(Mock::result(result.to_string()).validation(validation))
    };
    let said = refused(mocked(json!({"MessageId": 7}), FieldValidation::Present)).await;
    assert_eq!(said, "Mock result schema validation error: Field 'MessageId' must be a string");
    let tested = mocked(json!({"MessageId": 7}), FieldValidation::None).run(&Tasks::new()).await.unwrap();
    assert_eq!(tested.status, TestStatus::Succeeded);
}

#[tokio::test]
async fn a_mock_is_one_of_both() {
    let said = refused(state("Task", "sqs:sendMessage").mock(Mock::default())).await;
    assert_eq!(said, "A test mock should have only one of the following fields: [result, errorOutput].");
}

#[tokio::test]
async fn secrets_of_a_mock_cannot_be_revealed() {
    let said = refused(state("Task", "http:invoke").mock(Mock::result("{}")).reveal_secrets()).await;
    assert_eq!(said, "TestState does not support RevealSecrets when a mock is specified.");
}

fn map(fields: &Value) -> TestState {
    let mut state = json!({"Type": "Map", "End": true, "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Inner", "States": {"Inner": {"Type": "Pass", "End": true}}}});
    state.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    TestState::new(state.to_string()).level(InspectionLevel::Debug)
}

#[tokio::test]
async fn what_runs_other_states_needs_a_mock() {
    let said = refused(map(&json!({})).input(json!([1]))).await;
    assert_eq!(said, "State type 'Map' is not supported when a mock is not specified");
    let branch = json!({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}});
    let parallel = json!({"Type": "Parallel", "End": true, "Branches": [branch]});
    let said = refused(TestState::new(parallel.to_string())).await;
    assert_eq!(said, "State type 'Parallel' is not supported when a mock is not specified");
}

/// The API's model says of `inspectionData.variables`: "after execution of the state".
#[tokio::test]
async fn the_variables_are_those_after_the_state() {
    let test = |assign: Value| {
        let state = json!({"Type": "Pass", "End": true, "Assign": assign});
        TestState::new(state.to_string()).input(json!({"a": 1})).level(InspectionLevel::Debug)
    };
    let given = json!({"old": 0, "new": 0}).as_object().unwrap().clone();
    let tested = test(json!({"new.$": "$.a"})).variables(given.clone()).run(&Tasks::new()).await.unwrap();
    assert_eq!(tested.inspection.values()["variables"], json!({"old": 0, "new": 1}));
    let tested = test(json!({"new.$": "$.none"})).variables(given).run(&Tasks::new()).await.unwrap();
    assert_eq!(tested.inspection.values()["variables"], json!({"old": 0, "new": 0}));
    let tested = test(json!({"new": 2})).run(&Tasks::new()).await.unwrap();
    assert_eq!(tested.inspection.values()["variables"], json!({"new": 2}));
}

#[tokio::test]
async fn retries_count_for_the_retrier_that_applies() {
    let retrier =
        |error: &str| json!({"ErrorEquals": [error], "MaxAttempts": 9, "IntervalSeconds": 1, "BackoffRate": 1});
    let state = json!({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
        "Parameters": {"Tried.$": "$$.State.RetryCount"}, "Retry": [retrier("A"), retrier("B"), retrier("States.ALL")]});
    let test = TestState::new(state.to_string()).level(InspectionLevel::Debug).retries(4);
    let fault = Fault { error: Some("B".to_owned()), cause: None };
    let tested = test.clone().mock(Mock::error(fault)).run(&Tasks::new()).await.unwrap();
    assert_eq!(tested.status, TestStatus::Retriable);
    assert_eq!(tested.inspection.values()["afterParameters"], json!({"Tried": 4}));
    assert_eq!(tested.inspection.values()["errorDetails"]["retryIndex"], 1);
}

#[tokio::test]
async fn the_items_are_shown_wherever_they_come_from() {
    let tested = map(&json!({})).input(json!([1, 2])).mock(Mock::result("[]")).run(&Tasks::new()).await.unwrap();
    assert_eq!(tested.inspection.values()["afterItemsPath"], json!([1, 2]));
}

fn reading(config: &Value) -> Value {
    json!({"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config,
        "Parameters": {"Bucket": "b", "Key": "k"}}})
}

#[tokio::test]
async fn what_a_reader_reads_can_be_given() {
    let mut fields = reading(&json!({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}));
    fields["ItemSelector"] = json!({"name.$": "$$.Map.Item.Value.name"});
    fields["ItemBatcher"] = json!({"MaxItemsPerBatch": 2});
    let test = map(&fields).reader_data("name,age\nAda,36\nBob,7\nCid,1\n").mock(Mock::result("[1, 2]"));
    let tested = test.run(&Tasks::new()).await.unwrap();
    assert_eq!((tested.status, tested.output.as_deref()), (TestStatus::Succeeded, Some(&json!([1, 2]))));
    let seen = tested.inspection.values();
    assert_eq!(seen["afterItemSelector"], json!([{"name": "Ada"}, {"name": "Bob"}, {"name": "Cid"}]));
    assert_eq!(seen["afterItemBatcher"][1], json!({"Items": [{"name": "Cid"}]}));

    let pointed = map(&reading(&json!({"InputType": "JSON", "ItemsPointer": "/people"})));
    let tested =
        pointed.reader_data(r#"{"people": [1, 2]}"#).mock(Mock::result("[]")).run(&Tasks::new()).await.unwrap();
    assert_eq!(tested.inspection.values()["afterItemsPointer"], json!([1, 2]));

    let broken = map(&reading(&json!({"InputType": "JSON"}))).reader_data("{").mock(Mock::result("[]"));
    let tested = broken.run(&Tasks::new()).await.unwrap();
    assert_eq!(tested.status, TestStatus::Failed);
    assert_eq!(tested.fault.unwrap().error.as_deref(), Some("States.ItemReaderFailed"));
    let said = refused(map(&json!({})).reader_data("[]").mock(Mock::result("[]"))).await;
    assert_eq!(said, "The state has no ItemReader, whose data is given");
}

#[tokio::test]
async fn an_error_comes_from_a_state_inside() {
    let fault = || Fault { error: Some("E".to_owned()), cause: None };
    let test = |name: &str| map(&json!({})).input(json!([1])).mock(Mock::error(fault())).caused_by(name);
    assert_eq!(test("Inner").run(&Tasks::new()).await.unwrap().fault, Some(fault()));
    let said = refused(test("Outer")).await;
    assert!(said.starts_with("There is no state 'Outer' inside"), "{said}");
    let said = refused(map(&json!({})).mock(Mock::result("[]")).caused_by("Inner")).await;
    assert!(said.ends_with("no error is mocked"), "{said}");
    let said = refused(map(&json!({})).caused_by("Inner")).await;
    assert_eq!(said, "TestState does not support ErrorCausedByState when a mock is not specified.");
}
