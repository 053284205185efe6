//! Executions are started once, found again, listed, stopped.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::sync::Arc;
use std::time::Duration;

use duramen::{Context, Error, Event, Failure, Filter, Handle, Runtime, Status, StatusKind};
use duramen_storage::MemoryLog;
use ground::{in_memory, on};

async fn double(ctx: Context, number: u64) -> Result<u64, Failure> {
    ctx.step("double", || async move { Ok::<_, Failure>(number * 2) }).await
}

async fn sleep(ctx: Context, (): ()) -> Result<(), Failure> {
    ctx.wait("long", Duration::from_secs(3600)).await
}

async fn open() -> Runtime {
    in_memory().workflow("double", double).workflow("sleep", sleep).open().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_result_is_what_the_workflow_returned() {
    let runtime = open().await;
    let handle: Handle<u64> = runtime.start("double", "d", 21).await.unwrap();
    assert_eq!(handle.result().await.unwrap(), 42);
    assert_eq!(handle.result().await.unwrap(), 42, "and stays so when asked again");
    assert_eq!(handle.status().await.unwrap(), Status::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn the_same_start_gives_the_same_execution() {
    let runtime = open().await;
    let first: Handle<u64> = runtime.start("double", "d", 21).await.unwrap();
    let running: Handle<u64> = runtime.start("double", "d", 21).await.unwrap();
    first.result().await.unwrap();
    let ended: Handle<u64> = runtime.start("double", "d", 21).await.unwrap();
    assert_eq!(first.execution(), running.execution());
    assert_eq!(first.execution(), ended.execution());
    assert_eq!(ended.result().await.unwrap(), 42);
}

#[tokio::test(start_paused = true)]
async fn another_input_under_the_same_name_is_refused() {
    let runtime = open().await;
    runtime.start::<u64>("double", "d", 21).await.unwrap();
    let refused = runtime.start::<u64>("double", "d", 22).await.unwrap_err();
    assert!(matches!(refused, Error::AlreadyStarted { .. }), "{refused}");
    runtime.start::<()>("sleep", "d", ()).await.expect("another workflow has names of its own");
}

#[tokio::test(start_paused = true)]
async fn an_error_that_main_returns_is_printed_as_its_text() {
    let refused = open().await.start::<u64>("triple", "d", 21).await.unwrap_err();
    assert_eq!(format!("{refused:?}"), refused.to_string());
    assert!(refused.to_string().starts_with("no workflow `triple` is registered; known are: "), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_starts_at_once_one_execution_comes() {
    let runtime = open().await;
    let starts = (0..50).map(|_| {
        let runtime = runtime.clone();
        tokio::spawn(async move { runtime.start::<u64>("double", "d", 21).await.unwrap().execution() })
    });
    let executions = futures::future::join_all(starts).await;
    let first = executions[0].as_ref().unwrap();
    assert!(executions.iter().all(|execution| execution.as_ref().unwrap() == first));
    assert_eq!(runtime.list(&Filter::new()).await.unwrap().executions.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_workflow_is_named_with_those_that_are_known() {
    let error = open().await.start::<u64>("trebble", "d", 21).await.unwrap_err();
    assert!(error.to_string().contains("`trebble`") && error.to_string().contains("double, sleep"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_execution_is_found_by_name_and_by_id() {
    let runtime = open().await;
    let started: Handle<u64> = runtime.start("double", "d", 21).await.unwrap();
    let by_name: Handle<u64> = runtime.get("double", "d").await.unwrap();
    let by_id: Handle<u64> = runtime.get_by_id(started.execution()).await.unwrap();
    assert_eq!((by_name.execution(), by_id.name()), (started.execution(), "d"));
    let missing = runtime.get::<u64>("double", "e").await.unwrap_err();
    assert!(matches!(missing, Error::NotFound { .. }), "{missing}");
}

#[tokio::test(start_paused = true)]
async fn the_history_tells_what_happened_in_order() {
    let runtime = open().await;
    let handle: Handle<u64> = runtime.start("double", "d", 21).await.unwrap();
    handle.result().await.unwrap();
    let history = handle.history().await.unwrap();
    let kinds: Vec<_> = history.iter().map(|line| (line.number, line.event.kind())).collect();
    let expected = [(1, "ExecutionStarted"), (2, "StepStarted"), (3, "StepSucceeded"), (4, "ExecutionSucceeded")];
    assert_eq!(kinds, expected);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_execution_does_nothing_more_and_tells_those_who_wait() {
    let runtime = open().await;
    let handle: Handle<()> = runtime.start("sleep", "s", ()).await.unwrap();
    let waiting = tokio::spawn({
        let handle = handle.clone();
        async move { handle.result().await }
    });
    handle.stop(Failure::new("Operator", "no longer needed")).await.unwrap();
    let told = waiting.await.unwrap().unwrap_err();
    assert_eq!(told.failure().unwrap().name(), "Operator");
    assert_eq!(handle.status().await.unwrap(), Status::Stopped);
    assert!(matches!(handle.stop(Failure::new("Again", "")).await, Err(Error::Closed { .. })));
    tokio::time::sleep(Duration::from_secs(7200)).await;
    let history = handle.history().await.unwrap();
    assert!(matches!(history.last().unwrap().event, Event::ExecutionStopped { .. }));
}

#[tokio::test(start_paused = true)]
async fn lists_come_in_pages_by_status_workflow_and_name() {
    let runtime = open().await;
    for number in 0..10_u64 {
        runtime.start::<u64>("double", format!("d-{number}"), number).await.unwrap().result().await.unwrap();
        runtime.start::<()>("sleep", format!("s-{number}"), ()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let names = |list: &duramen::List| list.executions.iter().map(|row| row.name.clone()).collect::<Vec<_>>();

    let running = runtime.list(&Filter::new().status(StatusKind::Running)).await.unwrap();
    assert_eq!(running.executions.len(), 10);
    assert!(running.executions.iter().all(|row| row.workflow == "sleep"));

    let filter = Filter::new().workflow("double").page_size(4).newest_first();
    let first = runtime.list(&filter).await.unwrap();
    assert_eq!(names(&first), ["d-9", "d-8", "d-7", "d-6"]);
    let second = runtime.list(&filter.clone().after(first.next.unwrap())).await.unwrap();
    assert_eq!(names(&second), ["d-5", "d-4", "d-3", "d-2"]);
    let third = runtime.list(&filter.after(second.next.unwrap())).await.unwrap();
    assert_eq!((names(&third), third.next), (vec!["d-1".to_owned(), "d-0".to_owned()], None));

    let one = runtime.list(&Filter::new().name_prefix("d-3")).await.unwrap();
    assert_eq!(names(&one), ["d-3"]);
    let since = one.executions[0].started_ms;
    let later = runtime.list(&Filter::new().workflow("double").started_from_ms(since)).await.unwrap();
    assert_eq!(later.executions.len(), 7);
    let earlier = runtime.list(&Filter::new().workflow("double").started_before_ms(since)).await.unwrap();
    assert_eq!(earlier.executions.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn two_workflows_of_one_name_are_refused() {
    let error = in_memory().workflow("double", double).workflow("double", double).open().await.unwrap_err();
    assert!(error.to_string().contains("`double`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn executions_that_ended_long_ago_are_deleted_and_their_names_are_free() {
    let log = Arc::new(MemoryLog::new());
    let runtime = on(&log)
        .workflow("double", double)
        .workflow("sleep", sleep)
        .retention(Duration::from_secs(60))
        .open()
        .await
        .unwrap();
    let sleeping: Handle<()> = runtime.start("sleep", "s", ()).await.unwrap();
    let old: Handle<u64> = runtime.start("double", "d", 21).await.unwrap();
    old.result().await.unwrap();
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(old.result().await.unwrap(), 42);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(matches!(old.result().await, Err(Error::NotFound { .. })));
    assert_eq!(sleeping.status().await.unwrap(), Status::Running);
    let again: Handle<u64> = runtime.start("double", "d", 1).await.unwrap();
    assert_eq!(again.result().await.unwrap(), 2);
}
