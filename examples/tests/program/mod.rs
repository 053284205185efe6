//! Runs an example as its reader does.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::process::Command;

/// Cargo builds the examples of a package together with its tests, and puts them beside each other.
pub(crate) fn command(name: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(|deps| deps.parent()).unwrap();
    let example = profile.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(example.exists(), "{} is not built: run `cargo build --examples` first", example.display());
    let mut command = Command::new(example);
    command.env_remove("RUST_LOG");
    command
}

/// What the example prints. It must end well, and complain about nothing.
pub(crate) fn told(name: &str) -> String {
    let output = command(name).output().unwrap();
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{text}\n{errors}", output.status);
    assert_eq!(errors, "", "silent but for what it shows");
    text.into_owned()
}

/// The text has each of these lines, in this order; others may stand between them. A line is named by its beginning.
pub(crate) fn assert_in_order(text: &str, lines: &[&str]) {
    let mut rest = text.lines();
    for line in lines {
        assert!(rest.any(|told| told.starts_with(line)), "`{line}` does not come, or too early, in\n{text}");
    }
}
