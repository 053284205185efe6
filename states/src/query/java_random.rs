//! The generator of `java.util.Random`, so that a seed stands for the numbers it is known for in Step Functions.

pub(super) struct JavaRandom(i64);

impl JavaRandom {
    const MASK: i64 = (1 << 48) - 1;

    pub(super) const fn new(seed: i64) -> Self {
        Self((seed ^ 0x5_DEEC_E66D) & Self::MASK)
    }

    const fn next(&mut self, bits: u32) -> i32 {
        self.0 = (self.0.wrapping_mul(0x5_DEEC_E66D).wrapping_add(0xB)) & Self::MASK;
        (self.0 >> (48 - bits)) as i32
    }

    /// A number, `0 <= n < 1`.
    pub(super) fn fraction(&mut self) -> f64 {
        let (high, low) = (i64::from(self.next(26)), i64::from(self.next(27)));
        ((high << 27) + low) as f64 / (1_u64 << 53) as f64
    }

    /// A number from 0 to below a positive bound.
    pub(super) fn below(&mut self, bound: i64) -> i64 {
        let Ok(bound) = i32::try_from(bound) else {
            let long = (i64::from(self.next(32)) << 32).wrapping_add(i64::from(self.next(32)));
            return long.rem_euclid(bound);
        };
        let mut bits = self.next(31);
        if bound & (bound - 1) == 0 {
            return (i64::from(bound) * i64::from(bits)) >> 31;
        }
        let mut number = bits % bound;
        // The last, incomplete stretch of the range would favour small numbers.
        while bits.checked_sub(number).and_then(|floor| floor.checked_add(bound - 1)).is_none() {
            bits = self.next(31);
            number = bits % bound;
        }
        i64::from(number)
    }
}

#[cfg(test)]
mod tests {
    use super::JavaRandom;

    #[test]
    fn a_seed_gives_the_numbers_of_java() {
        // new java.util.Random(42): nextInt(10) gives 0, 3, 8, 4, 0.
        let mut random = JavaRandom::new(42);
        let numbers: Vec<_> = (0..5).map(|_| random.below(10)).collect();
        assert_eq!(numbers, [0, 3, 8, 4, 0]);
    }

    #[test]
    fn numbers_stay_below_the_bound() {
        let mut random = JavaRandom::new(-1);
        for bound in [1, 2, 3, 1 << 16, i64::from(i32::MAX), i64::MAX] {
            for _ in 0..100 {
                assert!((0..bound).contains(&random.below(bound)), "{bound}");
            }
        }
    }

    #[test]
    fn a_seed_gives_the_fractions_of_java() {
        // new java.util.Random(42).nextDouble(), which Step Functions gives for $random(42).
        assert_eq!(JavaRandom::new(42).fraction().to_string(), "0.7275636800328681");
    }
}
