//! When a map or parallel is done, before all of it is.

use std::fmt;
use std::sync::Arc;

use crate::Failure;

/// When a map or parallel is done. Without any rule, the first failure ends it; this is AWS's completion config.
///
/// ```
/// use duramen::Completion;
///
/// let two_of_many = Completion::new().min_successful(2);
/// let up_to_a_tenth = Completion::new().tolerate_percent(10.0); // exactly a tenth is tolerated
/// let whatever_comes = Completion::all();
/// # let _ = (two_of_many, up_to_a_tenth, whatever_comes);
/// ```
#[derive(Clone, Default)]
pub struct Completion {
    min_successful: Option<usize>,
    tolerated: Option<usize>,
    tolerated_percent: Option<f64>,
    custom: Option<Arc<Custom>>,
}

type Custom = dyn Fn(Progress) -> Option<Verdict> + Send + Sync;

/// How far a map or parallel has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Progress {
    /// How many branches it has, begun or not.
    pub total: usize,
    /// How many succeeded.
    pub succeeded: usize,
    /// How many failed.
    pub failed: usize,
}

impl Progress {
    /// How many have ended.
    #[must_use]
    pub fn completed(&self) -> usize {
        self.succeeded + self.failed
    }
}

/// How a rule of one's own says that a map or parallel is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It has succeeded.
    Succeeded,
    /// It has failed.
    Failed,
}

/// Why a map or parallel was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum CompletionReason {
    /// Every branch has ended, and no more failed than are tolerated.
    AllCompleted,
    /// As many succeeded as were asked for, while others had not ended.
    MinSuccessfulReached,
    /// More failed than are tolerated, be it with the last branch.
    FailureToleranceExceeded,
    /// A rule of one's own said that it has succeeded.
    CustomCompletionSucceeded,
    /// A rule of one's own said that it has failed.
    CustomCompletionFailed,
}

impl fmt::Display for CompletionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AllCompleted => "all branches ended",
            Self::MinSuccessfulReached => "enough branches succeeded",
            Self::FailureToleranceExceeded => "more branches failed than are tolerated",
            Self::CustomCompletionSucceeded => "a rule of one's own said that it succeeded",
            Self::CustomCompletionFailed => "a rule of one's own said that it failed",
        })
    }
}

impl Completion {
    /// No rule yet: the first failure ends it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// It is done when every branch has ended, however.
    #[must_use]
    pub fn all() -> Self {
        Self::new().tolerate(usize::MAX)
    }

    /// It is done when so many have succeeded; at least 1. Failures then end it only if they are restricted too.
    #[must_use]
    pub fn min_successful(mut self, branches: usize) -> Self {
        self.min_successful = Some(branches);
        self
    }

    /// It is done when more than so many have failed.
    #[must_use]
    pub fn tolerate(mut self, failures: usize) -> Self {
        self.tolerated = Some(failures);
        self
    }

    /// It is done when more than so many percent of all branches have failed, from 0 to 100.
    #[must_use]
    pub fn tolerate_percent(mut self, percent: f64) -> Self {
        self.tolerated_percent = Some(percent);
        self
    }

    /// It is done when `rule` says so, which is asked after each branch that ended; no other rule may be set beside it.
    /// Like all code of a workflow, it must do the same each time.
    #[must_use]
    pub fn custom(rule: impl Fn(Progress) -> Option<Verdict> + Send + Sync + 'static) -> Self {
        Self { custom: Some(Arc::new(rule)), ..Self::default() }
    }

    pub(super) fn check(&self) -> Result<(), Failure> {
        let wrong = |cause: &str| Err(Failure::new(Failure::INVALID_SETTING, cause));
        if self.min_successful == Some(0) {
            return wrong("`min_successful` must be at least 1");
        }
        if self.tolerated_percent.is_some_and(|percent| !(0.0..=100.0).contains(&percent)) {
            return wrong("`tolerate_percent` must be from 0 to 100");
        }
        let others = self.min_successful.is_some() || self.tolerated.is_some() || self.tolerated_percent.is_some();
        if self.custom.is_some() && others {
            return wrong("a rule of one's own stands alone: set no other rule beside it");
        }
        Ok(())
    }

    /// Why it is done, if it is.
    pub(super) fn judge(&self, progress: Progress) -> Option<CompletionReason> {
        if let Some(custom) = &self.custom {
            match custom(progress) {
                Some(Verdict::Succeeded) => return Some(CompletionReason::CustomCompletionSucceeded),
                Some(Verdict::Failed) => return Some(CompletionReason::CustomCompletionFailed),
                None => {}
            }
        }
        // In the order of AWS's SDKs: one failure too many says so, also when it is that of the last branch.
        if self.exceeds(progress) {
            return Some(CompletionReason::FailureToleranceExceeded);
        }
        if progress.completed() >= progress.total {
            return Some(CompletionReason::AllCompleted);
        }
        let enough = self.min_successful.is_some_and(|enough| progress.succeeded >= enough);
        enough.then_some(CompletionReason::MinSuccessfulReached)
    }

