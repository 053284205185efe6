//! What the committer needs from what lies under it.

use crate::{Error, ExecutionId, Name, Version};

/// Puts batches on the disk for the committer, which alone calls it, from one thread.
///
/// A failure to look something up concerns one batch. A failure to stage or to sync leaves it unknown what is on disk.
pub(crate) trait Engine: Send + 'static {
    /// A batch that passed the checks of its submitter, encoded for this engine.
    type Write: Send;
    /// A piece of upkeep that has to keep its order with the batches.
    type Upkeep: Send;
    /// What a piece of upkeep found.
    type Done: Send;

    /// Where a stream stands, by what was synced; `None` while it is being deleted.
    fn version(&self, execution: ExecutionId) -> Result<Option<Version>, Error>;

    /// Who holds a name, by what was synced.
    fn holder(&self, name: &Name) -> Result<Option<ExecutionId>, Error>;

    /// Takes a batch behind all that was staged before; it is durable after the next [`sync`](Self::sync).
    fn stage(&mut self, write: Self::Write) -> Result<(), Error>;

    /// Does a piece of upkeep behind all that was staged before; it is durable after the next [`sync`](Self::sync).
    fn upkeep(&mut self, upkeep: Self::Upkeep) -> Result<Self::Done, Error>;

    /// Makes durable what was staged.
    fn sync(&mut self) -> Result<(), Error>;
}
