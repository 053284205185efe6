//! What an execution logs, and what it is expected to.
//!
//! Only expectations of a `message` are compared, with the lines that come through `tracing`. Those of what the hooks of
//! plugins write have no counterpart.

use std::io::Write;
use std::sync::{Arc, Mutex};

use regex::Regex;
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;

use crate::variables::Variables;

/// Collects lines, as long as the guard that comes with it lives.
#[derive(Clone, Default)]
pub(crate) struct Logs {
    lines: Arc<Mutex<Vec<u8>>>,
}

impl Logs {
    pub(crate) fn collect() -> (Self, tracing::subscriber::DefaultGuard) {
        let logs = Self::default();
        let to = tracing_subscriber::fmt().with_ansi(false).with_writer(logs.clone()).finish();
        (logs, tracing::subscriber::set_default(to))
    }

    /// Compares with what is expected.
    ///
    /// # Errors
    /// The first difference.
    pub(crate) fn compare(&self, expected: &Value, variables: &Variables) -> Result<(), String> {
        let text = String::from_utf8(self.lines.lock().unwrap().clone()).unwrap();
        for expectation in expected.as_array().into_iter().flatten() {
            let message = variables.fill(&expectation["match"]["message"]);
            let Some(message) = message.as_str() else { continue };
            let regex = Regex::new(message.trim_matches('/')).unwrap();
            let found = text.lines().filter(|line| regex.is_match(line)).count();
            let count = expectation["count"].as_u64();
            if count.is_some_and(|count| u64::try_from(found) != Ok(count)) {
                return Err(format!("{found} lines are {message}, in {text}"));
            }
        }
        Ok(())
    }
}

/// Whether anything that the hooks of plugins write is expected.
pub(crate) fn expects_hooks(expected: &Value) -> bool {
    expected.as_array().into_iter().flatten().any(|expectation| !expectation["match"]["plugin"].is_null())
}

impl Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.lines.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Logs {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
