//! Runs the example as its reader does, and holds it to its word.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod program;

use std::process::Output;

fn run(argument: Option<&std::path::Path>) -> Output {
    program::command("order_saga").args(argument).output().unwrap()
}

#[test]
fn orders_survive_two_kills_and_it_is_proved() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(Some(&folder.path().join("new")));
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{text}\n{errors}", output.status);
    assert_eq!(errors, "", "silent but for what it shows");

    let count = |what: &str| text.lines().filter(|line| line.contains(what)).count();
    assert_eq!(count("SIGKILL"), 2, "{text}");
    assert_eq!(count("orders go on from where they stood"), 2, "{text}");
    assert_eq!(count("  sent    reserve"), 15, "{text}");
    assert_eq!(count("  failed  reserve"), 5, "{text}");
    for claim in [
        " ✓ all 20 orders ended as they should: 15 sent, 5 failed",
        " ✓ the kills came in the middle",
        " ✓ no step ran before the log said so",
        " ✓ nothing recorded was lost",
        " ✓ no recorded step ran again",
        " ✓ each failing order was undone in reverse: 12 steps of 5 orders",
    ] {
        assert_eq!(count(claim), 1, "`{claim}` in\n{text}");
    }
    assert_eq!(count(" ✗ all") + count(" ✗ no"), 0, "{text}");
    assert_eq!(count("Killed twice, finished all the same"), 1, "{text}");
    assert!(!text.contains('\x1b'), "no colours where nobody looks");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "fits a terminal of 100 columns:\n{text}");
}

#[test]
fn a_folder_that_is_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("something"), "").unwrap();
    let output = run(Some(folder.path()));
    assert!(!output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("is not empty: give a new folder"), "{errors}");
}
