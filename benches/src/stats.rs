//! Numbers out of samples.

use std::time::Duration;

/// Samples of one time.
#[derive(Default)]
pub(crate) struct Times {
    ms: Vec<f64>,
}

impl Times {
    pub(crate) fn add(&mut self, time: Duration) {
        self.ms.push(ms(time));
    }

    pub(crate) fn mean_ms(&self) -> f64 {
        self.ms.iter().sum::<f64>() / count(self.ms.len())
    }

    /// The median of the samples with these places in the order in which they were added, the last not included; to be
    /// asked before any percentile.
    pub(crate) fn p50_ms_among(&self, from: usize, to: usize) -> f64 {
        let ms = self.ms.get(from..to.min(self.ms.len())).unwrap_or_default().to_vec();
        Self { ms }.p50_ms()
    }

    pub(crate) fn len(&self) -> usize {
        self.ms.len()
    }

    /// The time that this share of the samples does not exceed, in ms.
    pub(crate) fn percentile_ms(&mut self, percent: usize) -> f64 {
        self.ms.sort_unstable_by(f64::total_cmp);
        let rank = (self.ms.len() * percent).div_ceil(100).max(1);
        self.ms.get(rank - 1).copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn p50_ms(&mut self) -> f64 {
        self.percentile_ms(50)
    }
}

pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// A count to calculate with; nothing here counts beyond what an `f64` holds exactly.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(crate) fn count(of: usize) -> f64 {
    of as f64
}

/// As [`count`].
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(crate) fn count_u64(of: u64) -> f64 {
    of as f64
}
