//! What does not compile says why, in words of this crate where those of the compiler would not help.
//!
//! The texts are those of one release of the compiler; another one words and places them otherwise, so they are compared by
//! that release alone. After a change of it or of this crate, read what is said now, and keep it by `TRYBUILD=overwrite`.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::process::Command;

/// The release whose texts are kept.
const RELEASE: &str = "rustc 1.95.";

#[test]
fn errors_of_the_compiler_say_what_to_do() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = String::from_utf8(Command::new(rustc).arg("--version").output().unwrap().stdout).unwrap();
    if version.starts_with(RELEASE) {
        trybuild::TestCases::new().compile_fail("tests/compile_errors/*.rs");
    } else {
        eprintln!("not compared: the texts are those of {RELEASE}*, and this is {version}");
    }
}
