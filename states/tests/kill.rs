//! A real process is killed with SIGKILL again and again while it runs and redrives state machines; every execution that was
//! acknowledged ends as it should, and what succeeded is not run again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use duramen_states::definition::Definition;
use duramen_states::{Call, End, Error, Fault, StateMachines, Tasks};
use duramen_storage::{ExecutionId, Query, SledLog, Status};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

const LIVES: u64 = 20;
const FOLDER: &str = "DURAMEN_KILLED_IN";
const LIFE: &str = "DURAMEN_LIFE";

/// A task that notes that it ran, is given its name, and refuses at first for those numbers that this divides.
fn task(name: &str, refused: u64) -> Value {
    json!({"Type": "Task", "Resource": "note", "End": true, "ResultPath": "$.done", "Parameters": {
        "name": name, "refused": refused, "input.$": "$", "redrives.$": "$$.Execution.RedriveCount"}})
}

/// A step, then side by side a distributed map, an execution that is waited for, and a map; and a step that refuses at first.
fn machines() -> [(&'static str, Value); 2] {
    let alone = |name: &str, refused| json!({"StartAt": name, "States": {name: task(name, refused)}});
    let mut items = alone("item", 3);
    items["ProcessorConfig"] = json!({"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"});
    let selector = json!({"n.$": "$.n", "of.$": "$$.Map.Item.Value"});
    let map = |name: &str, processor: Value| {
        json!({"StartAt": name, "States": {name: {"Type": "Map", "End": true, "ItemsPath": "$.items",
            "ItemSelector": selector, "ItemProcessor": processor}}})
    };
    let child = json!({"StartAt": "Child", "States": {"Child": {"Type": "Task", "End": true,
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": "child", "Input": {"n.$": "$.n"}}, "OutputPath": "$.Output"}}});
    let (mut first, last) = (task("first", 0), task("last", 2));
    first.as_object_mut().unwrap().remove("End");
    first["Next"] = json!("Both");
    let both = json!({"Type": "Parallel", "Next": "last", "ResultPath": "$.both",
        "Branches": [map("Each", items), child, map("Inline", alone("inline", 0))]});
    let whole = json!({"StartAt": "first", "States": {"first": first, "Both": both, "last": last}});
    [("m", whole), ("child", alone("child", 0))]
}

/// Notes that a task ran, as one line in one write.
async fn note(call: Call) -> Result<Value, Fault> {
    let (n, of) = (call.input["input"]["n"].as_u64().unwrap(), call.input["input"]["of"].as_u64().unwrap_or(0));
    let (name, redrives) = (call.input["name"].as_str().unwrap(), call.input["redrives"].as_u64().unwrap());
    let file = Path::new(&std::env::var(FOLDER).unwrap()).join("ran");
    let line = format!("{} {n} {name} {of} {redrives}\n", std::env::var(LIFE).unwrap());
    let file = std::fs::OpenOptions::new().append(true).create(true).open(file);
    file.and_then(|mut file| file.write_all(line.as_bytes())).unwrap();
    let refused = call.input["refused"].as_u64().unwrap();
    match redrives == 0 && of != 1 && refused > 0 && n % refused == 0 {
        true => Err(Fault { error: Some("Refused".to_owned()), cause: None }),
        false => Ok(json!(n + of)),
    }
}

/// Takes up what was left, and goes on with what had failed.
async fn open(folder: &str) -> StateMachines {
    let log = SledLog::builder(Path::new(folder).join("data")).open().unwrap();
    let mut builder = StateMachines::builder(Arc::new(log)).tasks(Tasks::new().handler("note", note)).snapshot_every(4);
    for (name, text) in machines() {
        builder = builder.machine(name, &Definition::parse(&text.to_string()).unwrap()).unwrap();
    }
    builder.open().await.unwrap()
}

/// Redrives an execution until it has succeeded, and gives its output.
async fn settle(machines: &StateMachines, execution: ExecutionId) -> Value {
    loop {
        match machines.result(execution).await.unwrap() {
            End::Succeeded(output) => return output.into_value(),
            End::Failed(_) => match machines.redrive(execution).await {
                // As long as not all have been told of its end, it has not ended; or another one was faster.
                Ok(_) | Err(Error::NotRedrivable { .. }) => tokio::time::sleep(Duration::from_millis(2)).await,
                Err(error) => panic!("{error}"),
            },
            other => panic!("{}", other.status()),
        }
    }
}

async fn all(machines: &StateMachines) -> Vec<(ExecutionId, String, Status)> {
    let (mut query, mut all) = (Query::new().definition("m"), Vec::new());
    loop {
        let page = machines.list(query.clone()).await.unwrap();
        all.extend(page.rows.into_iter().map(|row| (row.execution, row.name, row.status)));
        match page.next {
            Some(next) => query = query.after(next),
            None => return all,
        }
    }
}

fn block_on(living: impl Future<Output = ()>) {
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    tokio.block_on(living);
}

/// The life of a process that is killed: it takes up what was left, and starts new executions until it dies.
#[test]
fn life() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    block_on(async {
        let machines = open(&folder).await;
        println!("\nopen");
        for (execution, _, status) in all(&machines).await {
            if status != Status::Succeeded {
                let machines = machines.clone();
                tokio::spawn(async move { settle(&machines, execution).await });
            }
        }
        let life: u64 = std::env::var(LIFE).unwrap().parse().unwrap();
        let room = Arc::new(Semaphore::new(8));
        for nth in 0_u64.. {
            let (n, machines) = (life * 1_000 + nth, machines.clone());
            let place = Arc::clone(&room).acquire_owned().await.unwrap();
            let execution = machines.start("m", &n.to_string(), json!({"n": n, "items": [1, 2]})).await.unwrap();
            println!("started {n}");
            tokio::spawn(async move {
                settle(&machines, execution).await;
                drop(place);
            });
        }
    });
}

/// The last life comes to an end: it tells what has come of each execution.
#[test]
fn last_life() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    block_on(async {
        let machines = open(&folder).await;
        println!("\nopen");
        let settled = all(&machines).await.into_iter().map(|(execution, name, _)| {
            let machines = &machines;
            async move { println!("ended {name} {}", settle(machines, execution).await) }
        });
        futures::future::join_all(settled).await;
        assert_eq!(machines.shutdown(Duration::from_secs(10)).await, 0);
    });
}

fn spawn(test: &str, folder: &Path, life: u64) -> (Child, std::thread::JoinHandle<Vec<String>>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(FOLDER, folder)
        .env(LIFE, life.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == "open"), "life {life} did not open");
    (child, std::thread::spawn(move || lines.collect()))
}

/// What is said behind that word.
fn said<'l>(lines: &'l [String], word: &str) -> impl Iterator<Item = (u64, &'l str)> {
    let said = lines.iter().filter_map(move |line| line.strip_prefix(word)?.strip_prefix(' '));
    said.map(|rest| {
        let (number, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        (number.parse().unwrap(), rest)
    })
}

#[test]
fn every_execution_succeeds_after_many_kills() {
    let folder = tempfile::tempdir().unwrap();
    let mut started = Vec::new();
    for life in 1..=LIVES {
        let (mut child, reader) = spawn("life", folder.path(), life);
        std::thread::sleep(Duration::from_millis(1 + life * 97 % 250));
        child.kill().unwrap();
        child.wait().unwrap();
        started.extend(said(&reader.join().unwrap(), "started").map(|(n, _)| n));
    }
    assert!(!started.is_empty());
    let (mut child, reader) = spawn("last_life", folder.path(), LIVES + 1);
    assert!(child.wait().unwrap().success());
    let lines = reader.join().unwrap();
    let ended: HashMap<u64, &str> = said(&lines, "ended").collect();
    for n in started {
        let end = ended.get(&n).unwrap_or_else(|| panic!("{n} was acknowledged and is gone"));
        let end: Value = serde_json::from_str(end).unwrap();
        let done = |of: u64| json!({"n": n, "of": of, "done": n + of});
        let items = json!([done(1), done(2)]);
        assert_eq!(end["both"], json!([items, {"n": n, "done": n}, items]), "{n}");
        assert_eq!(end["done"], json!(n));
    }
    let mut runs: HashMap<String, Vec<u64>> = HashMap::new();
    for line in std::fs::read_to_string(folder.path().join("ran")).unwrap().lines() {
        let (life, what) = line.split_once(' ').unwrap();
        runs.entry(what.to_owned()).or_default().push(life.parse().unwrap());
    }
    for (what, lives) in runs {
        let n: u64 = what.split(' ').next().unwrap().parse().unwrap();
        if n.is_multiple_of(3) && what.contains("child") {
            // The branch beside it failed: it may have been stopped, and then another one is started by the redrive.
            continue;
        }
        // Once in each life, and no more in the one behind that in which it ended.
        assert!(lives.is_sorted() && lives.windows(2).all(|pair| pair[0] < pair[1]), "{what}: {lives:?}");
        assert!(!what.contains("first") || what.ends_with(" 0"), "{what} was done, and again by a redrive");
    }
}
