//! A line on a terminal that says how far it is.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Writes over one line of stderr; silent when that is no terminal.
pub(crate) struct Progress {
    prefix: Option<String>,
}

impl Progress {
    /// Shows `prefix` in front of every text.
    pub(crate) fn new(prefix: String) -> Self {
        Self { prefix: std::io::stderr().is_terminal().then_some(prefix) }
    }

    pub(crate) fn none() -> Self {
        Self { prefix: None }
    }

    pub(crate) fn say(&self, text: impl FnOnce() -> String) {
        if let Some(prefix) = &self.prefix {
            eprint!("\r\x1b[2K{prefix}{}", text());
            let _ = std::io::stderr().flush();
        }
    }

    /// Lets a time pass and shows it.
    pub(crate) async fn pass(&self, what: &str, time: Duration) {
        let begun = Instant::now();
        while let Some(left) = time.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) {
            self.say(|| format!("{what}: {:.0} s to go", left.as_secs_f64().ceil()));
            tokio::time::sleep(left.min(Duration::from_millis(500))).await;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.prefix.is_some() {
            eprint!("\r\x1b[2K");
        }
    }
}
