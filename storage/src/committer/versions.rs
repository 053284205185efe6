//! Where the streams stand that are being written, so that an append needs no look at the disk.

use std::collections::HashMap;
use std::mem;

use crate::{ExecutionId, Version};

/// A bounded map in two generations: what was not used for a whole generation is forgotten.
///
/// Between two calls of [`settle`](Self::settle) nothing is forgotten, so that it also stands for what is staged and
/// not yet synced.
pub(crate) struct Versions {
    bound: usize,
    young: HashMap<ExecutionId, Version>,
    old: HashMap<ExecutionId, Version>,
    leaving: Vec<ExecutionId>,
}

impl Versions {
    /// Remembers about `bound` streams.
    pub(crate) fn new(bound: usize) -> Self {
        Self { bound, young: HashMap::new(), old: HashMap::new(), leaving: Vec::new() }
    }

    pub(crate) fn get(&self, execution: ExecutionId) -> Option<Version> {
        self.young.get(&execution).or_else(|| self.old.get(&execution)).copied()
    }

    pub(crate) fn set(&mut self, execution: ExecutionId, version: Version) {
        self.young.insert(execution, version);
    }

    /// Forgets a stream at the next [`settle`](Self::settle): it is not expected to be written soon.
    pub(crate) fn leave(&mut self, execution: ExecutionId) {
        self.leaving.push(execution);
    }

    /// Forgets a stream at once.
    pub(crate) fn forget(&mut self, execution: ExecutionId) {
        self.young.remove(&execution);
        self.old.remove(&execution);
    }

    /// What was staged is synced, or was never written.
    pub(crate) fn settle(&mut self) {
        for execution in self.leaving.drain(..) {
            self.young.remove(&execution);
            self.old.remove(&execution);
        }
        if self.young.len() > self.bound / 2 {
            self.old = mem::take(&mut self.young);
        }
    }
}
