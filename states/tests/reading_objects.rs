//! What `ItemReader` reads: pointers, delimiters, packed objects, listings and manifests, its bounds and its errors; and what
//! every store of objects promises.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "a test"
)]

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex};

use duramen_actors::TokioClock;
use duramen_states::definition::Definition;
use duramen_states::objects::object_store::ObjectStore;
use duramen_states::objects::object_store::memory::InMemory;
use duramen_states::objects::{Buckets, ObjectError, Objects, Stores};
use duramen_states::validate::{Options as Rules, validate};
use duramen_states::{End, Fault, Limits, Machine, Options, StateMachines, Tasks};
use duramen_storage::{Log, MemoryLog};
use serde_json::{Value, json};

/// Buckets in memory, each made when it is first named.
fn memory() -> Stores {
    let buckets: Mutex<HashMap<String, Arc<InMemory>>> = Mutex::default();
    Stores::new(move |bucket| match bucket {
        "none" => Err(ObjectError::NoSuchBucket),
        _ => Ok(buckets.lock().unwrap().entry(bucket.to_owned()).or_default().clone() as Arc<dyn ObjectStore>),
    })
}

async fn with(objects: &[(&str, &[u8])]) -> Stores {
    let stores = memory();
    for (path, body) in objects {
        let (bucket, key) = path.split_once('/').unwrap();
        stores.put(bucket, key, body.to_vec()).await.unwrap();
    }
    stores
}

/// A distributed map in JSONata whose result is its items.
fn map(reader: &Value) -> Definition {
    let machine = json!({"QueryLanguage": "JSONata", "StartAt": "Each", "States": {"Each": {
        "Type": "Map", "End": true, "ItemReader": reader,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Same", "States": {"Same": {"Type": "Pass", "End": true}},
        },
    }}});
    Definition::parse(&machine.to_string()).unwrap()
}

