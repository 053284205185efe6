//! The names of operations within an execution.

use std::fmt;

/// Names an operation of an execution: its place among the operations of its context, behind the id of that context.
///
/// The first operation that a workflow calls is `1`, the second `2`; within a child context that is operation `2`, they
/// are `2.1`, `2.2` and so on. The number is taken when the operation is called, whether or not it is awaited at once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, bincode::Encode, bincode::Decode)]
pub struct OperationId(Vec<u32>);

impl OperationId {
    /// The operation with this number in the context that `path` leads to.
    pub(crate) fn within(path: &[u32], number: u32) -> Self {
        let mut id = Vec::with_capacity(path.len() + 1);
        id.extend_from_slice(path);
        id.push(number);
        Self(id)
    }

    /// The id of the context that `path` leads to; the workflow itself has no numbers.
    pub(crate) fn of_path(path: &[u32]) -> Self {
        Self(path.to_vec())
    }

    /// Whether it stands inside of this context, at any depth.
    pub(crate) fn is_inside(&self, context: &Self) -> bool {
        self.0.len() > context.0.len() && self.0.starts_with(&context.0)
    }

    /// The numbers of the context it belongs to.
    pub(crate) fn context(&self) -> &[u32] {
        self.0.split_last().map_or(&[], |(_, context)| context)
    }

    /// The numbers of the contexts around the operation, outermost first, and its own number last.
    #[must_use]
    pub fn path(&self) -> &[u32] {
        &self.0
    }
}

/// So that a context is found by its numbers.
impl std::borrow::Borrow<[u32]> for OperationId {
    fn borrow(&self) -> &[u32] {
        &self.0
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, number) in self.0.iter().enumerate() {
            if nth > 0 {
                f.write_str(".")?;
            }
            write!(f, "{number}")?;
        }
        Ok(())
    }
}
