//! Runs the example as its reader does, and holds it to its word.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use std::process::Command;

/// Cargo builds the examples of a package together with its tests, and puts them beside each other.
fn example() -> Command {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(|deps| deps.parent()).unwrap();
    let example = profile.join("examples").join(format!("axum_embed{}", std::env::consts::EXE_SUFFIX));
    assert!(example.exists(), "{} is not built: run `cargo build --examples` first", example.display());
    Command::new(example)
}

#[test]
fn an_order_outlives_the_end_of_its_server() {
    let output = example().output().unwrap();
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{text}\n{errors}", output.status);
    assert_eq!(errors, "", "silent but for what it shows");

    let count = |what: &str| text.lines().filter(|line| line.contains(what)).count();
    for claim in [
        " ✓ the same order twice is one execution",
        " ✓ another order under that name: 409",
        " ✓ an order that nobody made: 404",
        " ✓ an order that is too large: 413",
        " ✓ order 9: 503 overloaded",
        " ✓ once the others were cancelled, it is taken",
        " ✓ a second answer: 409",
        "SIGTERM, in the middle of a step",
        " ✓ it ends with 0",
        " ✓ the step that ran came to its end",
        " ✓ no event is missing, none came twice",
        " ✓ the order has succeeded, and is shipped",
        " ✓ each step was done once, over both servers",
    ] {
        assert_eq!(count(claim), 1, "`{claim}` in\n{text}");
    }
    assert_eq!(count(" ✗ "), 0, "{text}");
    assert_eq!(count("StepStarted        6 `pack`"), 1, "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "fits a terminal of 100 columns:\n{text}");
}

#[test]
fn a_server_without_its_folder_says_why_it_does_not_serve() {
    let folder = tempfile::tempdir().unwrap();
    let output = example().arg("--serve").arg(folder.path().join("not there")).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("axum_embed: "), "{output:?}");
}
