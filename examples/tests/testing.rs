//! Runs the example as its reader does, and holds it to its word.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use std::process::Command;

#[test]
fn the_tests_of_the_subscription_show_what_they_are_for() {
    // Cargo builds the examples of a package together with its tests, and puts them beside each other.
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(|deps| deps.parent()).unwrap();
    let example = profile.join("examples").join(format!("testing{}", std::env::consts::EXE_SUFFIX));
    assert!(example.exists(), "{} is not built: run `cargo build --examples` first", example.display());
    let output = Command::new(example).env_remove("RUST_LOG").output().unwrap();
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{text}\n{errors}", output.status);
    assert_eq!(errors, "");
    for shown in [
        "30 days passed in ",
        "   4  WaitStarted        2 `trial month` for 2592000000 ms\n",
        "a bank that is busy twice was asked 3 times; one that declined 4 times had the account closed again",
        "takes 900 cents, a careless one 1800",
        "crashes in memory, before and behind each of 5 batches: the same letter",
        "crashes on disk, before and behind each of 5 batches: the same letter",
        "1 recorded history replays; with a renamed step it would not:",
        "step `open account` as event 2, and the code asks for operation 1, step `create account` at ",
    ] {
        assert!(text.contains(shown), "`{shown}` is not in\n{text}");
    }
}
