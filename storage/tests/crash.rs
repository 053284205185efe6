//! A process is killed while it appends: what it acknowledged is there, and no batch is torn.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests may panic")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, io, thread};

use duramen_storage::{Batch, ExecutionId, Kind, Log, Query, RecordKind, SledLog, Status, Summary, Version};

const FOLDER: &str = "DURAMEN_TEST_FOLDER";
const THREADS: u64 = 4;
/// Records a batch; every third one is large enough for chunks.
const RECORDS: u64 = 3;
const ROUNDS: u64 = 10;

fn execution(thread: u64) -> ExecutionId {
    ExecutionId::new(thread + 1, [3; 10])
}

fn body(version: u64) -> Vec<u8> {
    vec![version as u8; if version.is_multiple_of(RECORDS) { 9_000 } else { 100 }]
}

fn row(thread: u64) -> Summary {
    Summary {
        execution: execution(thread),
        kind: Kind(1),
        definition: "order".to_owned(),
        name: thread.to_string(),
        revision: 1,
        status: Status::Running,
        awake: true,
        started_ms: thread + 1,
        closed_ms: None,
        note: None,
    }
}

/// Not a test by itself: the process that is killed.
#[test]
fn child() {
    let Ok(folder) = env::var(FOLDER) else { return };
    let log = SledLog::builder(folder).open().unwrap();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let log = &log;
            scope.spawn(move || {
                let mut version = log.last(execution(thread)).unwrap().map_or(Version::NONE, |last| last.version);
                loop {
                    let mut batch = Batch::new(execution(thread), version);
                    for number in 1..=RECORDS {
                        batch = batch.record(RecordKind(1), body(version.get() + number));
                    }
                    // Each batch moves the summary, and sets the timer of the next while it clears its own.
                    let awake = (version.get() / RECORDS).is_multiple_of(2);
                    let before = (version != Version::NONE).then(|| Summary { awake: !awake, ..row(thread) }.place());
                    batch = batch.summary(before, Summary { awake, ..row(thread) });
                    batch = batch.clear_timer(version.get()).set_timer(version.get() + RECORDS);
                    version = log.append(batch).unwrap();
                    let line = format!("acked {thread} {version}\n");
                    io::stdout().lock().write_all(line.as_bytes()).unwrap();
                }
            });
        }
    });
}

/// Runs the child until it has acknowledged `acks` batches more, kills it, and notes what it acknowledged.
fn run_and_kill(folder: &Path, acks: usize, acked: &mut BTreeMap<u64, u64>) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["child", "--exact", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut note = |line: String| {
        let mut words = line.split(' ').skip_while(|word| !word.ends_with("acked")).skip(1);
        let (Some(thread), Some(version)) = (words.next(), words.next()) else { return false };
        acked.insert(thread.parse().unwrap(), version.parse().unwrap());
        true
    };
    let mut count = 0;
    while count < acks {
        count += usize::from(note(lines.next().expect("the child ended by itself")));
    }
    child.kill().unwrap();
    // What was written to the pipe before the kill was acknowledged too. A line cut short was not.
    let rest: Vec<String> = lines.collect();
    for line in rest.iter().take(rest.len().saturating_sub(1)) {
        note(line.clone());
    }
    child.wait().unwrap();
}

fn assert_whole(folder: &Path, acked: &BTreeMap<u64, u64>) {
    let log = SledLog::builder(folder).open().unwrap();
    assert!(log.damage().is_empty());
    for thread in 0..THREADS {
        let records = log.read(execution(thread), Version::NONE, usize::MAX).unwrap();
        let stands = records.len() as u64;
        assert!(stands >= acked.get(&thread).copied().unwrap_or(0), "an acknowledged batch is gone");
        assert_eq!(stands % RECORDS, 0, "a batch is torn");
        for record in &records {
            assert_eq!(record.body, body(record.version.get()));
        }
        if stands == 0 {
            continue;
        }
        let due: Vec<_> = log.timers(None, u64::MAX, 100).unwrap();
        let due: Vec<u64> =
            due.iter().filter(|timer| timer.execution == execution(thread)).map(|timer| timer.due_ms).collect();
        assert_eq!(due, [stands], "timers are not those of the last batch");
        let awake = (stands / RECORDS - 1).is_multiple_of(2);
        assert_eq!(log.summary(execution(thread)).unwrap(), Some(Summary { awake, ..row(thread) }));
    }
    let rows = log.list(&Query::new()).unwrap().rows;
    assert!(rows.len() as u64 <= THREADS, "a summary is at two places");
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut acked = BTreeMap::new();
    for round in 0..ROUNDS {
        run_and_kill(folder.path(), (round * 37 % 90) as usize, &mut acked);
        assert_whole(folder.path(), &acked);
    }
    assert!(acked.values().sum::<u64>() > ROUNDS * RECORDS);
}
