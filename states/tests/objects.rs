//! Distributed maps over objects: what they read, how it is put into batches, and what they write.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use duramen_actors::TokioClock;
use duramen_states::definition::Definition;
use duramen_states::objects::{Buckets, ObjectError, Objects};
use duramen_states::{End, Fault, Machine, Options, Run, StateMachines, Tasks};
use duramen_storage::{Log, MemoryLog};
use serde_json::{Value, json};

/// A folder of its own, which is gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("duramen-objects-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }

    fn open(&self) -> Buckets {
        Buckets::open(&self.0).unwrap()
    }

    async fn json(&self, key: &str) -> Value {
        serde_json::from_slice(&self.open().get("bucket", key).await.unwrap().body).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A distributed map with those fields beside the processor, which doubles and cannot double 13.
fn map(fields: &Value) -> Definition {
    let mut state = json!({
        "Type": "Map", "End": true, "Label": "each",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Double",
            "States": {"Double": {"Type": "Task", "Resource": "double", "End": true}},
        },
    });
    state.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    Definition::parse(&json!({"StartAt": "Each", "States": {"Each": state}}).to_string()).unwrap()
}

fn reader(config: &Value) -> Value {
    json!({
        "Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config,
        "Parameters": {"Bucket": "bucket", "Key.$": "$.key"},
    })
}

fn tasks(folder: &Folder) -> Tasks {
    let double = |call: duramen_states::Call| async move {
        match call.input.as_i64() {
            Some(13) => Err(Fault { error: Some("Unlucky".to_owned()), cause: Some("13".to_owned()) }),
            Some(number) => Ok(json!(number * 2)),
            None => Ok(call.input.into_value()),
        }
    };
    Tasks::new().handler("double", double).objects(folder.open())
}

async fn run(folder: &Folder, fields: &Value, input: Value) -> Run {
    Machine::new(&map(fields)).unwrap().run(input, &tasks(folder), Options::default()).await
}

fn output(run: &Run) -> Value {
    match &run.end {
        End::Succeeded(output) => (**output).clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn items_are_read_from_an_object_at_most_so_many() {
    let folder = Folder::new();
    folder.open().put("bucket", "a/numbers.json", b"{\"in\": [1, 2, 3]}".to_vec()).await.unwrap();
    let config = json!({"InputType": "JSON", "ItemsPointer": "/in", "MaxItemsPath": "$.most"});
    let run = run(&folder, &json!({"ItemReader": reader(&config)}), json!({"key": "a/numbers.json", "most": 2})).await;
    assert_eq!(output(&run), json!([2, 4]));
}

#[tokio::test]
async fn items_that_cannot_be_read_fail_the_map_and_may_be_caught() {
    let folder = Folder::new();
    folder.open().put("bucket", "other", Vec::new()).await.unwrap();
    let fields = json!({"ItemReader": reader(&json!({"InputType": "JSONL"}))});
    let fault = Fault {
        error: Some("States.ItemReaderFailed".to_owned()),
        cause: Some("The specified key does not exist. (Bucket: bucket, Key: none)".to_owned()),
    };
    assert_eq!(run(&folder, &fields, json!({"key": "none"})).await.end, End::Failed(fault.clone()));
    let without = Machine::new(&map(&fields)).unwrap();
    let run = without.run(json!({"key": "none"}), &Tasks::new(), Options::default()).await;
    assert!(matches!(run.end, End::Failed(Fault { error, .. }) if error == fault.error));
}

#[tokio::test]
async fn what_s3_refuses_is_said_as_its_sdk_says_it() {
    let folder = Folder::new();
    let text = r#"{"StartAt": "Get", "States": {"Get": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
        "Parameters": {"Bucket.$": "$.bucket", "Key": "none"}, "End": true}}}"#;
    let machine = Machine::new(&Definition::parse(text).unwrap()).unwrap();
    folder.open().put("bucket", "key", Vec::new()).await.unwrap();
    for (bucket, error, message) in [
        ("bucket", "S3.NoSuchKeyException", "The specified key does not exist."),
        ("none", "S3.NoSuchBucketException", "The specified bucket does not exist"),
    ] {
        let tasks = Tasks::new().objects(folder.open());
        let run = machine.run(json!({"bucket": bucket}), &tasks, Options::default()).await;
        let End::Failed(Fault { error: found, cause: Some(cause) }) = &run.end else { panic!("{:?}", run.end) };
        assert_eq!(found.as_deref(), Some(error));
        let words = format!("{message} (Service: S3, Status Code: 404, Request ID: ");
        assert!(cause.starts_with(&words) && cause.ends_with(") (SDK Attempt Count: 1)"), "{cause}");
    }
}

