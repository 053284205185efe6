//! What evaluation may know that is in no value: the time and random bits.

/// The time and the randomness of one evaluation. The same moment gives the same answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    now_ms: u64,
    state: u64,
}

impl Moment {
    /// `now_ms` is in ms since the Unix epoch; `entropy` are 64 random bits.
    pub const fn new(now_ms: u64, entropy: u64) -> Self {
        Self { now_ms, state: entropy }
    }

    /// ms since the Unix epoch.
    pub const fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// The next 64 random bits (SplitMix64).
    pub const fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A random number, `0 <= n < 1`.
    pub const fn fraction(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A random UUID (version 4) in lower case with dashes.
    pub fn uuid(&mut self) -> String {
        let high = self.bits() & 0xffff_ffff_ffff_0fff | 0x4000;
        let low = self.bits() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
        let (a, b, c) = (high >> 32, (high >> 16) & 0xffff, high & 0xffff);
        format!("{a:08x}-{b:04x}-{c:04x}-{:04x}-{:012x}", low >> 48, low & 0xffff_ffff_ffff)
    }
}

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn the_same_entropy_gives_the_same_bits_and_another_gives_others() {
        let (mut a, mut b, mut c) = (Moment::new(0, 7), Moment::new(1, 7), Moment::new(0, 8));
        let first = a.bits();
        assert_eq!(first, b.bits());
        assert_ne!(first, c.bits());
        assert_ne!(first, a.bits());
    }

    #[test]
    fn a_uuid_has_the_form_of_version_4() {
        let mut moment = Moment::new(0, 1);
        for _ in 0..100 {
            let uuid = moment.uuid();
            let parts: Vec<_> = uuid.split('-').map(str::len).collect();
            assert_eq!(parts, [8, 4, 4, 4, 12], "{uuid}");
            assert_eq!(&uuid[14..15], "4", "{uuid}");
            assert!("89ab".contains(&uuid[19..20]), "{uuid}");
        }
    }

    #[test]
    fn a_fraction_is_below_one() {
        let mut moment = Moment::new(0, 3);
        for _ in 0..1000 {
            assert!((0.0..1.0).contains(&moment.fraction()));
        }
    }
}
