//! What is run outside of workflows. It may do everything, as its results are recorded.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "steps run outside of the workflow")]

use std::time::{Duration, SystemTime};

use duramen::Failure;
use uuid::Uuid;

/// The language of the machine, if it is set.
#[must_use]
pub fn language() -> String {
    std::env::var("LANG").unwrap_or_default()
}

/// Reads a page.
///
/// # Errors
/// When there is none, or it takes too long.
pub async fn read(page: String) -> Result<String, Failure> {
    let read = tokio::time::timeout(Duration::from_secs(10), tokio::fs::read_to_string(page));
    Ok(read.await??)
}

/// Stores a word.
///
/// # Errors
/// When the disk does not take it.
pub async fn store(id: Uuid, day: SystemTime, word: String) -> std::io::Result<()> {
    tokio::fs::write(std::env::temp_dir().join(id.to_string()), format!("{day:?} {word}")).await
}
