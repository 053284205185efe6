//! Damage on disk is found and named, and everything else can still be read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests may panic")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, mpsc};
use std::{env, thread};

use duramen_storage::{
    Batch, Error, ExecutionId, Kind, Log, Query, RecordKind, SledLog, Snapshot, Status, Summary, Version,
};
use tempfile::TempDir;

const FOLDER: &str = "DURAMEN_TEST_FOLDER";
const STREAMS: u64 = 5;
const VERSIONS: u64 = 20;

fn execution(number: u64) -> ExecutionId {
    ExecutionId::new(number, [3; 10])
}

fn body(number: u64, version: u64) -> Vec<u8> {
    vec![(number * 20 + version) as u8; if version == 7 { 10_000 } else { 200 }]
}

fn summary(number: u64) -> Summary {
    Summary {
        execution: execution(number),
        kind: Kind(1),
        definition: "order".to_owned(),
        name: number.to_string(),
        revision: 1,
        status: Status::Running,
        awake: true,
        started_ms: number,
        closed_ms: None,
        note: None,
    }
}

fn open(folder: &Path) -> SledLog {
    SledLog::builder(folder).cache_bytes(1 << 20).open().unwrap()
}

/// A folder with a log that was closed: streams 1 to 5 of 20 records, with summaries and snapshots, of each the third
/// record marked.
fn filled() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    for number in 1..=STREAMS {
        for version in 0..VERSIONS {
            let mut batch = Batch::new(execution(number), Version::new(version));
            batch = batch.record(RecordKind(1), body(number, version + 1));
            if version == 0 {
                batch = batch.summary(None, summary(number));
            }
            if version + 1 == VERSIONS {
                let version = Version::new(VERSIONS);
                batch = batch.snapshot(Snapshot { version, kind: RecordKind(2), body: vec![1; 9000] });
            }
            if version == 2 {
                batch = batch.mark("total");
            }
            log.submit(batch, Box::new(|outcome| assert!(outcome.is_ok())));
        }
    }
    log.close().unwrap();
    folder
}

/// Changes the tree behind the back of the log.
fn tamper(folder: &Path, change: impl FnOnce(&sled::Db)) {
    let db = sled::Config::new().path(folder.join("log")).open().unwrap();
    change(&db);
    db.flush().unwrap();
}

fn record_key(number: u64, version: u64) -> Vec<u8> {
    [&[1], execution(number).as_bytes().as_slice(), &version.to_be_bytes()].concat()
}

fn chunk_key(number: u64, version: u64, index: u32) -> Vec<u8> {
    [&[2], execution(number).as_bytes().as_slice(), &version.to_be_bytes(), &index.to_be_bytes()].concat()
}

fn summary_key(number: u64) -> Vec<u8> {
    // Running is 0, and awake is 1 behind it.
    [&[3, 1], execution(number).as_bytes().as_slice()].concat()
}

fn snapshot_key(number: u64) -> Vec<u8> {
    [&[6], execution(number).as_bytes().as_slice()].concat()
}

fn mark_key(number: u64) -> Vec<u8> {
    [&[8], execution(number).as_bytes().as_slice(), b"total"].concat()
}

fn change(db: &sled::Db, key: &[u8], how: impl FnOnce(&mut Vec<u8>)) {
    let mut value = db.get(key).unwrap().expect("there is such a row").to_vec();
    how(&mut value);
    db.insert(key, value).unwrap();
}

/// That reading stream 3 fails at `version` of `what`, and that all other streams can be read.
fn assert_found(folder: &Path, version: u64, how: &str) {
    let log = open(folder);
    let outcome = log.read(execution(3), Version::NONE, 1000);
    match &outcome {
        Err(error @ Error::Corrupt { execution: of, version: at, what: "record", .. }) => {
            assert_eq!((*of, at.get()), (execution(3), version));
            assert!(error.to_string().contains(how), "{error}");
        }
        other => panic!("{other:?}"),
    }
    let before = log.read(execution(3), Version::NONE, version as usize - 1).unwrap();
    assert_eq!(before.len() as u64, version - 1);
    for number in [1, 2, 4, 5] {
        let records = log.read(execution(number), Version::NONE, 1000).unwrap();
        assert!((1..=VERSIONS).zip(&records).all(|(version, record)| record.body == body(number, version)));
        assert_eq!(records.len() as u64, VERSIONS);
    }
    assert_eq!(log.list(&Query::new()).unwrap().rows.len() as u64, STREAMS);
}

