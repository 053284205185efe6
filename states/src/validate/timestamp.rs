//! Timestamps as RFC 3339 writes them, with an upper case `T`, and `Z` or an offset.

/// ```text
/// 2016-03-14T01:59:00Z   2016-03-14T01:59:00.123+02:00
/// ```
pub(super) fn is_timestamp(text: &str) -> bool {
    read(text).is_some()
}

fn read(text: &str) -> Option<()> {
    let (year, rest) = number(text, 4, 0..=9999)?;
    let (month, rest) = number(rest.strip_prefix('-')?, 2, 1..=12)?;
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let (_, rest) = number(rest.strip_prefix('-')?, 2, 1..=days)?;
    let (_, rest) = number(rest.strip_prefix('T')?, 2, 0..=23)?;
    let (_, rest) = number(rest.strip_prefix(':')?, 2, 0..=59)?;
    let (_, mut rest) = number(rest.strip_prefix(':')?, 2, 0..=60)?;
    if let Some(fraction) = rest.strip_prefix('.') {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        rest = fraction.get(digits..).filter(|_| digits > 0)?;
    }
    if rest == "Z" {
        return Some(());
    }
    let (_, rest) = number(rest.strip_prefix(['+', '-'])?, 2, 0..=23)?;
    let (_, rest) = number(rest.strip_prefix(':')?, 2, 0..=59)?;
    rest.is_empty().then_some(())
}

fn number(text: &str, digits: usize, bounds: std::ops::RangeInclusive<u32>) -> Option<(u32, &str)> {
    let (number, rest) = text.split_at_checked(digits)?;
    let number = if number.bytes().all(|byte| byte.is_ascii_digit()) { number.parse().ok()? } else { return None };
    bounds.contains(&number).then_some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::is_timestamp;

    #[test]
    fn only_whole_and_possible_timestamps_are_taken() {
        for good in [
            "2016-03-14T01:59:00Z",
            "2024-02-29T23:59:60Z",
            "2016-03-14T01:59:00.123456+02:00",
            "2016-03-14T01:59:00-11:30",
        ] {
            assert!(is_timestamp(good), "{good}");
        }
        for bad in [
            "2016-03-14 01:59:00Z",
            "2016-03-14T01:59:00",
            "2016-13-14T01:59:00Z",
            "2023-02-29T01:59:00Z",
            "2016-03-14T24:59:00Z",
            "14-03-2016T01:59:00Z",
            "2016-03-14T01:59:00.Z",
            "2016-03-14T01:59:00Zebra",
            "+016-03-14T01:59:00Z",
            "",
        ] {
            assert!(!is_timestamp(bad), "{bad}");
        }
    }
}
