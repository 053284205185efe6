//! Tasks that are answered by their tokens, and tasks that answer others.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use duramen_actors::TokioClock;
use duramen_states::definition::Definition;
use duramen_states::history::Kind;
use duramen_states::{Call, End, Fault, StateMachines, Tasks};
use duramen_storage::{ExecutionId, MemoryLog};
use serde_json::{Value, json};

fn definition(state: &Value) -> Definition {
    Definition::parse(&json!({"StartAt": "A", "States": {"A": state}}).to_string()).unwrap()
}

/// A task of the SDK of Step Functions.
fn sdk(api: &str, arguments: &Value) -> Definition {
    let resource = format!("arn:aws:states:::aws-sdk:sfn:{api}");
    definition(&json!({
        "Type": "Task", "Resource": resource, "Arguments": arguments, "QueryLanguage": "JSONata", "End": true,
    }))
}

/// Calls that were seen.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<Call>>>);

impl Seen {
    fn tasks(&self, name: &str, answer: &Value) -> Tasks {
        let (seen, answer) = (self.clone(), answer.clone());
        Tasks::new().handler(name, move |call| {
            seen.0.lock().unwrap().push(call);
            let answer = answer.clone();
            async move { Ok(answer) }
        })
    }

    /// The only call, once it was made.
    async fn only(&self) -> Call {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let seen = self.0.lock().unwrap();
        assert_eq!(seen.len(), 1);
        seen[0].clone()
    }
}

async fn open(machines: &[(&str, Definition)], tasks: Tasks) -> StateMachines {
    open_on(Arc::new(MemoryLog::new()), machines, tasks).await
}

async fn open_on(log: Arc<MemoryLog>, machines: &[(&str, Definition)], tasks: Tasks) -> StateMachines {
    let mut builder = StateMachines::builder(log).tasks(tasks).activity("paint").unwrap();
    builder = builder.clock(Arc::new(TokioClock::starting_at(1_700_000_000_000)));
    for (name, definition) in machines {
        builder = builder.machine(*name, definition).unwrap();
    }
    builder.snapshot_every(1).open().await.unwrap()
}

async fn failure(machines: &StateMachines, execution: ExecutionId) -> (String, String) {
    match machines.result(execution).await.unwrap() {
        End::Failed(fault) => (fault.error.unwrap(), fault.cause.unwrap()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_is_given_the_token_and_what_it_returns_is_no_answer() {
    let waits = definition(&json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": true,
        "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token", "question": 7}},
    }));
    let seen = Seen::default();
    let machines = open(&[("m", waits)], seen.tasks("ask", &json!("asked"))).await;
    let execution = machines.start("m", "one", json!({})).await.unwrap();
    let call = seen.only().await;
    assert_eq!(call.input["question"], 7);
    assert_eq!(call.input["token"].as_str(), call.token.as_deref());
    let history = machines.history(execution).await.unwrap();
    let submitted = history.last().unwrap();
    assert_eq!(submitted.kind(), Kind::TaskSubmitted);
    assert_eq!(submitted.to_json()["taskSubmittedEventDetails"]["resource"], "invoke.waitForTaskToken");
    machines.answer_task(call.token.as_deref().unwrap(), Ok(json!("yes"))).await.unwrap();
    assert_eq!(machines.result(execution).await.unwrap(), End::Succeeded(json!("yes").into()));
}

#[tokio::test(start_paused = true)]
async fn a_handler_of_a_service_also_serves_its_form_with_a_token() {
    let waits = definition(&json!({
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "HeartbeatSeconds": 5,
        "Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}}, "End": true,
    }));
    let seen = Seen::default();
    let machines =
        open(&[("m", waits)], seen.tasks("arn:aws:states:::sqs:sendMessage", &json!({"MessageId": "1"}))).await;
    let execution = machines.start("m", "one", json!({})).await.unwrap();
    let token = seen.only().await.input["MessageBody"]["token"].as_str().unwrap().to_owned();
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_secs(3)).await;
        machines.heartbeat(&token).await.unwrap();
    }
    machines.answer_task(&token, Err(Fault { error: Some("No".to_owned()), cause: None })).await.unwrap();
    let End::Failed(fault) = machines.result(execution).await.unwrap() else { panic!("it has not failed") };
    assert_eq!(fault.error.as_deref(), Some("No"));
}

