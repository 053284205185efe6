//! When a failed step is tried again, and when a condition is looked at again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::Failure;

/// When a failed step is tried again, and how often.
///
/// The delay after the first failure is `first`; it grows by a factor ([`exponential`](Self::exponential)), by an amount
/// ([`linear`](Self::linear)) or not at all ([`fixed`](Self::fixed)), is at most `cap`, and then jittered. The default is
/// the one of AWS's durable-execution SDKs: 6 attempts, 5 s, doubling, at most 60 s, full jitter. Delays have ms.
///
/// ```
/// use duramen::{Jitter, Retry};
/// use std::time::Duration;
///
/// let quick = Retry::exponential().limit(3).first(Duration::from_millis(100)).jitter(Jitter::None);
/// let picky = Retry::transient().only_on(["reqwest::Error", "Busy"]);
/// let own = Retry::custom(|failure, attempt| match failure.name() {
///     "Busy" => Some(Duration::from_secs(u64::from(attempt))),
///     _ => None,
/// });
/// # let _ = (quick, picky, own);
/// ```
#[derive(Clone)]
pub struct Retry {
    limit: u32,
    first: Duration,
    growth: Growth,
    cap: Duration,
    jitter: Jitter,
    only_on: Option<Arc<[String]>>,
    never_on: Arc<[String]>,
}

#[derive(Clone)]
enum Growth {
    By(f64),
    Plus(Duration),
    Custom(Arc<Custom>),
}

type Custom = dyn Fn(&Failure, u32) -> Option<Duration> + Send + Sync;

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

const SECOND: Duration = Duration::from_secs(1);

impl Retry {
    fn new(limit: u32, first: Duration, growth: Growth, cap: Duration, jitter: Jitter) -> Self {
        Self { limit, first, growth, cap, jitter, only_on: None, never_on: Arc::default() }
    }

    /// Delays that grow by a factor: 6 attempts, 5 s, doubling, at most 60 s, full jitter. AWS's preset `default`.
    #[must_use]
    pub fn exponential() -> Self {
        Self::new(6, 5 * SECOND, Growth::By(2.0), 60 * SECOND, Jitter::Full)
    }

    /// Delays that grow by an amount: 6 attempts, 1 s, one second more each time, at most 5 min, full jitter. AWS's
    /// linear strategy; its preset `linear` has no jitter.
    #[must_use]
    pub fn linear() -> Self {
        Self::new(6, SECOND, Growth::Plus(SECOND), 300 * SECOND, Jitter::Full)
    }

    /// Always the same delay: 5 attempts, no jitter. AWS's preset `fixed`.
    #[must_use]
    pub fn fixed(delay: Duration) -> Self {
        Self::new(5, delay, Growth::By(1.0), delay, Jitter::None)
    }

    /// No second attempt. AWS's preset `none`.
    #[must_use]
    pub fn none() -> Self {
        Self::exponential().limit(1)
    }

    /// For what is over soon: 3 attempts, 5 s, doubling, at most 5 min, half jitter. AWS's preset `transient`.
    #[must_use]
    pub fn transient() -> Self {
        Self::new(3, 5 * SECOND, Growth::By(2.0), 300 * SECOND, Jitter::Half)
    }

    /// For what others use up: 5 attempts, 5 s, doubling, at most 5 min, full jitter. AWS's preset
    /// `resource_availability`.
    #[must_use]
    pub fn resource_availability() -> Self {
        Self::new(5, 5 * SECOND, Growth::By(2.0), 300 * SECOND, Jitter::Full)
    }

    /// For what must succeed: 10 attempts, 1 s, growing by a half, at most 60 s, no jitter. AWS's preset `critical`.
    #[must_use]
    pub fn critical() -> Self {
        Self::new(10, SECOND, Growth::By(1.5), 60 * SECOND, Jitter::None)
    }

    /// For conditions that are looked at again and again: 60 looks, 5 s, growing by a half, at most 5 min, full jitter.
    /// AWS's wait strategy.
    #[must_use]
    pub fn polling() -> Self {
        Self::new(60, 5 * SECOND, Growth::By(1.5), 300 * SECOND, Jitter::Full)
    }

    /// A rule of one's own: given the failure and the number of the attempt that failed (the first is 1), the delay
    /// before the next one, or `None` when there is none. Neither cap nor jitter apply to it; a limit does, if set.
    #[must_use]
    pub fn custom(rule: impl Fn(&Failure, u32) -> Option<Duration> + Send + Sync + 'static) -> Self {
        Self::new(u32::MAX, SECOND, Growth::Custom(Arc::new(rule)), Duration::MAX, Jitter::None)
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
        self.growth = Growth::By(if factor >= 1.0 { factor } else { 1.0 });
        self
    }

