//! Faults of a memory log: drawn from a seed, so that a test that failed fails again.

use std::time::Duration;

/// Which faults a log has.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    pub(super) random: SplitMix,
    pub(super) lost_ack_one_in: Option<u64>,
    pub(super) io_error_one_in: Option<u64>,
    pub(super) fail_after: Option<u64>,
    pub(super) lose_ack_after: Option<u64>,
    pub(super) slow_sync: Option<Duration>,
}

/// What goes wrong with one append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing is stored.
    NotStored,
    /// It is stored, and the waiter is told that it failed.
    AckLost,
}

impl Faults {
    /// What goes wrong with the append behind `before` others that succeeded.
    pub(super) fn draw(&mut self, before: u64) -> Option<Fault> {
        if self.fail_after.is_some_and(|after| before >= after) {
            return Some(Fault::NotStored);
        }
        if self.lose_ack_after.is_some_and(|after| before >= after) {
            return Some(Fault::AckLost);
        }
        if self.random.one_in(self.io_error_one_in) {
            return Some(Fault::NotStored);
        }
        self.random.one_in(self.lost_ack_one_in).then_some(Fault::AckLost)
    }
}

/// The generator SplitMix64 of Steele, Lea and Flood.
#[derive(Debug, Clone, Default)]
pub(super) struct SplitMix(pub(super) u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn one_in(&mut self, count: Option<u64>) -> bool {
        count.is_some_and(|count| count > 0 && self.next().is_multiple_of(count))
    }
}