#[tokio::test(start_paused = true)]
async fn one_execution_takes_the_task_of_another_and_answers_it() {
    let paints = definition(&json!({
        "Type": "Task", "Resource": "arn:aws:states:us-east-1:111111111111:activity:paint", "TimeoutSeconds": 60, "End": true,
    }));
    let works = Definition::parse(
        &json!({"QueryLanguage": "JSONata", "StartAt": "Take", "States": {
            "Take": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:getActivityTask", "Next": "Live",
                "Arguments": {"ActivityArn": "arn:aws:states:us-east-1:111111111111:activity:paint", "WorkerName": "machine"}},
            "Live": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskHeartbeat", "Next": "Tell",
                "Arguments": {"TaskToken": "{% $states.input.TaskToken %}"}, "Output": "{% $states.input %}"},
            "Tell": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess", "End": true,
                "Arguments": {"TaskToken": "{% $states.input.TaskToken %}", "Output": "{% $states.input.Input %}"}}}})
        .to_string(),
    )
    .unwrap();
    let machines = open(&[("paints", paints), ("works", works)], Tasks::new()).await;
    let worker = machines.start("works", "one", json!({})).await.unwrap();
    tokio::time::sleep(Duration::from_secs(20)).await;
    let painted = machines.start("paints", "one", json!({"door": "red"})).await.unwrap();
    assert_eq!(machines.result(painted).await.unwrap(), End::Succeeded(json!({"door": "red"}).into()));
    assert_eq!(machines.result(worker).await.unwrap(), End::Succeeded(json!({}).into()));
    let history = machines.history(painted).await.unwrap();
    let started = history.iter().find(|event| event.kind() == Kind::ActivityStarted).unwrap();
    assert_eq!(started.to_json()["activityStartedEventDetails"]["workerName"], "machine");
}

#[tokio::test(start_paused = true)]
async fn what_the_service_refuses_is_an_error_in_its_words() {
    let waits = definition(&json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": true,
        "Parameters": {"FunctionName": "ask"},
    }));
    let seen = Seen::default();
    let machines = open(
        &[
            ("token", sdk("sendTaskSuccess", &json!({"TaskToken": "none", "Output": "{}"}))),
            ("output", sdk("sendTaskSuccess", &json!({"TaskToken": "{% $states.input %}", "Output": "{"}))),
            ("waits", waits),
            ("activity", sdk("getActivityTask", &json!({"ActivityArn": "arn:aws:states:r:1:activity:none"}))),
        ],
        seen.tasks("ask", &json!(null)),
    )
    .await;
    machines.start("waits", "one", json!({})).await.unwrap();
    let token = seen.only().await.token;
    let refused = async |name: &str| {
        let execution = machines.start(name, "one", json!(token)).await.unwrap();
        failure(&machines, execution).await
    };
    let (error, cause) = refused("token").await;
    assert_eq!(error, "Sfn.InvalidTokenException");
    assert!(
        cause.starts_with("Invalid Token: 'Invalid token' (Service: Sfn, Status Code: 400, Request ID: "),
        "{cause}"
    );
    assert_eq!(refused("output").await.0, "Sfn.InvalidOutputException");
    assert_eq!(refused("activity").await.0, "Sfn.ActivityDoesNotExistException");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_has_ended_cannot_be_answered_by_another() {
    let waits = definition(&json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": true,
        "Parameters": {"FunctionName": "ask"},
    }));
    let tell = sdk("sendTaskFailure", &json!({"TaskToken": "{% $states.input %}", "Error": "No", "Cause": "why"}));
    let seen = Seen::default();
    let machines = open(&[("waits", waits), ("tell", tell)], seen.tasks("ask", &json!(null))).await;
    let waiting = machines.start("waits", "one", json!({})).await.unwrap();
    let token = json!(seen.only().await.token);
    let first = machines.start("tell", "first", token.clone()).await.unwrap();
    assert_eq!(machines.result(first).await.unwrap(), End::Succeeded(json!({}).into()));
    assert_eq!(failure(&machines, waiting).await, ("No".to_owned(), "why".to_owned()));
    let second = machines.start("tell", "second", token).await.unwrap();
    let (error, cause) = failure(&machines, second).await;
    assert_eq!(error, "Sfn.TaskTimedOutException");
    assert!(cause.starts_with("Task Timed Out: 'Provided task does not exist anymore' (Service: Sfn"), "{cause}");
}

