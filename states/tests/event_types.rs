//! Each of the 62 types of events stands in some history, where it belongs.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use duramen_actors::TokioClock;
use duramen_states::definition::Definition;
use duramen_states::history::Kind;
use duramen_states::machine::Stop;
use duramen_states::{End, Fault, HistoryEvent, Machine, Options, StateMachines, Tasks};
use duramen_storage::{Log, MemoryLog};
use serde_json::{Value, json};

const ACTIVITY: &str = "arn:aws:states:us-east-1:111111111111:activity:paint";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:111111111111:function:work";
const SEND: &str = "arn:aws:states:::sqs:sendMessage";

/// A machine of one state that ends.
fn one(state: Value) -> Value {
    named("A", state)
}

/// As one of that name.
fn named(name: &str, mut state: Value) -> Value {
    state["End"] = json!(true);
    json!({"StartAt": name, "States": { name: state }})
}

fn task(resource: &str, fields: &Value) -> Value {
    let mut state = json!({"Type": "Task", "Resource": resource});
    state.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    state
}

/// A distributed map over its input, whose items are done by `item`.
fn distributed(item: Value) -> Value {
    let mut processor = named("Item", item);
    processor["ProcessorConfig"] = json!({"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"});
    json!({"Type": "Map", "Label": "Each", "ItemProcessor": processor})
}

fn wait() -> Value {
    json!({"Type": "Wait", "Seconds": 3600})
}

/// A branch that fails after a while.
fn fails() -> Value {
    json!({"StartAt": "Rest", "States": {
        "Rest": {"Type": "Wait", "Seconds": 5, "Next": "Fail"}, "Fail": {"Type": "Fail", "Error": "No"}}})
}

fn parallel(branches: &[Value]) -> Value {
    json!({"Type": "Parallel", "Branches": branches})
}

/// What does its work, what fails, and what takes for ever.
fn tasks() -> Tasks {
    let fault = || Fault { error: Some("No".to_owned()), cause: None };
    Tasks::new()
        .handler("work", move |call| async move {
            match call.input.as_str() {
                Some("fail") => Err(fault()),
                Some("hang") => std::future::pending().await,
                _ => Ok(json!("done")),
            }
        })
        .handler(SEND, move |call| async move {
            match call.input["MessageBody"].as_str() {
                Some("fail") => Err(fault()),
                Some("hang") => std::future::pending().await,
                _ => Ok(json!({"MessageId": "1"})),
            }
        })
        .roles(|role| !role.ends_with("forbidden"))
}

fn definition(machine: &Value) -> Definition {
    Definition::parse(&machine.to_string()).unwrap()
}

fn kinds(history: &[HistoryEvent]) -> Vec<Kind> {
    history.iter().map(HistoryEvent::kind).collect()
}

async fn run(machine: &Value, input: Value) -> Vec<HistoryEvent> {
    let options = Options::default().seed(1).skip_waits();
    Machine::new(&definition(machine)).unwrap().run(input, &tasks(), options).await.history
}

async fn open(machine: &Value) -> StateMachines {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
    let builder = StateMachines::builder(log).clock(Arc::new(TokioClock::starting_at(1_700_000_000_000)));
    let builder = builder.machine("m", &definition(machine)).unwrap().activity("paint").unwrap();
    builder.tasks(tasks()).open().await.unwrap()
}

/// The history of an execution on the log, which comes to its end by itself.
async fn on_the_log(machine: &Value, input: Value) -> Vec<HistoryEvent> {
    let machines = open(machine).await;
    let execution = machines.start("m", "one", input).await.unwrap();
    machines.result(execution).await.unwrap();
    machines.history(execution).await.unwrap()
}

fn forbidden() -> Value {
    json!({"Credentials": {"RoleArn": "arn:aws:iam::111111111111:role/forbidden"}})
}

fn details(event: &HistoryEvent) -> Value {
    event.details.to_json().map_or(Value::Null, |(_, details)| Value::Object(details))
}

#[tokio::test(start_paused = true)]
async fn what_nobody_does_is_not_scheduled() {
    let machine = one(task(
        "nobody",
        &json!({
        "Retry": [{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 1}]}),
    ));
    let history = run(&machine, json!({})).await;
    assert_eq!(
        kinds(&history),
        [
            Kind::ExecutionStarted,
            Kind::TaskStateEntered,
            Kind::LambdaFunctionScheduleFailed,
            Kind::LambdaFunctionScheduleFailed,
            Kind::ExecutionFailed,
        ]
    );
    let cause = "Nothing is registered under the resource 'nobody'; known are: arn:aws:states:::sqs:sendMessage, work";
    assert_eq!(details(&history[2]), json!({"error": "States.TaskFailed", "cause": cause}));
    assert_eq!(kinds(&on_the_log(&machine, json!({})).await), kinds(&history));
}