    fn exceeds(&self, progress: Progress) -> bool {
        if self.custom.is_some() {
            return false;
        }
        if self.min_successful.is_none() && self.tolerated.is_none() && self.tolerated_percent.is_none() {
            return progress.failed > 0;
        }
        // Both sides times the total, as a quotient of floats would round.
        let percent = |percent: f64| as_f64(progress.failed) * 100.0 > percent * as_f64(progress.total);
        self.tolerated.is_some_and(|most| progress.failed > most) || self.tolerated_percent.is_some_and(percent)
    }
}

/// Counts of branches are far below where floats skip numbers.
#[allow(clippy::cast_precision_loss, reason = "counts of branches fit")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

impl fmt::Debug for Completion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Completion")
            .field("min_successful", &self.min_successful)
            .field("tolerated", &self.tolerated)
            .field("tolerated_percent", &self.tolerated_percent)
            .field("custom", &self.custom.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::CompletionReason::{
        AllCompleted, CustomCompletionFailed, CustomCompletionSucceeded, FailureToleranceExceeded, MinSuccessfulReached,
    };
    use super::*;

    fn judged(completion: &Completion, succeeded: usize, failed: usize) -> Option<CompletionReason> {
        completion.judge(Progress { total: 10, succeeded, failed })
    }

    #[test]
    fn without_a_rule_the_first_failure_ends_it() {
        assert_eq!(judged(&Completion::new(), 9, 0), None);
        assert_eq!(judged(&Completion::new(), 0, 1), Some(FailureToleranceExceeded));
        assert_eq!(judged(&Completion::new(), 10, 0), Some(AllCompleted));
    }

    #[test]
    fn exactly_as_many_failures_as_tolerated_are_tolerated() {
        assert_eq!(judged(&Completion::new().tolerate(2), 0, 2), None);
        assert_eq!(judged(&Completion::new().tolerate(2), 0, 3), Some(FailureToleranceExceeded));
        assert_eq!(judged(&Completion::new().tolerate_percent(30.0), 0, 3), None);
        assert_eq!(judged(&Completion::new().tolerate_percent(29.9), 0, 3), Some(FailureToleranceExceeded));
        assert_eq!(judged(&Completion::new().tolerate_percent(0.0), 0, 1), Some(FailureToleranceExceeded));
    }

    #[test]
    fn enough_successes_end_it_and_failures_alone_do_not() {
        let completion = Completion::new().min_successful(2);
        assert_eq!(judged(&completion, 1, 8), None);
        assert_eq!(judged(&completion, 2, 3), Some(MinSuccessfulReached));
        assert_eq!(judged(&completion, 1, 9), Some(AllCompleted));
    }

    #[test]
    fn one_failure_too_many_is_the_reason_also_when_it_is_the_last_branch() {
        assert_eq!(judged(&Completion::new(), 9, 1), Some(FailureToleranceExceeded));
        assert_eq!(judged(&Completion::new().tolerate(2), 7, 3), Some(FailureToleranceExceeded));
        assert_eq!(judged(&Completion::new().tolerate_percent(25.0), 7, 3), Some(FailureToleranceExceeded));
        assert_eq!(judged(&Completion::new().min_successful(5).tolerate(2), 5, 3), Some(FailureToleranceExceeded));
        assert_eq!(judged(&Completion::new().tolerate(3), 7, 3), Some(AllCompleted));
    }

    #[test]
    fn a_rule_of_ones_own_decides_alone() {
        let completion = Completion::custom(|progress| match (progress.succeeded, progress.failed) {
            (3, _) => Some(Verdict::Succeeded),
            (_, 5) => Some(Verdict::Failed),
            _ => None,
        });
        assert_eq!(judged(&completion, 2, 4), None);
        assert_eq!(judged(&completion, 3, 4), Some(CustomCompletionSucceeded));
        assert_eq!(judged(&completion, 2, 5), Some(CustomCompletionFailed));
        assert!(completion.tolerate(1).check().is_err());
    }

    #[test]
    fn settings_that_cannot_be_are_refused() {
        assert!(Completion::new().min_successful(0).check().is_err());
        assert!(Completion::new().tolerate_percent(100.1).check().is_err());
        assert!(Completion::new().tolerate_percent(f64::NAN).check().is_err());
        assert!(Completion::new().min_successful(1).tolerate(0).tolerate_percent(100.0).check().is_ok());
    }
}