#[test]
fn a_flipped_bit_in_a_record() {
    let folder = filled();
    tamper(folder.path(), |db| change(db, &record_key(3, 5), |value| value[50] ^= 4));
    assert_found(folder.path(), 5, "checksum");
}

#[test]
fn a_record_cut_short() {
    let folder = filled();
    tamper(folder.path(), |db| change(db, &record_key(3, 5), |value| value.truncate(100)));
    assert_found(folder.path(), 5, "checksum");
    tamper(folder.path(), |db| change(db, &record_key(3, 5), Vec::clear));
    assert_found(folder.path(), 5, "empty");
}

#[test]
fn a_record_in_the_place_of_another() {
    let folder = filled();
    tamper(folder.path(), |db| {
        let other = db.get(record_key(3, 6)).unwrap().unwrap();
        db.insert(record_key(3, 5), other).unwrap();
    });
    assert_found(folder.path(), 5, "checksum");
    tamper(folder.path(), |db| {
        let other = db.get(record_key(2, 5)).unwrap().unwrap();
        db.insert(record_key(3, 5), other).unwrap();
    });
    assert_found(folder.path(), 5, "checksum");
}

#[test]
fn a_record_that_is_missing() {
    let folder = filled();
    tamper(folder.path(), |db| assert!(db.remove(record_key(3, 1)).unwrap().is_some()));
    assert_found(folder.path(), 1, "missing");
}

#[test]
fn a_chunk_that_is_damaged_or_missing() {
    let folder = filled();
    tamper(folder.path(), |db| change(db, &chunk_key(3, 7, 1), |value| value[0] ^= 1));
    assert_found(folder.path(), 7, "checksum");
    tamper(folder.path(), |db| assert!(db.remove(chunk_key(3, 7, 2)).unwrap().is_some()));
    assert_found(folder.path(), 7, "bytes");
}

#[test]
fn the_newest_record_is_checked_too() {
    let folder = filled();
    tamper(folder.path(), |db| change(db, &record_key(3, VERSIONS), |value| value[20] ^= 1));
    let outcome = open(folder.path()).last(execution(3));
    assert!(matches!(outcome, Err(Error::Corrupt { version, .. }) if version.get() == VERSIONS), "{outcome:?}");
}

