//! What the branches of a map or parallel came to.

use serde::{Deserialize, Serialize};

use super::completion::CompletionReason;
use crate::Failure;

/// What became of the branches of a map or parallel that were begun, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes<T> {
    reason: CompletionReason,
    branches: Vec<Branched<T>>,
}

/// What became of one branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Branched<T> {
    /// Which of the branches, or items, it is; the first is 0.
    pub index: usize,
    /// What became of it.
    pub end: BranchEnd<T>,
}

/// How a branch ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BranchEnd<T> {
    /// With this result.
    Succeeded(T),
    /// With this failure.
    Failed(Failure),
    /// It did not end: it was begun, and given up when the others were enough.
    Started,
}

impl<T> Outcomes<T> {
    pub(super) fn new(reason: CompletionReason, branches: Vec<Branched<T>>) -> Self {
        Self { reason, branches }
    }

    /// Why it was done.
    #[must_use]
    pub fn reason(&self) -> CompletionReason {
        self.reason
    }

    /// All branches that were begun, in order.
    #[must_use]
    pub fn all(&self) -> &[Branched<T>] {
        &self.branches
    }

    /// The results, in order, with the index of their branch.
    pub fn succeeded(&self) -> impl Iterator<Item = (usize, &T)> {
        self.branches.iter().filter_map(|branch| match &branch.end {
            BranchEnd::Succeeded(value) => Some((branch.index, value)),
            _ => None,
        })
    }

    /// The failures, in order, with the index of their branch.
    pub fn failed(&self) -> impl Iterator<Item = (usize, &Failure)> {
        self.branches.iter().filter_map(|branch| match &branch.end {
            BranchEnd::Failed(failure) => Some((branch.index, failure)),
            _ => None,
        })
    }

    /// The indexes of those that were begun and given up, in order.
    pub fn started(&self) -> impl Iterator<Item = usize> {
        self.branches.iter().filter(|branch| matches!(branch.end, BranchEnd::Started)).map(|branch| branch.index)
    }

    /// Whether any branch failed, or a rule of one's own said that all of it did: AWS's status `FAILED`.
    #[must_use]
    pub fn has_failure(&self) -> bool {
        self.reason == CompletionReason::CustomCompletionFailed || self.failed().next().is_some()
    }

    /// The results of the branches that succeeded, in order, leaving failures aside.
    #[must_use]
    pub fn into_results(self) -> Vec<T> {
        let results = self.branches.into_iter().filter_map(|branch| match branch.end {
            BranchEnd::Succeeded(value) => Some(value),
            _ => None,
        });
        results.collect()
    }

    /// The results of all branches that succeeded, if none failed.
    ///
    /// # Errors
    /// The failure of the first branch, by index, that failed; [`Failure::NOT_COMPLETED`] when a rule of one's own said
    /// that it failed and no branch did.
    pub fn or_failure(self) -> Result<Vec<T>, Failure> {
        if let Some((_, failure)) = self.failed().next() {
            return Err(failure.clone());
        }
        if self.has_failure() {
            return Err(Failure::new(Failure::NOT_COMPLETED, "the rule for being done said that it failed"));
        }
        Ok(self.into_results())
    }
}