    /// How much longer the delay is after each further failure.
    #[must_use]
    pub fn increment(mut self, longer: Duration) -> Self {
        self.growth = Growth::Plus(longer);
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

    /// Tries again only after failures of these [names](Failure::name).
    #[must_use]
    pub fn only_on(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.only_on = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Never tries again after failures of these [names](Failure::name).
    #[must_use]
    pub fn never_on(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.never_on = names.into_iter().map(Into::into).collect();
        self
    }

    /// The delay in ms after the failure of this attempt (the first is 1), or none when it was the last. `chance` is
    /// from 0 to 1.
    pub(crate) fn delay_ms(&self, failure: &Failure, attempt: u32, chance: f64) -> Option<u64> {
        let named = |names: &[String]| names.iter().any(|name| name == failure.name());
        if self.only_on.as_deref().is_some_and(|names| !named(names)) || named(&self.never_on) {
            return None;
        }
        self.pause_ms(Some(failure), attempt, chance)
    }

    /// The pause in ms after this poll of a condition (the first is 1), or none when it was the last.
    pub(crate) fn poll_pause_ms(&self, attempt: u32, chance: f64) -> Option<u64> {
        self.pause_ms(None, attempt, chance)
    }

    fn pause_ms(&self, failure: Option<&Failure>, attempt: u32, chance: f64) -> Option<u64> {
        if attempt >= self.limit {
            return None;
        }
        let before = attempt.saturating_sub(1);
        let first = self.first.as_secs_f64();
        let grown = match &self.growth {
            Growth::By(rate) => first * rate.powf(f64::from(before)),
            Growth::Plus(longer) => first + longer.as_secs_f64() * f64::from(before),
            Growth::Custom(rule) => {
                let not_met = Failure::new(Failure::CONDITION_NOT_MET, "");
                let delay = rule(failure.unwrap_or(&not_met), attempt)?;
                return Some(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
            }
        };
        let whole = grown.min(self.cap.as_secs_f64());
        let seconds = match self.jitter {
            Jitter::None => whole,
            Jitter::Half => whole / 2.0 * (1.0 + chance),
            Jitter::Full => whole * chance,
        };
        let delay = Duration::try_from_secs_f64(seconds).unwrap_or(self.cap);
        Some(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX))
    }
}

impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Retry");
        text.field("limit", &self.limit).field("first", &self.first);
        match &self.growth {
            Growth::By(rate) => text.field("rate", rate),
            Growth::Plus(longer) => text.field("increment", longer),
            Growth::Custom(_) => text.field("rule", &"custom"),
        };
        text.field("cap", &self.cap).field("jitter", &self.jitter).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> Failure {
        Failure::new("Busy", "")
    }

    fn delays(retry: &Retry, chance: f64) -> Vec<Option<u64>> {
        (1..=6).map(|attempt| retry.delay_ms(&failure(), attempt, chance)).collect()
    }

    #[test]
    fn the_default_doubles_from_5_s_up_to_60_s_for_6_attempts() {
        let expected = [Some(5_000), Some(10_000), Some(20_000), Some(40_000), Some(60_000), None];
        assert_eq!(delays(&Retry::default(), 1.0), expected);
    }

    #[test]
    fn linear_delays_grow_by_a_second() {
        let expected = [Some(1_000), Some(2_000), Some(3_000), Some(4_000), Some(5_000), None];
        assert_eq!(delays(&Retry::linear(), 1.0), expected);
    }

    #[test]
    fn fixed_delays_stay_the_same_for_5_attempts() {
        let same = Some(700);
        assert_eq!(delays(&Retry::fixed(Duration::from_millis(700)), 0.1), [same, same, same, same, None, None]);
    }

    #[test]
    fn the_presets_are_those_of_aws() {
        assert_eq!(delays(&Retry::transient(), 0.0)[..3], [Some(2_500), Some(5_000), None]);
        assert_eq!(delays(&Retry::resource_availability(), 1.0)[3..5], [Some(40_000), None]);
        assert_eq!(delays(&Retry::critical(), 0.3)[..4], [Some(1_000), Some(1_500), Some(2_250), Some(3_375)]);
        assert_eq!(Retry::critical().delay_ms(&failure(), 10, 1.0), None);
        assert_eq!(Retry::polling().poll_pause_ms(1, 1.0), Some(5_000));
        assert_eq!(Retry::polling().poll_pause_ms(59, 1.0), Some(300_000));
        assert_eq!(Retry::polling().poll_pause_ms(60, 1.0), None);
    }

    #[test]
    fn full_jitter_reaches_from_nothing_to_the_whole() {
        assert_eq!(delays(&Retry::default(), 0.0).first(), Some(&Some(0)));
        assert_eq!(delays(&Retry::default(), 1.0).first(), Some(&Some(5_000)));
    }

    #[test]
    fn half_jitter_keeps_half() {
        let retry = Retry::default().jitter(Jitter::Half);
        assert_eq!(delays(&retry, 0.0).first(), Some(&Some(2_500)));
        assert_eq!(delays(&retry, 1.0).first(), Some(&Some(5_000)));
    }

    #[test]
    fn none_never_tries_again() {
        assert_eq!(delays(&Retry::none(), 0.5).first(), Some(&None));
    }

    #[test]
    fn only_failures_of_the_given_names_are_tried_again() {
        let tries = |retry: Retry| retry.delay_ms(&failure(), 1, 1.0).is_some();
        assert!(tries(Retry::default().only_on(["Gone", "Busy"])));
        assert!(!tries(Retry::default().only_on(["Gone"])));
        assert!(!tries(Retry::default().never_on(["Busy"])));
        assert!(tries(Retry::default().never_on(["Gone"])));
    }

    #[test]
    fn a_rule_of_ones_own_sees_the_failure_and_the_attempt() {
        let retry = Retry::custom(|failure, attempt| {
            (failure.name() == "Busy" && attempt < 3).then(|| Duration::from_millis(u64::from(attempt) * 7))
        });
        assert_eq!(delays(&retry, 0.5)[..3], [Some(7), Some(14), None]);
        assert_eq!(delays(&retry.limit(2), 0.5)[..2], [Some(7), None]);
    }

    #[test]
    fn delays_of_any_size_are_capped() {
        let retry = Retry::exponential().unlimited().rate(f64::MAX).first(Duration::MAX).cap(SECOND);
        assert_eq!(retry.delay_ms(&failure(), u32::MAX - 1, 1.0), Some(1_000));
    }
}
