//! The raw file that duramen is measured beside.
//!
//! It has its whole length before anything is measured, so that a sync moves data and nothing of the file system's own:
//! the least that a durable write can cost. A file that grows costs more, and a varying lot more while the file system
//! is still busy with files that were deleted before.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

use anyhow::Context;

use crate::stats::Times;

/// What is written before each sync when times are taken, in bytes: about a record.
const BYTES: [u8; 200] = [7; 200];

/// A plain file on the file system of the data, written from its beginning to its end, over and over.
pub(crate) struct RawFile {
    file: File,
    length: u64,
    at: u64,
    times: Times,
}

impl RawFile {
    /// A file for single records.
    pub(crate) fn create(folder: &Path) -> anyhow::Result<Self> {
        Self::with_length(folder, 1 << 20)
    }

    pub(crate) fn with_length(folder: &Path, length: u64) -> anyhow::Result<Self> {
        let path = folder.join("raw");
        let doing = || format!("making {}", path.display());
        let mut file = File::create(&path).with_context(doing)?;
        // Written and not only reserved: space that was never written is noted in the journal when it is.
        let zeros = vec![0; 1 << 20];
        for _ in 0..length.div_ceil(1 << 20) {
            file.write_all(&zeros).with_context(doing)?;
        }
        file.sync_all().with_context(doing)?;
        Ok(Self { file, length, at: 0, times: Times::default() })
    }

    /// Writes some bytes and syncs them.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let length = bytes.len() as u64;
        if self.at + length > self.length {
            self.at = 0;
        }
        let written = self.file.write_all_at(bytes, self.at).and_then(|()| self.file.sync_data());
        self.at += length;
        written.context("writing the raw file")
    }

    /// Writes and syncs so many times.
    pub(crate) fn sync(&mut self, times: usize) -> anyhow::Result<()> {
        for _ in 0..times {
            let begun = Instant::now();
            self.append(&BYTES)?;
            self.times.add(begun.elapsed());
        }
        Ok(())
    }

    pub(crate) fn p50_ms(&mut self) -> f64 {
        self.times.p50_ms()
    }
}
