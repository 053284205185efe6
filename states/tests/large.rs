//! What is very large: it is refused with an error that says so, and keeps no execution from going on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::sync::Arc;
use std::time::Duration;

use duramen_actors::TokioClock;
use duramen_states::definition::Definition;
use duramen_states::objects::{Buckets, Objects};
use duramen_states::{Builder, End, Fault, StateMachines, Tasks};
use duramen_storage::{Log, MemoryLog, Version};
use serde_json::{Value, json};

const MIB: usize = 1024 * 1024;

fn on(log: &Arc<MemoryLog>) -> Builder {
    let log: Arc<dyn Log> = Arc::<MemoryLog>::clone(log);
    StateMachines::builder(log).clock(Arc::new(TokioClock::starting_at(1_700_000_000_000)))
}

async fn end(machines: &StateMachines, input: Value) -> End {
    let execution = machines.start("m", "one", input).await.unwrap();
    let end = tokio::time::timeout(Duration::from_secs(86_400), machines.result(execution)).await;
    end.expect("it ends").unwrap()
}

/// Each payload is one that may be, and together they are more than a record takes.
#[tokio::test(start_paused = true)]
async fn a_turn_writes_no_more_than_a_record_takes() {
    let text = json!({"StartAt": "Each", "States": {"Each": {"Type": "Map", "ResultPath": null, "End": true, "ItemProcessor": {
        "StartAt": "Item", "States": {"Item": {"Type": "Pass", "ResultPath": "$.more", "Parameters": {
            "n.$": "$.n", "all.$": "$$.Execution.Input.long"}, "Next": "Small"},
        "Small": {"Type": "Pass", "Result": 1, "End": true}}}, "ItemsPath": "$.items"}}});
    let items: Vec<Value> = (0..66).map(|n| json!({"n": n})).collect();
    let log = Arc::new(MemoryLog::new());
    let machines = on(&log).machine("m", &Definition::parse(&text.to_string()).unwrap()).unwrap().open().await.unwrap();
    let end = end(&machines, json!({"long": "x".repeat(MIB), "items": items})).await;
    assert!(matches!(end, End::Succeeded(_)), "{}", end.status());
}

#[tokio::test(start_paused = true)]
async fn a_handler_whose_answer_is_huge_fails_its_task_and_not_the_execution() {
    let text = json!({"StartAt": "Do", "States": {
        "Do": {"Type": "Task", "Resource": "do", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}], "Next": "Caught"},
        "Caught": {"Type": "Pass", "End": true}}});
    for huge in ["output", "cause", "error"] {
        let tasks = Tasks::new().handler("do", move |_| async move {
            let text = || "x".repeat(70 * MIB);
            match huge {
                "output" => Ok(json!(text())),
                "cause" => Err(Fault { error: Some("Broken".to_owned()), cause: Some(text()) }),
                _ => Err(Fault { error: Some(text()), cause: None }),
            }
        });
        let log = Arc::new(MemoryLog::new());
        let builder = on(&log).machine("m", &Definition::parse(&text.to_string()).unwrap()).unwrap();
        let machines = builder.tasks(tasks).open().await.unwrap();
        let end = end(&machines, json!({})).await;
        let End::Succeeded(output) = end else { panic!("{huge}: {}", end.status()) };
        let error = output["Error"].as_str().unwrap();
        assert!(error.len() <= 1024, "{huge}");
        assert_eq!(error == "Broken", huge == "cause");
    }
}

#[tokio::test(start_paused = true)]
async fn who_stops_or_answers_with_huge_words_keeps_nothing_from_going_on() {
    let text = json!({"StartAt": "Wait", "States": {
        "Wait": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"token.$": "$$.Task.Token"}, "End": true}}});
    let tokens = Arc::new(std::sync::Mutex::new(Vec::new()));
    let tasks = Tasks::new().handler("arn:aws:states:::sqs:sendMessage", {
        let tokens = Arc::clone(&tokens);
        move |call| {
            tokens.lock().unwrap().push(call.input["token"].as_str().unwrap().to_owned());
            async { Ok(json!({})) }
        }
    });
    let huge = || Fault { error: Some("E".to_owned()), cause: Some("x".repeat(70 * MIB)) };
    let log = Arc::new(MemoryLog::new());
    let builder = on(&log).machine("m", &Definition::parse(&text.to_string()).unwrap()).unwrap();
    let machines = builder.tasks(tasks).open().await.unwrap();
    for (name, stops) in [("stop", true), ("answer", false)] {
        let execution = machines.start("m", name, json!({})).await.unwrap();
        let mut waited = 0;
        let token = loop {
            if let Some(token) = tokens.lock().unwrap().pop() {
                break token;
            }
            waited += 1;
            assert!(waited < 1000);
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        tokio::time::sleep(Duration::from_secs(1)).await;
        match stops {
            true => machines.stop(execution, huge()).await.unwrap(),
            false => machines.answer_task(&token, Err(huge())).await.unwrap(),
        }
        let end = tokio::time::timeout(Duration::from_secs(86_400), machines.result(execution)).await;
        match end.expect("it ends").unwrap() {
            End::Failed(fault) | End::Aborted(fault) => assert_eq!(fault.error.as_deref(), Some("E"), "{name}"),
            other => panic!("{name}: {}", other.status()),
        }
        assert!(!log.read(execution, Version::NONE, 1000).unwrap().is_empty());
    }
}

/// The items of a map in batches, each with an input that is large; and items that are read, which come in pieces.
#[tokio::test(start_paused = true)]
async fn batches_that_no_record_takes_are_refused_and_items_that_are_read_are_not() {
    let batched = json!({"ItemsPath": "$.items", "ItemBatcher": {
        "MaxItemsPerBatch": 1, "BatchInput": {"long.$": "$.long"}}});
    let read = json!({"ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket": "bucket", "Key": "items.json"}}});
    let folder = tempfile::tempdir().unwrap();
    let objects = Buckets::open(folder.path()).unwrap();
    let long = "x".repeat(MIB);
    let body = json!((0..70).map(|_| &long).collect::<Vec<_>>()).to_string();
    objects.put("bucket", "items.json", body.into_bytes()).await.unwrap();
    for (fields, error) in [(batched, Some("States.DataLimitExceeded")), (read, None)] {
        let mut map = json!({"Type": "Map", "End": true, "Label": "Each", "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
            "StartAt": "Item", "States": {"Item": {"Type": "Pass", "Result": 1, "End": true}}}});
        map.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let text = json!({"StartAt": "Map", "States": {"Map": map}}).to_string();
        let tasks = Tasks::new().objects(Buckets::open(folder.path()).unwrap());
        let log = Arc::new(MemoryLog::new());
        let builder = on(&log).machine("m", &Definition::parse(&text).unwrap()).unwrap().tasks(tasks);
        let machines = builder.open().await.unwrap();
        let end = end(&machines, json!({"long": long, "items": (0..80).collect::<Vec<_>>()})).await;
        match (end, error) {
            (End::Failed(fault), Some(_)) => {
                assert_eq!(fault.error.as_deref(), error, "{:?}", fault.cause);
                assert!(fault.cause.unwrap().contains("bytes together"), "{error:?}");
            }
            (End::Succeeded(output), None) => assert_eq!(*output, json!(vec![1; 70])),
            (end, _) => panic!("{error:?}: {}", end.status()),
        }
    }
}
