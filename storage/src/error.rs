//! Why the log refused or could not.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::{ExecutionId, Name, Version};

/// Why the log refused a batch, or could not read or write. Cheap to clone: one fault may concern many waiters.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another writer was there first. Nothing of the batch was written.
    #[error(
        "execution {execution} stands at version {found}, and the batch expected {expected}: another writer was there first; read it again"
    )]
    Conflict {
        /// The execution.
        execution: ExecutionId,
        /// What the batch expected.
        expected: Version,
        /// Where the stream stands.
        found: Version,
    },
    /// Another execution holds the name. Nothing of the batch was written.
    #[error("the name `{}` of `{}` is held by execution {holder}", name.name, name.definition)]
    NameTaken {
        /// The name.
        name: Box<Name>,
        /// The execution that holds it.
        holder: ExecutionId,
    },
    /// A record, a snapshot, a name or a mark is larger than the log takes. Nothing of the batch was written.
    #[error(
        "a {what} of execution {execution} has {bytes} bytes and the limit is {limit}: pass large data by reference, or, for records and snapshots, raise the limit where the log is opened"
    )]
    TooLarge {
        /// The execution.
        execution: ExecutionId,
        /// What is too large: `record`, `snapshot`, `name`, `mark`.
        what: &'static str,
        /// How large it is, in bytes.
        bytes: usize,
        /// The largest allowed, in bytes.
        limit: usize,
    },
    /// An earlier write failed, so what is on disk is not known: the log takes no more until it is opened again.
    #[error(
        "the log takes no more writes since one failed ({cause}): nothing that was acknowledged is lost; mend the cause and open the folder again"
    )]
    Poisoned {
        /// What failed first.
        cause: Arc<str>,
    },
    /// What was read is not what was written.
    #[error(
        "{what} of execution {execution} at version {version} is damaged ({how}): restore it from a copy of the folder, or delete this execution; all others can be read"
    )]
    Corrupt {
        /// The execution.
        execution: ExecutionId,
        /// The record, or the version that a summary or snapshot belongs to.
        version: Version,
        /// What is damaged: `record`, `summary`, `snapshot`, `name`, `mark`.
        what: &'static str,
        /// How it shows.
        how: Arc<str>,
    },
    /// The record was written by a later duramen.
    #[error(
        "{what} of execution {execution} at version {version} has format {format}, and this program knows formats up to {known}: open the folder with the version of duramen that wrote it"
    )]
    NewerFormat {
        /// The execution.
        execution: ExecutionId,
        /// The record.
        version: Version,
        /// What has the format: `record`, `summary`, `snapshot`, `mark`.
        what: &'static str,
        /// The format it has.
        format: u8,
        /// The newest format known here.
        known: u8,
    },
    /// The whole folder was written by a later duramen.
    #[error("{} has layout {layout}, and this program knows layouts up to {known}: open it with the version of duramen that wrote it", folder.display())]
    NewerLayout {
        /// The folder.
        folder: PathBuf,
        /// The layout it has.
        layout: u32,
        /// The newest layout known here.
        known: u32,
    },
    /// Another process, or another log in this one, has the folder open.
    #[error("{} is open in {holder}: a folder is opened by one runtime at a time; stop that one first, or use another folder", folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
        /// Who has it: `process 4711`, or `another process`.
        holder: String,
    },
    /// The disk or the engine under the log failed.
    #[error("{doing} failed: {source}")]
    Io {
        /// What was being done.
        doing: String,
        /// The cause.
        source: Arc<io::Error>,
    },
    /// The log was closed.
    #[error("the log is closed: open the folder again")]
    Closed,
}

impl Error {
    /// An error of the disk or the engine, while `doing`.
    pub(crate) fn io(doing: impl Into<String>, source: io::Error) -> Self {
        Self::Io { doing: doing.into(), source: Arc::new(source) }
    }
}
