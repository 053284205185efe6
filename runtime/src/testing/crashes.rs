//! What came of letting a process die at every point.

use std::fmt::{self, Debug};

/// What [`Lab::crash_everywhere`](super::Lab::crash_everywhere) found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Crashes<T> {
    /// What the scenario gave without a crash.
    pub whole: T,
    /// How many batches it wrote then. It was run again with a crash before the first of them and behind each.
    pub batches: usize,
    /// The crashes after which something was otherwise, in their order. None is what is hoped for.
    pub differences: Vec<Difference<T>>,
}

/// A crash after which something was otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference<T> {
    /// Behind so many batches the process died.
    pub after: usize,
    /// What the last of them recorded.
    pub batch: String,
    /// What was otherwise.
    pub what: Differs<T>,
}

/// What was otherwise after a crash.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Differs<T> {
    /// The scenario gave this.
    Outcome(T),
    /// The history of an execution does not go on from what was there after the crash.
    History(String),
    /// The scenario did not end within the patience of the lab: an execution is paused, say, or something is awaited that
    /// was done before the crash and is not done again.
    Stuck,
    /// It could not be opened again, or not be read.
    Error(String),
}

impl<T: Debug> Crashes<T> {
    /// Gives what the scenario gave, if it was the same after every crash.
    ///
    /// # Panics
    /// With what was otherwise, and behind which batch the process died.
    #[track_caller]
    pub fn assert_no_difference(self) -> T {
        assert!(self.differences.is_empty(), "{self}");
        self.whole
    }
}

impl<T: Debug> fmt::Display for Crashes<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (crashes, differ) = (self.batches + 1, self.differences.len());
        write!(f, "{differ} of {crashes} crashes made a difference to {:?}", self.whole)?;
        self.differences.iter().try_for_each(|difference| write!(f, "\n{difference}"))
    }
}

impl<T: Debug> fmt::Display for Difference<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a crash behind batch {} ({}): ", self.after, self.batch)?;
        match &self.what {
            Differs::Outcome(outcome) => write!(f, "the outcome is {outcome:?}"),
            Differs::History(how) => f.write_str(how),
            Differs::Stuck => f.write_str("the scenario does not end"),
            Differs::Error(error) => f.write_str(error),
        }
    }
}
