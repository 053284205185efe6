//! One history in a file of its own.
//!
//! A file is a line that says what it is, then its content in bincode: the execution, its workflow, version and name, and its
//! records as they stand in the log, each with the schema in which it is written. So it stays readable as the log does.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use duramen_storage::{ExecutionId, Record, RecordKind, Version};

use crate::check::read_all;
use crate::execution::{dry, layout};
use crate::{Error, Event, Handle};

/// The first bytes of a file, with the number of its layout.
const FIRST_LINE: &[u8] = b"duramen history 1\n";
/// How the names of files end.
pub(super) const ENDING: &str = "history";
/// Longer names of files, in bytes, are not taken by every file system.
const LONGEST_NAME: usize = 200;

/// Why a history could not be recorded, or recorded ones not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// The execution could not be read.
    #[error(transparent)]
    Runtime(#[from] Error),
    /// A record of the execution is not one of a workflow.
    #[error("the history cannot be recorded: {0}")]
    History(String),
    /// A file or folder could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl RecordingError {
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { path: path.to_owned(), source }
    }
}

/// A history as a file has it.
#[derive(bincode::Encode, bincode::Decode)]
pub(super) struct Recording {
    pub(super) execution: ExecutionId,
    pub(super) workflow: String,
    pub(super) version: u32,
    pub(super) name: String,
    records: Vec<(u16, Vec<u8>)>,
}

impl Recording {
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let bytes = fs::read(path).map_err(|error| error.to_string())?;
        let body = bytes.strip_prefix(FIRST_LINE).ok_or("it is not a history that this program can read")?;
        layout::decode(body)
    }

    pub(super) fn records(&self) -> Vec<Record> {
        let records = self.records.iter().zip(1..);
        let records = records.map(|((kind, body), version)| Record {
            version: Version::new(version),
            kind: RecordKind(*kind),
            body: body.clone(),
        });
        records.collect()
    }

    /// A name for the file that no other execution has: letters, digits, `-` and `_` stay, the rest is written in
    /// hexadecimal.
    fn file_name(&self) -> String {
        let name = format!("{}.{}", escaped(&self.workflow), escaped(&self.name));
        if name.len() > LONGEST_NAME { format!("{}.{ENDING}", self.execution) } else { format!("{name}.{ENDING}") }
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02x}")),
        }
    }
    escaped
}

/// Writes the history of an execution, running or ended, into a file of its own in this folder, which is made when there is
/// none; gives the path. The file is named after workflow and name, and takes the place of one recorded before.
///
/// Keep such files beside the code: [`assert_replays`](super::assert_replays) shows that a change of the code lets those
/// executions go on. The inputs and results of the execution are in them, as JSON.
///
/// # Errors
/// When the execution cannot be read, or the file not be written.
pub async fn record<T>(handle: &Handle<T>, folder: impl AsRef<Path>) -> Result<PathBuf, RecordingError> {
    let (execution, folder) = (handle.execution(), folder.as_ref());
    let records = handle.runtime().read(move |log| read_all(log, execution)).await?;
    let turns = dry::turns(&records).map_err(RecordingError::History)?;
    let begun = turns.iter().flat_map(|turn| &turn.given).find_map(|event| match event {
        Event::ExecutionStarted { begin } => Some(begin),
        _ => None,
    });
    let Some(begun) = begun else { return Err(handle.not_found().into()) };
    let recording = Recording {
        execution,
        workflow: begun.workflow.clone(),
        version: begun.version,
        name: begun.name.clone(),
        records: records.into_iter().map(|record| (record.kind.0, record.body)).collect(),
    };
    let body = layout::encode(&recording).map_err(RecordingError::History)?;
    fs::create_dir_all(folder).map_err(RecordingError::file(folder))?;
    let path = folder.join(recording.file_name());
    fs::write(&path, [FIRST_LINE, &body].concat()).map_err(RecordingError::file(&path))?;
    Ok(path)
}
