//! What an execution may have at most.

/// What an execution may have at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The largest payload, in bytes.
    pub(crate) payload: usize,
    /// The most operations in one run.
    pub(crate) operations: u64,
}
