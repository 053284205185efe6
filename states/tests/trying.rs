//! Trying one state: what is refused before it is tried.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use duramen_states::Tasks;
use duramen_states::machine::{FieldValidation, Mock, TestError, TestState, TestStatus};
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
async fn secrets_of_a_mock_cannot_be_revealed() {
    let said = refused(state("Task", "http:invoke").mock(Mock::result("{}")).reveal_secrets()).await;
    assert_eq!(said, "TestState does not support RevealSecrets when a mock is specified.");
}
