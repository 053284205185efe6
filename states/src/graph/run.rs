//! What became of a definition's states in one execution.

use std::collections::BTreeMap;

/// A run: what became of each state, by its name. [`Run::of_history`] reads it from a history.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Run {
    /// The states that were reached.
    pub states: BTreeMap<String, StateRun>,
}

/// What became of one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StateRun {
    /// How often it was entered.
    pub entered: u64,
    /// How often it failed for good, caught or not.
    pub failed: u64,
    /// How often it was tried again.
    pub retried: u64,
    /// How often an error of it was caught.
    pub caught: u64,
    /// How often it is being run now.
    pub running: u64,
    /// How often it was ended from outside: something beside it failed, or the execution was over.
    pub aborted: u64,
}

/// What a state's look tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It was not reached.
    Untouched,
    /// It was left as it should be.
    Done,
    /// It was ended from outside.
    Aborted,
    /// It is being run.
    Running,
    /// It failed, and its errors were caught.
    Caught,
    /// It failed.
    Failed,
}

impl Mark {
    /// The word for it in the classes of SVG and Mermaid.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Untouched => "untouched",
            Self::Done => "done",
            Self::Aborted => "aborted",
            Self::Running => "running",
            Self::Caught => "caught",
            Self::Failed => "failed",
        }
    }
}

impl StateRun {
    /// What the look tells: that it runs before that it failed, and that before that it was left.
    #[must_use]
    pub fn mark(&self) -> Mark {
        match self {
            Self { running: 1.., .. } => Mark::Running,
            Self { failed, caught, .. } if failed > caught => Mark::Failed,
            Self { failed: 1.., .. } | Self { caught: 1.., .. } => Mark::Caught,
            Self { aborted: 1.., .. } => Mark::Aborted,
            Self { entered: 1.., .. } => Mark::Done,
            _ => Mark::Untouched,
        }
    }

    /// The numbers in short, such as `×3 ↻2`; nothing for a state that was entered once.
    pub(super) fn numbers(&self, times: &str, again: &str) -> String {
        let mut parts = Vec::new();
        if self.entered > 1 {
            parts.push(format!("{times}{}", self.entered));
        }
        if self.retried > 0 {
            parts.push(format!("{again}{}", self.retried));
        }
        parts.join(" ")
    }
}
