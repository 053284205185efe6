//! When a failed step is tried again.

use std::time::Duration;

/// When a failed step is tried again, and how often.
///
/// The delay before attempt n + 1 is `first` times `rate` to the power of n - 1, at most `cap`, and then jittered. The
/// default is the one of AWS's durable-execution SDKs: 6 attempts, 5 s, doubling, at most 60 s, full jitter.
///
/// ```
/// use duramen::{Jitter, Retry};
/// use std::time::Duration;
///
/// let quick = Retry::exponential().limit(3).first(Duration::from_millis(100)).jitter(Jitter::None);
/// assert_ne!(quick, Retry::default());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retry {
    limit: u32,
    first: Duration,
    rate: f64,
    cap: Duration,
    jitter: Jitter,
}

/// How much of a delay is left to chance, so that many that failed together are not tried again together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Jitter {
    /// Nothing: the delay is what was computed.
    None,
    /// Half: between half of what was computed and all of it.
    Half,
    /// Everything: between nothing and what was computed.
    Full,
}

impl Default for Retry {
    fn default() -> Self {
        Self::exponential()
    }
}

impl Retry {
    /// Delays that grow; set the rest by the methods.
    #[must_use]
    pub fn exponential() -> Self {
        Self { limit: 6, first: Duration::from_secs(5), rate: 2.0, cap: Duration::from_secs(60), jitter: Jitter::Full }
    }

    /// No second attempt.
    #[must_use]
    pub fn none() -> Self {
        Self::exponential().limit(1)
    }

    /// At most so many attempts, the first one included; 0 counts as 1.
    #[must_use]
    pub fn limit(mut self, attempts: u32) -> Self {
        self.limit = attempts.max(1);
        self
    }

    /// As many attempts as it takes.
    #[must_use]
    pub fn unlimited(self) -> Self {
        self.limit(u32::MAX)
    }

    /// The delay after the first failure. Delays have ms.
    #[must_use]
    pub fn first(mut self, delay: Duration) -> Self {
        self.first = delay;
        self
    }

    /// By what the delay is multiplied after each further failure; less than 1 counts as 1.
    #[must_use]
    pub fn rate(mut self, factor: f64) -> Self {
        self.rate = if factor >= 1.0 { factor } else { 1.0 };
        self
    }

    /// The longest delay.
    #[must_use]
    pub fn cap(mut self, delay: Duration) -> Self {
        self.cap = delay;
        self
    }

    /// How much is left to chance.
    #[must_use]
    pub fn jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }

    /// The delay in ms after the failure of this attempt (the first is 1), or none when it was the last. `chance` is
    /// from 0 to 1.
    pub(crate) fn delay_ms(&self, attempt: u32, chance: f64) -> Option<u64> {
        if attempt >= self.limit {
            return None;
        }
        let growth = self.rate.powf(f64::from(attempt.saturating_sub(1)));
        let whole = (self.first.as_secs_f64() * growth).min(self.cap.as_secs_f64());
        let seconds = match self.jitter {
            Jitter::None => whole,
            Jitter::Half => whole / 2.0 * (1.0 + chance),
            Jitter::Full => whole * chance,
        };
        let delay = Duration::try_from_secs_f64(seconds).unwrap_or(self.cap);
        Some(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(retry: Retry, chance: f64) -> Vec<Option<u64>> {
        (1..=6).map(|attempt| retry.delay_ms(attempt, chance)).collect()
    }

    #[test]
    fn the_default_doubles_from_5_s_up_to_60_s_for_6_attempts() {
        let expected = [Some(5_000), Some(10_000), Some(20_000), Some(40_000), Some(60_000), None];
        assert_eq!(delays(Retry::default(), 1.0), expected);
    }

    #[test]
    fn full_jitter_reaches_from_nothing_to_the_whole() {
        assert_eq!(delays(Retry::default(), 0.0).first(), Some(&Some(0)));
        assert_eq!(delays(Retry::default(), 1.0).first(), Some(&Some(5_000)));
    }

    #[test]
    fn half_jitter_keeps_half() {
        let retry = Retry::default().jitter(Jitter::Half);
        assert_eq!(delays(retry, 0.0).first(), Some(&Some(2_500)));
        assert_eq!(delays(retry, 1.0).first(), Some(&Some(5_000)));
    }

    #[test]
    fn none_never_tries_again() {
        assert_eq!(delays(Retry::none(), 0.5).first(), Some(&None));
    }

    #[test]
    fn delays_of_any_size_are_capped() {
        let retry = Retry::exponential().unlimited().rate(f64::MAX).first(Duration::MAX).cap(Duration::from_secs(1));
        assert_eq!(retry.delay_ms(u32::MAX - 1, 1.0), Some(1_000));
    }
}
