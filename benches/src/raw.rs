//! The raw file that duramen is measured beside.
//!
//! A plain file grows with what is written to it, so that a sync also waits for the journal of the file system. That is
//! what a log costs at least, and what the ratios are of. It also is a number to be careful with: while the file system
//! is busy with large files that were just deleted, growing takes many times as long, and flatters what stands beside
//! it. So a file that has its length beforehand is measured in turn, where a sync moves data and nothing else.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

use anyhow::Context;

use crate::report::Measured;
use crate::stats::Times;

/// What is written before each sync when times are taken, in bytes: about a record.
const BYTES: [u8; 200] = [7; 200];
/// The length of the file that does not grow.
const LENGTH: usize = 1 << 20;

/// A plain file that is written at its end.
pub(crate) struct Growing {
    file: File,
}

impl Growing {
    pub(crate) fn create(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("raw");
        let file = File::create(&path).with_context(|| format!("making {}", path.display()))?;
        file.sync_all().context("syncing the raw file")?;
        Ok(Self { file })
    }

    /// Writes some bytes and syncs them.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.file.write_all(bytes).and_then(|()| self.file.sync_data()).context("writing the raw file")
    }
}

/// What single writes with a sync each cost on the file system of the data.
pub(crate) struct RawSyncs {
    growing: Growing,
    in_place: File,
    at: usize,
    growing_times: Times,
    in_place_times: Times,
}

impl RawSyncs {
    pub(crate) fn create(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("raw-in-place");
        let doing = || format!("making {}", path.display());
        let mut in_place = File::create(&path).with_context(doing)?;
        // Written and not only reserved: space that was never written is noted in the journal when it is.
        in_place.write_all(&vec![0; LENGTH]).and_then(|()| in_place.sync_all()).with_context(doing)?;
        let growing = Growing::create(folder)?;
        Ok(Self { growing, in_place, at: 0, growing_times: Times::default(), in_place_times: Times::default() })
    }

    /// Takes the times of so many syncs of each file, in turn.
    pub(crate) fn take(&mut self, times: usize) -> anyhow::Result<()> {
        for _ in 0..times {
            let begun = Instant::now();
            self.growing.append(&BYTES)?;
            self.growing_times.add(begun.elapsed());

            self.at = if self.at + 2 * BYTES.len() > LENGTH { 0 } else { self.at + BYTES.len() };
            let begun = Instant::now();
            let written = self.in_place.write_all_at(&BYTES, self.at as u64).and_then(|()| self.in_place.sync_data());
            written.context("writing the raw file")?;
            self.in_place_times.add(begun.elapsed());
        }
        Ok(())
    }

    /// Adds the raw figures, and how many times as long `p50_ms` is.
    pub(crate) fn beside(&mut self, p50_ms: f64, measured: Measured) -> Measured {
        let (growing_ms, in_place_ms) = (self.growing_times.p50_ms(), self.in_place_times.p50_ms());
        measured
            .figure("raw_sync_ms", growing_ms)
            .figure("ratio_to_raw", p50_ms / growing_ms)
            .figure("raw_in_place_ms", in_place_ms)
            .figure("ratio_to_raw_in_place", p50_ms / in_place_ms)
    }
}