#[tokio::test(start_paused = true)]
async fn what_a_service_is_asked_for_that_is_not_here_does_not_start() {
    let resource = "arn:aws:states:::sns:publish";
    let machine = one(task(resource, &json!({"Parameters": {"Message": "m"}})));
    let history = run(&machine, json!({})).await;
    let last = [Kind::TaskScheduled, Kind::TaskStartFailed, Kind::ExecutionFailed];
    assert_eq!(kinds(&history)[2..], last);
    let failed = details(&history[3]);
    assert_eq!((&failed["resourceType"], &failed["resource"]), (&json!("sns"), &json!("publish")));
    assert!(
        failed["cause"]
            .as_str()
            .unwrap()
            .starts_with(&format!("Nothing is registered under the resource '{resource}'"))
    );
    assert_eq!(kinds(&on_the_log(&machine, json!({})).await), kinds(&history));
}

#[tokio::test(start_paused = true)]
async fn a_function_that_is_missing_is_asked_for_all_the_same() {
    let machine = one(task(&FUNCTION.replace("work", "missing"), &json!({})));
    let history = run(&machine, json!({})).await;
    let last = [Kind::LambdaFunctionStarted, Kind::LambdaFunctionFailed, Kind::ExecutionFailed];
    assert_eq!(kinds(&history)[3..], last);
    assert_eq!(details(&history[4])["error"], "Lambda.ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn a_role_that_may_not_be_assumed_keeps_a_task_from_starting() {
    for (resource, scheduled, failed) in [
        (FUNCTION, Kind::LambdaFunctionScheduled, Kind::LambdaFunctionStartFailed),
        (SEND, Kind::TaskScheduled, Kind::TaskStartFailed),
        ("arn:aws:states:::aws-sdk:sfn:startExecution", Kind::TaskScheduled, Kind::TaskStartFailed),
    ] {
        let machine = one(task(resource, &forbidden()));
        for history in [run(&machine, json!({})).await, on_the_log(&machine, json!({})).await] {
            assert_eq!(kinds(&history)[2..], [scheduled, failed, Kind::ExecutionFailed], "{resource}");
            assert_eq!(details(&history[2])["taskCredentials"]["roleArn"], "arn:aws:iam::111111111111:role/forbidden");
            assert_eq!(details(&history[3])["error"], "States.Permissions");
        }
    }
    let mut allowed = task(FUNCTION, &forbidden());
    allowed["Credentials"]["RoleArn"] = json!("arn:aws:iam::111111111111:role/orders");
    assert_eq!(kinds(&run(&one(allowed), json!({})).await).last(), Some(&Kind::ExecutionSucceeded));
}

#[tokio::test(start_paused = true)]
async fn a_task_does_not_wait_for_an_activity_that_was_deleted() {
    let caught = json!({"StartAt": "A", "States": {
        "A": task(ACTIVITY, &json!({"End": true, "Catch": [{"ErrorEquals": ["ActivityDoesNotExist"], "Next": "B"}]})),
        "B": {"Type": "Succeed"}}});
    let machines = open(&caught).await;
    let waiting = machines.start("m", "before", json!({})).await.unwrap();
    machines.delete_activity(ACTIVITY).unwrap();
    assert!(machines.list_activities().is_empty());
    let execution = machines.start("m", "behind", json!({})).await.unwrap();
    assert!(matches!(machines.result(execution).await.unwrap(), End::Succeeded(_)));
    let history = machines.history(execution).await.unwrap();
    assert_eq!(kinds(&history)[1..4], [Kind::TaskStateEntered, Kind::ActivityScheduleFailed, Kind::TaskStateExited]);
    let said = json!({"error": "ActivityDoesNotExist", "cause": format!("Activity Does Not Exist: '{ACTIVITY}'")});
    assert_eq!(details(&history[2]), said);
    // What waited goes on waiting, and is to be had when the activity is there again.
    machines.create_activity("paint").unwrap();
    let task = machines.poll("paint", None).await.unwrap().unwrap();
    machines.answer_task(&task.token, Ok(json!("red"))).await.unwrap();
    assert_eq!(machines.result(waiting).await.unwrap(), End::Succeeded(json!("red").into()));
}

#[tokio::test(start_paused = true)]
async fn a_map_run_is_given_up_before_what_is_around_it() {
    // With an execution that is stopped.
    let machine = one(distributed(wait()));
    let machines = open(&machine).await;
    let execution = machines.start("m", "one", json!([1])).await.unwrap();
    machines.stop(execution, Fault::default()).await.unwrap();
    let history = machines.history(execution).await.unwrap();
    assert_eq!(kinds(&history)[3..], [Kind::MapRunStarted, Kind::MapRunAborted, Kind::ExecutionAborted]);
    assert_eq!((history[4].previous, history[5].previous), (4, 0));
    let stop = Stop::new();
    let options = Options::default().stop(stop.clone());
    let compiled = Machine::new(&definition(&machine)).unwrap();
    let tasks = tasks();
    let (run, ()) = tokio::join!(compiled.run(json!([1]), &tasks, options), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        stop.stop(Fault::default());
    });
    assert_eq!(kinds(&run.history), kinds(&history));
    // With one whose time is up.
    let mut timed = machine;
    timed["TimeoutSeconds"] = json!(60);
    let history = on_the_log(&timed, json!([1])).await;
    assert_eq!(kinds(&history)[3..], [Kind::MapRunStarted, Kind::MapRunAborted, Kind::ExecutionTimedOut]);
    // With the branch that it stands in.
    let machine = one(parallel(&[named("Map", distributed(long_wait())), fails()]));
    let history = on_the_log(&machine, json!([1])).await;
    let from = history.iter().position(|event| event.kind() == Kind::MapRunAborted).unwrap();
    let last = [Kind::MapRunAborted, Kind::MapStateAborted, Kind::ParallelStateFailed, Kind::ExecutionFailed];
    assert_eq!(kinds(&history)[from..], last);
    assert_eq!(history[from + 1].previous, history[from].id);
}