#[tokio::test]
async fn a_listing_gives_items_and_may_load_them() {
    let folder = Folder::new();
    for (key, body) in [("in/b.jsonl", "3\n4\n"), ("in/a.jsonl", "1\n2\n"), ("out/c.jsonl", "5\n")] {
        folder.open().put("bucket", key, body.as_bytes().to_vec()).await.unwrap();
    }
    let listing = |config: Value| {
        json!({"ItemReader": {
            "Resource": "arn:aws:states:::s3:listObjectsV2", "ReaderConfig": config,
            "Parameters": {"Bucket": "bucket", "Prefix": "in/"},
        }})
    };
    let listed = output(&run(&folder, &listing(json!({})), json!({})).await);
    assert_eq!(listed[0]["Key"], "in/a.jsonl");
    assert_eq!((listed.as_array().unwrap().len(), &listed[1]["Size"]), (2, &json!(4)));
    let config = json!({"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN", "MaxItems": 3});
    assert_eq!(output(&run(&folder, &listing(config), json!({})).await), json!([2, 4, 6]));
}

#[tokio::test]
async fn what_is_read_is_put_into_batches() {
    let folder = Folder::new();
    folder.open().put("bucket", "items.csv", b"n\n1\n2\n3\n".to_vec()).await.unwrap();
    let batched = |batcher: Value| {
        let config = json!({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"});
        json!({"ItemReader": reader(&config), "ItemBatcher": batcher})
    };
    let input = json!({"key": "items.csv"});
    let batcher = json!({"MaxItemsPerBatch": 2, "BatchInput": {"from.$": "$.key"}});
    let expected = json!([
        {"BatchInput": {"from": "items.csv"}, "Items": [{"n": "1"}, {"n": "2"}]},
        {"BatchInput": {"from": "items.csv"}, "Items": [{"n": "3"}]},
    ]);
    assert_eq!(output(&run(&folder, &batched(batcher), input.clone()).await), expected);
    let bytes = json!({"MaxInputBytesPerBatch": 25});
    assert_eq!(output(&run(&folder, &batched(bytes), input).await).as_array().unwrap().len(), 3);
}

fn written(config: &Value) -> Value {
    json!({"ItemsPath": "$.items", "MaxConcurrency": 1, "ResultWriter": {
        "Resource": "arn:aws:states:::s3:putObject", "WriterConfig": config,
        "Parameters": {"Bucket": "bucket", "Prefix": "out/"},
    }})
}

#[tokio::test]
async fn results_are_written_with_a_manifest() {
    let folder = Folder::new();
    let mut fields = written(&json!({"Transformation": "COMPACT", "OutputType": "JSON"}));
    fields["ToleratedFailureCount"] = json!(1);
    let result = output(&run(&folder, &fields, json!({"items": [1, 13, 3]})).await);
    let details = &result["ResultWriterDetails"];
    assert_eq!(details["Bucket"], "bucket");
    let key = details["Key"].as_str().unwrap();
    assert!(key.starts_with("out/") && key.ends_with("/manifest.json"), "{key}");
    let manifest = folder.json(key).await;
    assert_eq!(manifest["MapRunArn"], result["MapRunArn"]);
    assert_eq!(manifest["ResultFiles"]["PENDING"], json!([]));
    let file = |kind: &str| manifest["ResultFiles"][kind][0]["Key"].as_str().unwrap().to_owned();
    assert_eq!(folder.json(&file("SUCCEEDED")).await, json!([2, 6]));
    assert_eq!(folder.json(&file("FAILED")).await[0]["Error"], "Unlucky");
}

#[tokio::test]
async fn a_map_that_fails_writes_what_it_has() {
    let folder = Folder::new();
    let run = run(&folder, &written(&json!({})), json!({"items": [1, 13, 3]})).await;
    assert!(
        matches!(run.end, End::Failed(fault) if fault.error.as_deref() == Some("States.ExceedToleratedFailureThreshold"))
    );
    let listed = folder.open().list("bucket", "out/", 10).await.unwrap();
    let names: Vec<&str> = listed.iter().filter_map(|object| object.key.rsplit('/').next()).collect();
    assert_eq!(names, ["FAILED_0.json", "PENDING_0.json", "SUCCEEDED_0.json", "manifest.json"]);
}

#[tokio::test]
async fn results_may_be_transformed_and_stay() {
    let folder = Folder::new();
    let fields = |how: &str| json!({"ResultWriter": {"WriterConfig": {"Transformation": how, "OutputType": "JSON"}}});
    assert_eq!(output(&run(&folder, &fields("FLATTEN"), json!([[1, 2], 3])).await), json!([1, 2, 6]));
    assert_eq!(output(&run(&folder, &fields("COMPACT"), json!([[1, 2], 3])).await), json!([[1, 2], 6]));
    assert_eq!(output(&run(&folder, &fields("NONE"), json!([1])).await)[0]["Output"], "2");
}

#[tokio::test]
async fn a_bucket_holds_what_is_put_there_and_no_key_leads_out() {
    let folder = Folder::new();
    let buckets = folder.open();
    assert_eq!(buckets.get("bucket", "key").await, Err(ObjectError::NoSuchBucket));
    buckets.put("bucket", "key", b"x".to_vec()).await.unwrap();
    assert_eq!(buckets.get("bucket", "other").await, Err(ObjectError::NoSuchKey));
    assert!(buckets.put("bucket", "../out", b"x".to_vec()).await.is_err());
    assert!(buckets.get("..", "key").await.is_err());
    assert!(buckets.put("..", "key", b"x".to_vec()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn what_was_read_is_recorded_and_not_read_again() {
    let folder = Folder::new();
    folder.open().put("bucket", "items", b"[1, 2]".to_vec()).await.unwrap();
    let whole = Arc::new(MemoryLog::new());
    let state = json!({
        "ItemReader": reader(&json!({"InputType": "JSON"})),
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Later", "States": {
                "Later": {"Type": "Wait", "Seconds": 3600, "Next": "Double"},
                "Double": {"Type": "Task", "Resource": "double", "End": true},
            },
        },
        "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "bucket", "Prefix": "out"}},
    });
    let open = async |log: &Arc<MemoryLog>| {
        let log: Arc<dyn Log> = Arc::<MemoryLog>::clone(log);
        let builder = StateMachines::builder(log).clock(Arc::new(TokioClock::starting_at(1_700_000_000_000)));
        builder.machine("m", &map(&state)).unwrap().tasks(tasks(&folder)).open().await.unwrap()
    };
    let machines = open(&whole).await;
    let execution = machines.start("m", "one", json!({"key": "items"})).await.unwrap();
    let End::Succeeded(result) = machines.result(execution).await.unwrap() else { panic!() };
    drop(machines);
    folder.open().put("bucket", "items", b"[]".to_vec()).await.unwrap();
    for batches in 2..whole.batches() {
        let machines = open(&Arc::new(whole.prefix(batches))).await;
        assert_eq!(machines.result(execution).await.unwrap(), End::Succeeded(result.clone()), "after {batches}");
        let manifest = folder.json(result["ResultWriterDetails"]["Key"].as_str().unwrap()).await;
        let results = folder.json(manifest["ResultFiles"]["SUCCEEDED"][0]["Key"].as_str().unwrap()).await;
        assert_eq!((&results[0]["Output"], &results[1]["Output"]), (&json!("2"), &json!("4")));
    }
}
