//! A folder with files, and the program run in it.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with the files of one test.
pub(crate) struct Files(TempDir);

impl Files {
    pub(crate) fn new(definition: &Value) -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.put("machine.asl.json", &format!("{definition:#}"));
        files
    }

    pub(crate) fn put(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn start(&self, words: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_duramen"));
        command.arg("asl").args(words).current_dir(self.0.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    pub(crate) fn asl(&self, words: &[&str], stdin: &str) -> Output {
        let mut child = self.start(words);
        // A command that reads no input may have ended already.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        child.wait_with_output().unwrap()
    }

    pub(crate) fn run(&self, words: &[&str]) -> Output {
        self.asl(&[&["run", "machine.asl.json", "--fast-forward"], words].concat(), "")
    }
}

#[track_caller]
pub(crate) fn out(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{}", err(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
pub(crate) fn object(output: &Output, code: i32) -> Value {
    serde_json::from_str(&out(output, code)).unwrap()
}