#[test]
fn a_record_of_a_newer_format_is_refused_as_such() {
    let folder = filled();
    tamper(folder.path(), |db| change(db, &record_key(3, 5), |value| value[0] = 9));
    match open(folder.path()).read(execution(3), Version::NONE, 10) {
        Err(Error::NewerFormat { execution: of, version, what: "record", format: 9, .. }) => {
            assert_eq!((of, version.get()), (execution(3), 5));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_damaged_summary_keeps_no_other_back() {
    let folder = filled();
    tamper(folder.path(), |db| change(db, &summary_key(3), |value| value[10] ^= 1));
    let log = open(folder.path());
    let outcome = log.summary(execution(3));
    assert!(matches!(outcome, Err(Error::Corrupt { what: "summary", .. })), "{outcome:?}");
    let first = log.list(&Query::new()).unwrap();
    assert_eq!((first.rows.len(), first.next), (2, Some(execution(2))));
    match log.list(&Query::new().after(execution(2))) {
        Err(Error::Corrupt { execution: of, what: "summary", .. }) => assert_eq!(of, execution(3)),
        other => panic!("{other:?}"),
    }
    assert_eq!(log.list(&Query::new().after(execution(3))).unwrap().rows, [summary(4), summary(5)]);
    assert_eq!(log.read(execution(3), Version::NONE, 100).unwrap().len() as u64, VERSIONS);
}

#[test]
fn a_summary_of_a_newer_format_is_refused_as_such() {
    let folder = filled();
    tamper(folder.path(), |db| change(db, &summary_key(3), |value| value[0] = 200));
    let outcome = open(folder.path()).summary(execution(3));
    assert!(matches!(outcome, Err(Error::NewerFormat { what: "summary", format: 200, .. })), "{outcome:?}");
}

#[test]
fn a_damaged_snapshot_leaves_the_records() {
    let folder = filled();
    tamper(folder.path(), |db| change(db, &snapshot_key(3), |value| value[5] ^= 1));
    let log = open(folder.path());
    let outcome = log.snapshot(execution(3));
    assert!(matches!(outcome, Err(Error::Corrupt { what: "snapshot", .. })), "{outcome:?}");
    assert_eq!(log.read(execution(3), Version::NONE, 100).unwrap().len() as u64, VERSIONS);
    assert!(log.snapshot(execution(2)).unwrap().is_some());
}

#[test]
fn a_damaged_mark_leaves_the_records() {
    let folder = filled();
    tamper(folder.path(), |db| change(db, &mark_key(3), |value| value[5] ^= 1));
    let log = open(folder.path());
    let outcome = log.marked(execution(3), "total");
    assert!(matches!(outcome, Err(Error::Corrupt { what: "mark", .. })), "{outcome:?}");
    assert!(matches!(log.marks(execution(3)), Err(Error::Corrupt { what: "mark", .. })));
    assert_eq!(log.read(execution(3), Version::NONE, 100).unwrap().len() as u64, VERSIONS);
    assert_eq!(log.marked(execution(2), "total").unwrap().unwrap().body, body(2, 3));
}

#[test]
fn a_marked_record_that_is_damaged_or_missing_is_named() {
    let (flipped, removed) = (filled(), filled());
    tamper(flipped.path(), |db| change(db, &record_key(3, 3), |value| value[50] ^= 1));
    tamper(removed.path(), |db| drop(db.remove(record_key(3, 3)).unwrap()));
    for folder in [flipped, removed] {
        let outcome = open(folder.path()).marked(execution(3), "total");
        assert!(
            matches!(&outcome, Err(Error::Corrupt { what: "record", version, .. }) if version.get() == 3),
            "{outcome:?}"
        );
    }
}

#[test]
fn a_folder_of_the_first_layout_is_taken_over() {
    let folder = filled();
    tamper(folder.path(), |db| {
        db.insert(b"\0layout", &1_u32.to_be_bytes()).unwrap();
    });
    assert_eq!(open(folder.path()).list(&Query::new()).unwrap().rows.len() as u64, STREAMS);
    tamper(folder.path(), |db| assert_eq!(db.get(b"\0layout").unwrap().unwrap(), &2_u32.to_be_bytes()));
}

#[test]
fn a_newer_layout_is_refused() {
    let folder = filled();
    tamper(folder.path(), |db| {
        db.insert(b"\0layout", &3_u32.to_be_bytes()).unwrap();
    });
    let refused = SledLog::builder(folder.path()).open();
    assert!(matches!(refused, Err(Error::NewerLayout { layout: 3, known: 2, .. })));
}

/// A copy of the folder of a log that is still open, as a crash would leave it.
fn crashed(log: SledLog, folder: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_folder(folder, copy.path());
    drop(log);
    copy
}

#[test]
fn acknowledged_records_that_sled_dropped_are_reported() {
    let folder = filled();
    let log = open(folder.path());
    for version in VERSIONS..VERSIONS + 300 {
        log.append(Batch::new(execution(2), Version::new(version)).record(RecordKind(1), vec![0; 1000])).unwrap();
    }
    let copy = crashed(log, folder.path());
    let path = copy.path().join("log").join("db");
    // The end of the file is gone, as sled sees it, from somewhere in the new records on.
    let bytes = fs::read(&path).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    fs::write(&path, &bytes[..used - 20_000]).unwrap();
    match SledLog::builder(copy.path()).open() {
        Err(error) => assert!(error.to_string().contains("damaged"), "{error}"),
        Ok(log) => {
            let damage = log.damage();
            assert!(!damage.is_empty());
            assert!(damage.iter().all(|one| {
                matches!(one, Error::Corrupt { execution: of, version, .. }
                    if *of == execution(2) && version.get() > VERSIONS)
            }));
            assert_eq!(log.read(execution(1), Version::NONE, 100).unwrap().len() as u64, VERSIONS);
        }
    }
}

#[test]
fn a_crash_is_no_damage() {
    let folder = filled();
    let log = open(folder.path());
    for version in VERSIONS..VERSIONS + 50 {
        log.append(Batch::new(execution(2), Version::new(version)).record(RecordKind(1), vec![0; 1000])).unwrap();
    }
    let copy = crashed(log, folder.path());
    assert!(open(copy.path()).damage().is_empty());
}

#[test]
fn a_purge_is_no_damage() {
    let folder = filled();
    let log = open(folder.path());
    let ended = Summary { status: Status::Failed, awake: false, closed_ms: Some(50), ..summary(2) };
    let batch = Batch::new(execution(2), Version::new(VERSIONS)).record(RecordKind(1), vec![1]);
    log.append(batch.summary(Some(summary(2).place()), ended)).unwrap();
    assert_eq!(log.purge(51, 10).unwrap(), 1);
    let copy = crashed(log, folder.path());
    assert!(open(copy.path()).damage().is_empty());
    assert!(open(folder.path()).damage().is_empty());
}

/// Bytes of sled's own file change while it is closed: it opens with an error, or whoever reads is told; no record is
/// silently gone.
#[test]
fn damage_to_the_file_of_sled_is_never_silent() {
    let folder = filled();
    let path = folder.path().join("log").join("db");
    let whole = fs::read(&path).unwrap();
    let used = whole.iter().rposition(|byte| *byte != 0).unwrap();
    let mut found = 0;
    for part in 0..12 {
        let mut damaged = whole.clone();
        damaged[used * part / 12] ^= 0x55;
        let copy = tempfile::tempdir().unwrap();
        copy_folder(folder.path(), copy.path());
        fs::write(copy.path().join("log").join("db"), damaged).unwrap();
        let Ok(log) = SledLog::builder(copy.path()).open() else {
            found += 1;
            continue;
        };
        for number in 1..=STREAMS {
            match log.read(execution(number), Version::NONE, 100) {
                Ok(records) => {
                    let whole = records.len() as u64 == VERSIONS || !log.damage().is_empty();
                    assert!(whole, "{} records of {VERSIONS}, part {part}", records.len());
                }
                Err(Error::Corrupt { execution: of, version, .. }) => {
                    assert_eq!(of, execution(number));
                    assert!((1..=VERSIONS).contains(&version.get()));
                    found += 1;
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
    assert!(found > 0, "no damage hit anything");
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Not a test by itself: a process that finds the folder taken.
#[test]
fn child() {
    let Ok(folder) = env::var(FOLDER) else { return };
    match SledLog::builder(folder).open() {
        Err(error @ Error::Locked { .. }) => println!("refused: {error}"),
        other => panic!("{:?}", other.map(|_| ())),
    }
}

#[test]
fn a_second_opener_is_refused_at_once_and_told_by_whom() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let by_whom = format!("process {}", std::process::id());
    match SledLog::builder(folder.path()).open() {
        Err(Error::Locked { holder, .. }) => assert_eq!(holder, by_whom),
        other => panic!("{:?}", other.map(|_| ())),
    }
    let child = Command::new(env::current_exe().unwrap())
        .args(["child", "--exact", "--nocapture"])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && text.contains(&by_whom), "{text}");
    log.append(Batch::new(execution(1), Version::NONE).record(RecordKind(1), vec![1])).unwrap();
    log.close().unwrap();
    assert_eq!(open(folder.path()).last(execution(1)).unwrap().unwrap().body, [1]);
}

#[test]
fn of_many_openers_at_once_one_gets_the_folder() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let (sender, opened) = mpsc::channel();
    let openers: Vec<_> = (0..8)
        .map(|_| {
            let (folder, sender) = (folder.clone(), sender.clone());
            thread::spawn(move || sender.send(SledLog::builder(folder.path()).open()).unwrap())
        })
        .collect();
    for opener in openers {
        opener.join().unwrap();
    }
    drop(sender);
    let outcomes: Vec<_> = opened.iter().collect();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(Error::Locked { .. }))));
}
