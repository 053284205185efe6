//! Points in time as text, in the profile of ISO 8601 that RFC 3339 describes.

/// A point in time, to the nanosecond. Later ones are greater, whatever offsets they were written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Seconds since the Unix epoch.
    seconds: i64,
    nanos: u32,
}

impl Timestamp {
    /// Reads `2016-03-14T01:59:00Z`: `T` and `Z` are capital, a fraction of a second and an offset (`+01:00`) are allowed, and the offset or `Z` is
    /// required. `None` if it is anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.split_once('T')?;
        let [year, month, day] = fields(date, '-', [4, 2, 2])?;
        let zone = time.find(['Z', '+', '-'])?;
        let (time, zone) = time.split_at_checked(zone)?;
        let (time, fraction) = time.split_once('.').map_or((time, None), |(time, fraction)| (time, Some(fraction)));
        let [hour, minute, second] = fields(time, ':', [2, 2, 2])?;
        let valid = (1..=12).contains(&month)
            && (1..=days_in(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && (second < 60 || (second == 60 && minute == 59));
        if !valid {
            return None;
        }
        let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset(zone)?;
        Some(Self { seconds, nanos: fraction.map_or(Some(0), nanos)? })
    }

    /// ms since the Unix epoch, rounded down; `None` before it.
    pub fn epoch_ms(&self) -> Option<u64> {
        let seconds = u64::try_from(self.seconds).ok()?;
        Some(seconds * 1000 + u64::from(self.nanos / 1_000_000))
    }
}

fn fields(text: &str, between: char, lengths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(between);
    let mut read = [0; 3];
    for (field, length) in read.iter_mut().zip(lengths) {
        let part = parts.next()?;
        if part.len() != length || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *field = part.parse().ok()?;
    }
    parts.next().is_none().then_some(read)
}

/// Seconds east of UTC.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, zone) = zone.split_at_checked(1)?;
    let sign = if sign == "-" { -1 } else { 1 };
    let [hours, minutes, _] = fields(&format!("{zone}:00"), ':', [2, 2, 2])?;
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn nanos(fraction: &str) -> Option<u32> {
    if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    format!("{fraction:0<9}").get(..9)?.parse().ok()
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from the Unix epoch to a date, by the calendar of years that begin in March.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn offsets_and_fractions_are_taken_into_account() {
        let at = |text| Timestamp::parse(text).unwrap();
        assert_eq!(at("1970-01-01T00:00:00Z").epoch_ms(), Some(0));
        assert_eq!(at("2016-03-14T01:59:00Z").epoch_ms(), Some(1_457_920_740_000));
        assert_eq!(at("2016-03-14T02:59:00+01:00"), at("2016-03-14T01:59:00Z"));
        assert_eq!(at("2016-03-13T20:29:00.000-05:30"), at("2016-03-14T01:59:00Z"));
        assert!(at("2016-03-14T01:59:00.1Z") > at("2016-03-14T01:59:00.09Z"));
        assert!(at("2000-02-29T00:00:00Z") < at("2000-03-01T00:00:00Z"));
        assert!(at("1969-12-31T23:59:59Z").epoch_ms().is_none());
    }

    #[test]
    fn what_is_not_in_the_profile_is_refused() {
        for text in [
            "2016-12-05 21:29:29Z",
            "2016-12-05T21:29:29",
            "2016-13-05T21:29:29Z",
            "2016-12-05T25:29:29Z",
            "05-12-2016T21:29:29Z",
            "2016-12-05t21:29:29Z",
            "2016-12-05T21:29:29z",
            "2015-02-29T00:00:00Z",
            "2016-12-05T21:29:29.Z",
            "2016-12-05T21:29:29+1:00",
            "2016-12-05T21:29Z",
            "2023-02-24",
            "",
            "T",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
