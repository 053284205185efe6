//! A killed crash-writer, and what crash-verify says of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail by panicking")]

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

fn bench() -> Command {
    Command::new(env!("CARGO_BIN_EXE_duramen-bench"))
}

fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// Runs crash-writer until it has acknowledged some appends, and kills it; gives what it printed.
fn write_and_kill(folder: &Path) -> String {
    let acks = folder.join("acks");
    let out = File::options().create(true).append(true).open(&acks).unwrap();
    let had = std::fs::read_to_string(&acks).unwrap().lines().count();
    let mut child = bench().arg("crash-writer").arg("--dir").arg(folder.join("log")).stdout(out).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    while std::fs::read_to_string(&acks).unwrap().lines().count() < had + 100 {
        assert!(Instant::now() < until, "crash-writer acknowledged too little");
        assert!(child.try_wait().unwrap().is_none(), "crash-writer has ended by itself");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::read_to_string(&acks).unwrap()
}

fn verify(folder: &Path) -> Output {
    bench()
        .arg("crash-verify")
        .arg("--dir")
        .arg(folder.join("log"))
        .arg("--acks")
        .arg(folder.join("acks"))
        .output()
        .unwrap()
}

fn invent(folder: &Path, line: &str) {
    // The kill may have torn the last line, which must not run into the invented one.
    writeln!(File::options().append(true).open(folder.join("acks")).unwrap(), "{line}").unwrap();
}

#[test]
fn what_a_killed_writer_acknowledged_is_there_again_and_again() {
    let folder = folder();
    for _ in 0..2 {
        let acks = write_and_kill(folder.path());
        assert!(acks.starts_with("ready\nacked "), "{acks}");
        let verified = verify(folder.path());
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    }
}

#[test]
fn an_invented_acknowledgement_is_refused_by_name() {
    let folder = folder();
    let acks = write_and_kill(folder.path());
    let execution = acks.lines().nth(1).unwrap().split(' ').nth(1).unwrap().to_owned();
    let invented = "018bcfe5-6800-7000-8000-000000000000";
    invent(folder.path(), &format!("acked {execution} 1000000\nacked {invented} 3"));
    let verified = verify(folder.path());
    let said = String::from_utf8(verified.stderr).unwrap();
    assert_eq!(verified.status.code(), Some(1));
    assert!(said.contains(&execution) && said.contains("1000000"), "{said}");
    assert!(said.contains(invented) && said.contains("missing"), "{said}");
}

#[test]
fn a_writer_that_cannot_write_says_why_and_ends() {
    let folder = folder();
    std::fs::write(folder.path().join("log"), "a file where the folder should be").unwrap();
    let output = bench().arg("crash-writer").arg("--dir").arg(folder.path().join("log")).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("duramen-bench: ") && !said.contains("panicked"), "{said}");
}

#[test]
fn a_writer_to_whom_nobody_listens_ends() {
    let folder = folder();
    let mut command = bench();
    let mut child = command
        .arg("crash-writer")
        .arg("--dir")
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_folder_must_be_named() {
    assert_eq!(bench().arg("crash-writer").output().unwrap().status.code(), Some(2));
}
