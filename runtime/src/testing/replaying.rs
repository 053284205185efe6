//! Recorded histories against today's code.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use duramen_storage::MemoryLog;

use super::recording::{ENDING, Recording, RecordingError};
use crate::execution::dry::{self, Depth};
use crate::{Builder, Runtime};

/// What became of a recorded history.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replayed {
    /// The file.
    pub file: PathBuf,
    /// The workflow, its version, and the name of the execution; empty when the file cannot be read.
    pub workflow: String,
    /// Which version of it.
    pub version: u32,
    /// The name of the execution.
    pub name: String,
    /// Why it does not replay: what is recorded, what the code asks for, and where. `None` when it does.
    pub mismatch: Option<String>,
}

impl fmt::Display for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, workflow, version, name, mismatch } = self;
        write!(f, "{}: ", file.display())?;
        if !workflow.is_empty() {
            write!(f, "execution `{name}` of workflow `{workflow}`, version {version}: ")?;
        }
        f.write_str(mismatch.as_deref().unwrap_or("replays"))
    }
}

/// Replays every history in a folder that [`record`](super::record) wrote against the workflows that `setup` registers, and
/// tells for each whether it does, by name of the file. Nothing is performed: no step is called.
///
/// All of a history is replayed, also the inside of child contexts that have ended and earlier runs, since another
/// execution may be just there.
///
/// # Errors
/// When the folder cannot be read. A file that is not a history is told as one that does not replay.
pub fn replays(
    setup: impl FnOnce(Builder) -> Builder,
    folder: impl AsRef<Path>,
) -> Result<Vec<Replayed>, RecordingError> {
    let (builder, folder) = (setup(Runtime::on_log(Arc::new(MemoryLog::new()))), folder.as_ref());
    let entries = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut files: Vec<PathBuf> = entries.map_err(RecordingError::file(folder))?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == ENDING));
    files.sort();
    Ok(files.into_iter().map(|file| replay(&builder, file)).collect())
}

fn replay(builder: &Builder, file: PathBuf) -> Replayed {
    let recording = match Recording::read(&file) {
        Ok(recording) => recording,
        Err(how) => {
            let (workflow, name) = (String::new(), String::new());
            return Replayed { file, workflow, version: 0, name, mismatch: Some(format!("it cannot be read: {how}")) };
        }
    };
    let outcome = dry::turns(&recording.records())
        .and_then(|turns| dry::replay(&builder.registry, builder.limits(), recording.execution, &turns, Depth::Whole));
    let Recording { workflow, version, name, .. } = recording;
    Replayed { file, workflow, version, name, mismatch: outcome.err() }
}

/// Asserts that every history in a folder replays against the workflows that `setup` registers; see [`replays`].
///
/// ```
/// use duramen::testing::{Lab, assert_replays, ended, record, replays};
/// use duramen::{Builder, Context, Failure};
///
/// async fn pay(ctx: Context, cents: u64) -> Result<u64, Failure> {
///     ctx.step("charge", move || async move { Ok::<_, Failure>(cents) }).await
/// }
///
/// fn workflows(builder: Builder) -> Builder {
///     builder.workflow("pay", pay)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let histories = folder.path();
/// // Once, when this code went into use; the file is kept beside the code.
/// let mut lab = Lab::in_memory(workflows);
/// let handle = lab.start::<u64>("pay", "invoice-12", 99).await?;
/// ended(&handle).await?;
/// record(&handle, histories).await?;
///
/// // In a test, from then on.
/// assert_replays(workflows, histories);
///
/// // The test fails with this when the step gets another name.
/// let renamed = |builder: Builder| {
///     builder.workflow("pay", |ctx: Context, cents: u64| async move {
///         ctx.step("bill", move || async move { Ok::<_, Failure>(cents) }).await
///     })
/// };
/// let replayed = replays(renamed, histories)?;
/// assert!(replayed[0].mismatch.as_ref().is_some_and(|mismatch| mismatch.contains("step `charge`")));
/// # Ok(())
/// # }
/// ```
///
/// # Panics
/// With what does not match, for each history that does not replay; when the folder has no history, or cannot be read.
#[track_caller]
pub fn assert_replays(setup: impl FnOnce(Builder) -> Builder, folder: impl AsRef<Path>) {
    let folder = folder.as_ref();
    let replayed = replays(setup, folder);
    assert!(
        replayed.is_ok(),
        "the recorded histories cannot be read: {}",
        replayed.map_or_else(|error| error.to_string(), |_| String::new())
    );
    let replayed = replayed.unwrap_or_default();
    assert!(!replayed.is_empty(), "{} has no recorded history: record one with `testing::record`", folder.display());
    let broken: Vec<_> = replayed.iter().filter(|replayed| replayed.mismatch.is_some()).collect();
    let told: String = broken.iter().map(|broken| format!("\n{broken}")).collect();
    assert!(broken.is_empty(), "{} of {} recorded histories do not replay:{told}", broken.len(), replayed.len());
}
