//! When a failed entity is restarted, and when no more.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use duramen_storage::ExecutionId;

/// So many entities with failures are not worth a look at which of them still count.
const FEW: usize = 1_000;

/// How often a failed entity is restarted, and after which pause, before it is quarantined.
///
/// ```
/// use duramen_actors::Restart;
/// use std::time::Duration;
///
/// let patient = Restart::default().intensity(10, Duration::from_secs(300)).first_delay(Duration::from_secs(1));
/// assert_ne!(patient, Restart::default());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restart {
    intensity: usize,
    window: Duration,
    first_delay: Duration,
    longest_delay: Duration,
}

impl Default for Restart {
    /// Five restarts in a minute, after 50 ms, 100 ms, 200 ms and so on up to 5 s.
    fn default() -> Self {
        Self {
            intensity: 5,
            window: Duration::from_secs(60),
            first_delay: Duration::from_millis(50),
            longest_delay: Duration::from_secs(5),
        }
    }
}

impl Restart {
    /// At most `restarts` restarts within `window`; the failure after that quarantines.
    #[must_use]
    pub fn intensity(mut self, restarts: usize, window: Duration) -> Self {
        self.intensity = restarts;
        self.window = window;
        self
    }

    /// The pause before the first restart; it doubles with each further one.
    #[must_use]
    pub fn first_delay(mut self, delay: Duration) -> Self {
        self.first_delay = delay;
        self
    }

    /// The longest pause.
    #[must_use]
    pub fn longest_delay(mut self, delay: Duration) -> Self {
        self.longest_delay = delay;
        self
    }
}

/// What to do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    RestartAfter(Duration),
    Quarantine,
}

/// The failures that still count, by entity.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    at_ms: HashMap<ExecutionId, VecDeque<u64>>,
    /// With so many entities, those whose failures count no more are looked for.
    look_at: usize,
}

impl Failures {
    /// Counts a failure and says what to do about it.
    pub(crate) fn count(&mut self, execution: ExecutionId, policy: &Restart, now_ms: u64) -> Verdict {
        let window_ms = u64::try_from(policy.window.as_millis()).unwrap_or(u64::MAX);
        let counts = |at: &u64| now_ms.saturating_sub(*at) <= window_ms;
        if self.at_ms.len() >= self.look_at {
            self.at_ms.retain(|_, at_ms| at_ms.back().is_some_and(counts));
            self.look_at = self.at_ms.len().saturating_mul(2).max(FEW);
        }
        let at_ms = self.at_ms.entry(execution).or_default();
        at_ms.retain(counts);
        // More than what quarantines need not be remembered.
        if at_ms.len() > policy.intensity {
            at_ms.pop_front();
        }
        at_ms.push_back(now_ms);
        let restarts = at_ms.len();
        if restarts > policy.intensity {
            return Verdict::Quarantine;
        }
        let doublings = u32::try_from(restarts - 1).unwrap_or(u32::MAX).min(30);
        Verdict::RestartAfter(policy.first_delay.saturating_mul(1 << doublings).min(policy.longest_delay))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> ExecutionId {
        ExecutionId::from_bytes([1; 16])
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let policy = Restart::default().intensity(9, Duration::from_secs(60)).longest_delay(Duration::from_millis(300));
        let mut failures = Failures::default();
        let delays: Vec<_> = (0..5).map(|second| failures.count(one(), &policy, second * 1000)).collect();
        let expected = [50, 100, 200, 300, 300].map(|ms| Verdict::RestartAfter(Duration::from_millis(ms)));
        assert_eq!(delays, expected);
    }

    #[test]
    fn one_failure_more_than_the_intensity_quarantines() {
        let policy = Restart::default().intensity(2, Duration::from_secs(60));
        let mut failures = Failures::default();
        assert_ne!(failures.count(one(), &policy, 0), Verdict::Quarantine);
        assert_ne!(failures.count(one(), &policy, 0), Verdict::Quarantine);
        assert_eq!(failures.count(one(), &policy, 0), Verdict::Quarantine);
    }

    #[test]
    fn failures_outside_the_window_are_forgotten() {
        let policy = Restart::default().intensity(1, Duration::from_secs(1));
        let mut failures = Failures::default();
        assert_eq!(failures.count(one(), &policy, 0), failures.count(one(), &policy, 5000));
    }

    #[test]
    fn failures_of_one_entity_do_not_count_for_another() {
        let policy = Restart::default().intensity(1, Duration::from_secs(60));
        let mut failures = Failures::default();
        assert_ne!(failures.count(one(), &policy, 0), Verdict::Quarantine);
        assert_ne!(failures.count(ExecutionId::from_bytes([2; 16]), &policy, 0), Verdict::Quarantine);
        assert_eq!(failures.count(one(), &policy, 0), Verdict::Quarantine);
    }

    #[test]
    fn what_counts_no_more_is_not_kept() {
        let policy = Restart::default().intensity(1, Duration::from_secs(1));
        let mut failures = Failures::default();
        for second in 0..10_000_u64 {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&second.to_be_bytes());
            failures.count(ExecutionId::from_bytes(bytes), &policy, second * 1000);
        }
        assert!(failures.at_ms.len() <= FEW);
        for _ in 0..100 {
            failures.count(one(), &policy, 20_000_000);
        }
        assert_eq!(failures.at_ms[&one()].len(), 2);
    }
}
