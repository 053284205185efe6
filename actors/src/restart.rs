//! When a failed entity is restarted, and when no more.

use std::collections::VecDeque;
use std::time::Duration;

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

/// The failures of one entity that still count.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    at_ms: VecDeque<u64>,
}

impl Failures {
    /// Counts a failure and says what to do about it.
    pub(crate) fn count(&mut self, policy: &Restart, now_ms: u64) -> Verdict {
        let window_ms = u64::try_from(policy.window.as_millis()).unwrap_or(u64::MAX);
        self.at_ms.retain(|at| now_ms.saturating_sub(*at) <= window_ms);
        self.at_ms.push_back(now_ms);
        let restarts = self.at_ms.len();
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

    #[test]
    fn pauses_double_up_to_the_longest() {
        let policy = Restart::default().intensity(9, Duration::from_secs(60)).longest_delay(Duration::from_millis(300));
        let mut failures = Failures::default();
        let delays: Vec<_> = (0..5).map(|second| failures.count(&policy, second * 1000)).collect();
        let expected = [50, 100, 200, 300, 300].map(|ms| Verdict::RestartAfter(Duration::from_millis(ms)));
        assert_eq!(delays, expected);
    }

    #[test]
    fn one_failure_more_than_the_intensity_quarantines() {
        let policy = Restart::default().intensity(2, Duration::from_secs(60));
        let mut failures = Failures::default();
        assert_ne!(failures.count(&policy, 0), Verdict::Quarantine);
        assert_ne!(failures.count(&policy, 0), Verdict::Quarantine);
        assert_eq!(failures.count(&policy, 0), Verdict::Quarantine);
    }

    #[test]
    fn failures_outside_the_window_are_forgotten() {
        let policy = Restart::default().intensity(1, Duration::from_secs(1));
        let mut failures = Failures::default();
        assert_eq!(failures.count(&policy, 0), failures.count(&policy, 5000));
    }
}