#[tokio::test(start_paused = true)]
async fn an_execution_looks_at_another_and_stops_it() {
    let waits = definition(&json!({"Type": "Wait", "Seconds": 3600, "End": true}));
    let arn = "arn:aws:states:local:000000000000:execution:waits:one";
    let look = sdk("describeExecution", &json!({"ExecutionArn": arn}));
    let stop = sdk("stopExecution", &json!({"ExecutionArn": arn, "Error": "Enough", "Cause": "why"}));
    let machines = open(&[("waits", waits), ("look", look), ("stop", stop)], Tasks::new()).await;
    let run = async |name: &str, nth: &str| {
        let execution = machines.start(name, nth, json!({})).await.unwrap();
        machines.result(execution).await.unwrap()
    };
    let End::Failed(fault) = run("look", "early").await else { panic!("there is nothing yet") };
    assert_eq!(fault.error.as_deref(), Some("Sfn.ExecutionDoesNotExistException"));
    assert!(fault.cause.unwrap().starts_with(&format!("Execution Does Not Exist: '{arn}' (Service: Sfn")));
    let waiting = machines.start("waits", "one", json!({"a": 1})).await.unwrap();
    let End::Succeeded(running) = run("look", "running").await else { panic!("it runs") };
    assert_eq!(
        (&running["Status"], &running["Input"], running.get("StopDate")),
        (&json!("RUNNING"), &json!(r#"{"a":1}"#), None)
    );
    assert!(matches!(run("stop", "now").await, End::Succeeded(answer) if answer["StopDate"].is_string()));
    let aborted = Fault { error: Some("Enough".to_owned()), cause: Some("why".to_owned()) };
    assert_eq!(machines.result(waiting).await.unwrap(), End::Aborted(aborted));
    let End::Succeeded(stopped) = run("look", "stopped").await else { panic!("it is there") };
    assert_eq!((&stopped["Status"], &stopped["Error"]), (&json!("ABORTED"), &json!("Enough")));
}

#[tokio::test(start_paused = true)]
async fn wherever_the_process_ends_a_task_is_told_once_and_the_teller_has_told_it() {
    let waits = definition(&json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": true,
        "Parameters": {"FunctionName": "ask"},
    }));
    let tell = sdk("sendTaskSuccess", &json!({"TaskToken": "{% $states.input %}", "Output": "7"}));
    let machines = [("waits", waits), ("tell", tell)];
    let (log, seen) = (Arc::new(MemoryLog::new()), Seen::default());
    let running = open_on(Arc::clone(&log), &machines, seen.tasks("ask", &json!(null))).await;
    let waiting = running.start("waits", "one", json!({})).await.unwrap();
    let token = json!(seen.only().await.token);
    let begun = log.batches() + 1;
    let teller = running.start("tell", "one", token).await.unwrap();
    let ends = (End::Succeeded(json!(7).into()), End::Succeeded(json!({}).into()));
    assert_eq!((running.result(waiting).await.unwrap(), running.result(teller).await.unwrap()), ends);
    drop(running);
    assert_eq!(log.batches(), begun + 2, "it is told, and the teller knows");
    for batches in begun..log.batches() {
        let again = open_on(Arc::new(log.prefix(batches)), &machines, seen.tasks("ask", &json!(null))).await;
        let come_to = (again.result(waiting).await.unwrap(), again.result(teller).await.unwrap());
        assert_eq!(come_to, ends, "after {batches} batches");
    }
}
