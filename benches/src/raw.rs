//! The raw file that duramen is measured beside.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::Context;

use crate::stats::Times;

/// What is written before each sync, in bytes: about a record.
const BYTES: [u8; 200] = [7; 200];

/// A plain file on the file system of the data, written and synced one piece after another.
pub(crate) struct RawFile {
    file: File,
    times: Times,
}

impl RawFile {
    pub(crate) fn create(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("raw");
        let file = File::create(&path).with_context(|| format!("making {}", path.display()))?;
        let mut raw = Self { file, times: Times::default() };
        raw.sync(5)?;
        // The first syncs also make the file itself durable.
        raw.times = Times::default();
        Ok(raw)
    }

    /// Writes and syncs so many times.
    pub(crate) fn sync(&mut self, times: usize) -> anyhow::Result<()> {
        for _ in 0..times {
            let begun = Instant::now();
            self.file.write_all(&BYTES).and_then(|()| self.file.sync_data()).context("writing the raw file")?;
            self.times.add(begun.elapsed());
        }
        Ok(())
    }

    pub(crate) fn p50_ms(&mut self) -> f64 {
        self.times.p50_ms()
    }
}
