//! A process that may not make its files any larger: it is told so, lives on, and keeps what it acknowledged.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests may panic")]
#![cfg(unix)]

use std::env;
use std::process::Command;

use duramen_storage::{Batch, Error, ExecutionId, Log, RecordKind, SledLog, Version};

const FOLDER: &str = "DURAMEN_TEST_FOLDER";

fn execution() -> ExecutionId {
    ExecutionId::new(1, [3; 10])
}

fn batch(version: Version) -> Batch {
    Batch::new(execution(), version).record(RecordKind(1), vec![version.get() as u8; 3000])
}

/// Not a test by itself: the process whose disk is full.
#[test]
fn child() {
    let Ok(folder) = env::var(FOLDER) else { return };
    let log = SledLog::builder(folder).open().unwrap();
    let mut version = Version::NONE;
    let error = loop {
        match log.append(batch(version)) {
            Ok(next) => version = next,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Poisoned { .. }), "{error:?}");
    let again = log.append(batch(version));
    assert!(matches!(again, Err(Error::Poisoned { .. })), "{again:?}");
    assert!(log.close().is_err());
    println!("acked {version} then {error}.");
}

#[test]
fn what_was_acknowledged_survives_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    // Blocks of 512 bytes or 1 KiB, by shell: 2 or 4 MB. The limit gives an error and no signal only when it is ignored.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 4096; exec \"$0\" child --exact --nocapture"])
        .arg(env::current_exe().unwrap())
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    let acked: u64 = text.split("acked ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(acked > 100, "{text}");
    assert!(text.contains("File too large"), "{text}");
    let log = SledLog::builder(folder.path()).open().unwrap();
    let records = log.read(execution(), Version::NONE, usize::MAX).unwrap();
    assert!(records.len() as u64 >= acked, "{} records of {acked}", records.len());
    for (version, record) in (0..).zip(&records) {
        assert_eq!(record.body, batch(Version::new(version)).records[0].body);
    }
    log.append(batch(Version::new(records.len() as u64))).unwrap();
}