/// A wait whose time is longer than that of any other.
fn long_wait() -> Value {
    json!({"Type": "Wait", "Seconds": 7200})
}

#[tokio::test(start_paused = true)]
async fn each_type_stands_in_some_history() {
    let mut written = BTreeSet::new();
    let ends = |state: &Value| one(state.clone());
    let both = |branch: Value| one(parallel(&[branch, fails()]));
    let map = |item: Value| json!({"Type": "Map", "ItemProcessor": named("Item", item)});
    let in_memory = [
        (ends(&json!({"Type": "Pass"})), json!({})),
        (
            json!({"StartAt": "A", "States": {
            "A": {"Type": "Choice", "Choices": [{"Variable": "$", "IsPresent": true, "Next": "B"}]},
            "B": {"Type": "Succeed"}}}),
            json!({}),
        ),
        (ends(&json!({"Type": "Wait", "Seconds": 1})), json!({})),
        (ends(&json!({"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $error('no') %}"})), json!({})),
        (ends(&task(FUNCTION, &json!({}))), json!({})),
        (ends(&task(FUNCTION, &json!({}))), json!("fail")),
        (ends(&task(FUNCTION, &json!({"TimeoutSeconds": 5}))), json!("hang")),
        (ends(&task(FUNCTION, &forbidden())), json!({})),
        (ends(&task("nobody", &json!({}))), json!({})),
        (ends(&task(SEND, &json!({}))), json!({})),
        (ends(&task(SEND, &json!({}))), json!({"MessageBody": "fail"})),
        (ends(&task(SEND, &json!({"TimeoutSeconds": 5}))), json!({"MessageBody": "hang"})),
        (ends(&task(SEND, &forbidden())), json!({})),
        (ends(&task(&format!("{SEND}.waitForTaskToken"), &json!({"TimeoutSeconds": 5}))), json!({})),
        (ends(&task(&format!("{SEND}.waitForTaskToken"), &json!({}))), json!({"MessageBody": "fail"})),
        (ends(&map(json!({"Type": "Pass"}))), json!([1])),
        (ends(&map(task("work", &json!({})))), json!(["hang", "fail"])),
        (ends(&parallel(&[named("Rest2", wait())])), json!({})),
        (both(named("Rest2", wait())), json!({})),
        (both(named("Work", task("work", &json!({})))), json!("hang")),
        (both(named("Map", map(wait()))), json!([1])),
        (both(named("Inner", parallel(&[named("Rest2", wait())]))), json!({})),
        (both(named("Map", distributed(long_wait()))), json!([1])),
        (ends(&distributed(json!({"Type": "Pass"}))), json!([1])),
        (ends(&distributed(json!({"Type": "Fail"}))), json!([1])),
    ];
    for (machine, input) in in_memory {
        written.extend(kinds(&run(&machine, input).await));
    }
    let mut timed = one(wait());
    timed["TimeoutSeconds"] = json!(5);
    written.extend(kinds(&on_the_log(&timed, json!({})).await));

    let machines = open(&one(task(ACTIVITY, &json!({"TimeoutSeconds": 60})))).await;
    for (name, answer) in [("good", Some(Ok(json!(1)))), ("bad", Some(Err(Fault::default()))), ("late", None)] {
        let execution = machines.start("m", name, json!({})).await.unwrap();
        let task = machines.poll("paint", None).await.unwrap().unwrap();
        if let Some(answer) = answer {
            machines.answer_task(&task.token, answer).await.unwrap();
        }
        machines.result(execution).await.unwrap();
        written.extend(kinds(&machines.history(execution).await.unwrap()));
    }
    machines.delete_activity("paint").unwrap();
    let execution = machines.start("m", "deleted", json!({})).await.unwrap();
    machines.result(execution).await.unwrap();
    written.extend(kinds(&machines.history(execution).await.unwrap()));

    let machines = open(&one(distributed(json!({"Type": "Fail"})))).await;
    let execution = machines.start("m", "again", json!([1])).await.unwrap();
    machines.result(execution).await.unwrap();
    machines.redrive(execution).await.unwrap();
    machines.stop(execution, Fault::default()).await.unwrap();
    machines.result(execution).await.unwrap();
    written.extend(kinds(&machines.history(execution).await.unwrap()));

    let missing: Vec<&Kind> = Kind::ALL.iter().filter(|kind| !written.contains(kind)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