fn get(config: Value, key: &str) -> Value {
    json!({"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config, "Arguments": {"Bucket": "b", "Key": key}})
}

fn listing(config: Value) -> Value {
    json!({
        "Resource": "arn:aws:states:::s3:listObjectsV2", "ReaderConfig": config,
        "Arguments": {"Bucket": "b", "Prefix": "{% $states.input.prefix %}"},
    })
}

/// The items, or the cause of the failure.
async fn read_with(limits: Limits, objects: Stores, reader: &Value, input: Value) -> Result<Value, String> {
    let machine = Machine::new(&map(reader)).unwrap().limits(limits);
    match machine.run(input, &Tasks::new().objects(objects), Options::default()).await.end {
        End::Succeeded(output) => Ok(output.into_value()),
        End::Failed(Fault { error, cause }) => {
            assert_eq!(error.as_deref(), Some("States.ItemReaderFailed"));
            Err(cause.unwrap())
        }
        other => panic!("{other:?}"),
    }
}

async fn read(objects: Stores, reader: &Value, input: Value) -> Result<Value, String> {
    read_with(Limits::default(), objects, reader, input).await
}

fn packed(plain: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(plain.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn an_expression_may_say_where_the_items_stand() {
    let objects = with(&[("b/k", br#"{"a": {"b": [1, 2]}, "c": [3]}"#)]).await;
    let reader = get(json!({"InputType": "JSON", "ItemsPointer": "{% '/' & $join($states.input.path, '/') %}"}), "k");
    assert_eq!(read(objects, &reader, json!({"path": ["a", "b"]})).await, Ok(json!([1, 2])));
    let objects = with(&[("b/k", br#"{"a": {"b": [1, 2]}, "c": [3]}"#)]).await;
    let written = get(json!({"InputType": "JSON", "ItemsPointer": "/c"}), "k");
    assert_eq!(read(objects, &written, json!({})).await, Ok(json!([3])));
}

#[tokio::test]
async fn an_expression_that_gives_no_text_fails_the_state() {
    let reader = get(json!({"InputType": "JSON", "ItemsPointer": "{% 1 %}"}), "k");
    let machine = Machine::new(&map(&reader)).unwrap();
    let run = machine.run(json!({}), &Tasks::new().objects(memory()), Options::default()).await;
    let End::Failed(Fault { error, cause }) = run.end else { panic!("{:?}", run.end) };
    assert_eq!(error.as_deref(), Some("States.QueryEvaluationError"));
    assert!(cause.unwrap().contains("'ItemsPointer' returned an unexpected result type"));
}

#[test]
fn an_expression_that_is_none_is_found_before_anything_runs() {
    let definition = map(&get(json!({"InputType": "JSON", "ItemsPointer": "{% $( %}"}), "k"));
    assert!(Machine::new(&definition).unwrap_err()[0].to_string().contains("ItemsPointer"));
    let said = validate(definition.text(), &Rules::default());
    assert!(said.iter().any(|diagnostic| diagnostic.pointer.to_string().ends_with("ItemsPointer")), "{said:?}");
}

#[tokio::test]
async fn packed_objects_are_unpacked() {
    let objects = with(&[("b/k.csv.gz", &packed("a;b\n1;2\n"))]).await;
    let config = json!({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "CSVDelimiter": "SEMICOLON"});
    assert_eq!(read(objects, &get(config, "k.csv.gz"), json!({})).await, Ok(json!([{"a": "1", "b": "2"}])));
}

#[tokio::test]
async fn the_items_of_all_objects_of_a_listing_are_one_list() {
    let objects: [(&str, &[u8]); 4] =
        [("b/in/2.json", b"[3]"), ("b/in/1.json", b"[1, 2]"), ("b/in/3.json", b"[]"), ("b/out", b"[9]")];
    let config = json!({"InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN"});
    let prefix = json!({"prefix": "in/"});
    assert_eq!(read(with(&objects).await, &listing(config), prefix.clone()).await, Ok(json!([1, 2, 3])));
    let listed = read(with(&objects).await, &listing(json!({"MaxItems": 1})), prefix).await.unwrap();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["Key"]), (1, &json!("in/1.json")));
}

#[tokio::test]
async fn an_inventory_gives_what_its_files_say_of_objects() {
    let rows = packed("\"b\",\"one%20two\",\"5\"\n\"b\",\"three\",\"7\"\n");
    let checksum = |md5: &str| {
        json!({
            "destinationBucket": "arn:aws:s3:::kept", "fileFormat": "CSV", "fileSchema": "Bucket, Key, Size",
            "files": [{"key": "data/1.csv.gz", "size": rows.len(), "MD5checksum": md5}],
        })
        .to_string()
    };
    let md5 = etag(&rows).await;
    let right = with(&[("b/m.json", checksum(&md5).as_bytes()), ("kept/data/1.csv.gz", &rows)]).await;
    let items = json!([{"Bucket": "b", "Key": "one%20two", "Size": "5"}, {"Bucket": "b", "Key": "three", "Size": "7"}]);
    assert_eq!(read(right, &get(json!({"InputType": "MANIFEST"}), "m.json"), json!({})).await, Ok(items.clone()));
    let most = get(json!({"ManifestType": "S3_INVENTORY", "MaxItems": 1}), "m.json");
    let again = with(&[("b/m.json", checksum(&md5).as_bytes()), ("kept/data/1.csv.gz", &rows)]).await;
    assert_eq!(read(again, &most, json!({})).await, Ok(json!([items[0]])));
    let wrong = with(&[("b/m.json", checksum("00").as_bytes()), ("kept/data/1.csv.gz", &rows)]).await;
    assert_eq!(
        read(wrong, &most, json!({})).await.unwrap_err(),
        "The content is not the one that the manifest names. (Bucket: kept, Key: data/1.csv.gz)"
    );
}

async fn etag(body: &[u8]) -> String {
    let objects = with(&[("b/k", body)]).await;
    objects.get("b", "k").await.unwrap().etag().trim_matches('"').to_owned()
}

#[tokio::test]
async fn a_manifest_of_athena_gives_the_items_of_the_objects_it_names() {
    let manifest = b"s3://b/data/1.gz\ns3://other/data/2\n";
    let rows = packed("{\"n\": 1}\n{\"n\": 2}\n");
    let objects: [(&str, &[u8]); 3] = [("b/m.csv", manifest), ("b/data/1.gz", &rows), ("other/data/2", b"{\"n\": 3}")];
    for config in [json!({"InputType": "JSONL"}), json!({"InputType": "MANIFEST"}), json!({})] {
        let mut config = config;
        config["ManifestType"] = json!("ATHENA_DATA");
        let found = read(with(&objects).await, &get(config, "m.csv"), json!({})).await;
        assert_eq!(found, Ok(json!([{"n": 1}, {"n": 2}, {"n": 3}])));
    }
    let csv = json!({
        "ManifestType": "ATHENA_DATA", "InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["n"]
    });
    let objects = with(&[("b/m.csv", b"s3://b/1"), ("b/1", b"1\n2\n")]).await;
    assert_eq!(read(objects, &get(csv, "m.csv"), json!({})).await, Ok(json!([{"n": "1"}, {"n": "2"}])));
}

#[tokio::test]
async fn causes_say_where_it_is() {
    let objects: [(&str, &[u8]); 4] =
        [("b/lines", b"1\n{\n"), ("b/json", b"{"), ("b/m", b"s3://none/k"), ("b/table", b"\xff\n")];
    let cause =
        async |config: Value, key: &str| read(with(&objects).await, &get(config, key), json!({})).await.unwrap_err();
    let lines = cause(json!({"InputType": "JSONL"}), "lines").await;
    assert!(lines.starts_with("Line 2 is not JSON: ") && lines.ends_with("(Bucket: b, Key: lines)"), "{lines}");
    let json = cause(json!({"InputType": "JSON"}), "json").await;
    assert!(json.starts_with("The content is not JSON: ") && json.ends_with("(Bucket: b, Key: json)"), "{json}");
    let csv = cause(json!({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}), "table").await;
    assert!(csv.starts_with("Line 1 is not CSV") && csv.ends_with("(Bucket: b, Key: table)"), "{csv}");
    let named = cause(json!({"ManifestType": "ATHENA_DATA"}), "m").await;
    assert_eq!(named, "The specified bucket does not exist (Bucket: none, Key: k)");
    let missing = cause(json!({"InputType": "JSON"}), "nothing").await;
    assert_eq!(missing, "The specified key does not exist. (Bucket: b, Key: nothing)");
}

#[tokio::test]
async fn what_is_read_is_bounded_in_items_and_in_bytes() {
    let reader = get(json!({"InputType": "JSON"}), "k");
    let objects = with(&[("b/k", b"[1, 2, 3]")]).await;
    let items = read_with(Limits::default().reader_items(2), objects, &reader, json!({}));
    assert_eq!(items.await.unwrap_err(), "There are more items than the 2 that may be read.");
    let config = json!({"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"});
    let two: [(&str, &[u8]); 2] = [("b/1", b"\"a\""), ("b/2", b"\"b\"")];
    let bytes = |bytes| Limits::default().reader_bytes(bytes);
    let all = read_with(bytes(6), with(&two).await, &listing(config.clone()), json!({"prefix": ""})).await;
    assert_eq!(all, Ok(json!(["a", "b"])));
    let less = read_with(bytes(5), with(&two).await, &listing(config), json!({"prefix": ""})).await;
    let cause = "The object has 3 bytes, of which 2 may be read at most. (Bucket: b, Key: 2)";
    assert_eq!(less.unwrap_err(), cause);
}

#[tokio::test(start_paused = true)]
async fn where_the_items_stand_is_recorded() {
    let reader = get(json!({"InputType": "JSON", "ItemsPointer": "{% $states.input.at %}"}), "k");
    let open = async |log: &Arc<MemoryLog>| {
        let objects = with(&[("b/k", br#"{"a": [1, 2]}"#)]).await;
        let log: Arc<dyn Log> = Arc::<MemoryLog>::clone(log);
        let builder = StateMachines::builder(log).clock(Arc::new(TokioClock::starting_at(1_700_000_000_000)));
        builder.machine("m", &map(&reader)).unwrap().tasks(Tasks::new().objects(objects)).open().await.unwrap()
    };
    let whole = Arc::new(MemoryLog::new());
    let machines = open(&whole).await;
    let execution = machines.start("m", "one", json!({"at": "/a"})).await.unwrap();
    assert_eq!(machines.result(execution).await.unwrap(), End::Succeeded(json!([1, 2]).into()));
    for batches in 1..whole.batches() {
        let machines = open(&Arc::new(whole.prefix(batches))).await;
        assert_eq!(machines.result(execution).await.unwrap(), End::Succeeded(json!([1, 2]).into()), "after {batches}");
    }
}

/// What is promised of every store.
async fn holds_objects(objects: &dyn Objects) {
    assert_eq!(objects.get("none", "k").await, Err(ObjectError::NoSuchBucket));
    for (key, body) in [("in/b", "22"), ("in/a", "1"), ("inner", "333"), ("in.txt", "4444")] {
        objects.put("bucket", key, body.as_bytes().to_vec()).await.unwrap_or_else(|error| panic!("{key}: {error}"));
    }
    assert_eq!(objects.get("bucket", "in/a").await.unwrap().body, b"1");
    objects.put("bucket", "in/a", b"11".to_vec()).await.unwrap();
    assert_eq!(objects.get("bucket", "in/a").await.unwrap().body, b"11");
    assert_eq!(objects.get("bucket", "other").await, Err(ObjectError::NoSuchKey));
    assert_eq!(objects.get_at_most("bucket", "inner", 3).await.unwrap().body, b"333");
    let too_large = ObjectError::TooLarge { bytes: 3, most_bytes: 2 };
    assert_eq!(objects.get_at_most("bucket", "inner", 2).await, Err(too_large));
    let keys = async |prefix: &str, most: usize| {
        let listed = objects.list("bucket", prefix, most).await.unwrap();
        listed.into_iter().map(|object| (object.key, object.size)).collect::<Vec<_>>()
    };
    let (a, b) = (("in/a".to_owned(), 2), ("in/b".to_owned(), 2));
    assert_eq!(keys("in/", 9).await, [a.clone(), b.clone()]);
    assert_eq!(keys("in", 9).await, [("in.txt".to_owned(), 4), a.clone(), b, ("inner".to_owned(), 3)]);
    assert_eq!(keys("in/", 1).await, [a]);
    assert_eq!(keys("inn", 9).await, [("inner".to_owned(), 3)]);
    assert_eq!(keys("other", 9).await, []);
    for (bucket, key) in [("bucket", "../out"), ("a/b", "k"), ("", "k")] {
        assert!(objects.put(bucket, key, b"x".to_vec()).await.is_err(), "{bucket} {key}");
        assert!(objects.get(bucket, key).await.is_err(), "{bucket} {key}");
    }
}

#[tokio::test]
async fn stores_in_memory_hold_objects() {
    holds_objects(&memory()).await;
}

#[tokio::test]
async fn a_folder_holds_objects() {
    let folder = tempfile::tempdir().unwrap();
    holds_objects(&Buckets::open(folder.path()).unwrap()).await;
}

#[cfg(feature = "s3")]
mod s3 {
    use duramen_states::objects::object_store::aws::AmazonS3Builder;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A service that answers one request, and gives its head.
    async fn service(answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mut head, mut buffer) = (Vec::new(), [0; 4096]);
            while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                let read = stream.read(&mut buffer).await.unwrap();
                assert_ne!(read, 0, "the request ends too early");
                head.extend_from_slice(&buffer[..read]);
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            String::from_utf8_lossy(&head).into_owned()
        });
        (endpoint, served)
    }

    fn stores(endpoint: &str) -> Stores {
        let builder = AmazonS3Builder::new().with_endpoint(endpoint).with_allow_http(true).with_region("eu-central-1");
        let builder = builder.with_access_key_id("AKID").with_secret_access_key("secret");
        Stores::s3(builder.with_virtual_hosted_style_request(false))
    }

    #[tokio::test]
    async fn objects_are_asked_for_by_path_and_with_a_signature() {
        let found = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nETag: \"x\"\r\n\
                     Last-Modified: Tue, 01 Jan 2030 00:00:00 GMT\r\nConnection: close\r\n\r\n[1]";
        let (endpoint, served) = service(found).await;
        let object = stores(&endpoint).get("orders", "2030/first.json").await.unwrap();
        assert_eq!((object.body.as_slice(), object.modified_s), (b"[1]".as_slice(), 1_893_456_000));
        let head = served.await.unwrap();
        assert!(head.starts_with("GET /orders/2030/first.json HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("AWS4-HMAC-SHA256 Credential=AKID/") && head.contains("/eu-central-1/s3/"), "{head}");
    }

    #[tokio::test]
    async fn what_the_service_says_is_told_apart() {
        let body = |code: &str| format!("<Error><Code>{code}</Code></Error>");
        for (status, code, error) in [
            ("404 Not Found", "NoSuchKey", ObjectError::NoSuchKey),
            ("404 Not Found", "NoSuchBucket", ObjectError::NoSuchBucket),
            ("403 Forbidden", "AccessDenied", ObjectError::AccessDenied),
        ] {
            let body = body(code);
            let answer =
                format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
            let (endpoint, served) = service(Box::leak(answer.into_boxed_str())).await;
            assert_eq!(stores(&endpoint).get("orders", "first").await, Err(error), "{code}");
            served.await.unwrap();
        }
    }
}
