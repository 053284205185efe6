//! A copy of a folder, to be looked at and thrown away.

use std::path::{Path, PathBuf};

use duramen_storage::{Error as LogError, SledLog};

/// A copy of a folder; removed when it is dropped.
pub(super) struct Scratch {
    path: PathBuf,
}

impl Scratch {
    pub(super) async fn copy_of(folder: PathBuf) -> Result<Self, LogError> {
        let path = std::env::temp_dir().join(format!("duramen-check-{}", uuid::Uuid::new_v4()));
        let scratch = Self { path: path.clone() };
        let copied = tokio::task::spawn_blocking(move || SledLog::copy(folder, path)).await;
        copied.unwrap_or(Err(LogError::Closed))?;
        Ok(scratch)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays in the folder for temporary files, the system removes.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
