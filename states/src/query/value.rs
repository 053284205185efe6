//! Measuring values and comparing numbers.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// How large a value may be that an expression makes, in bytes of text and in values.
pub(crate) const MAX_SIZE: usize = 16 * 1024 * 1024;

/// How deep a value may nest that an expression makes. Values are kept as text, and readers of JSON stop at 128 levels.
pub(crate) const MAX_DEPTH: usize = 120;

/// Takes the size of a value from what is left; false if it is larger.
pub(crate) fn fits(value: &Value, left: &mut usize) -> bool {
    fn take(left: &mut usize, size: usize) -> bool {
        match left.checked_sub(size) {
            Some(rest) => {
                *left = rest;
                true
            }
            None => false,
        }
    }
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => take(left, 8),
        Value::String(text) => take(left, text.len() + 8),
        Value::Array(items) => take(left, 8) && items.iter().all(|item| fits(item, left)),
        Value::Object(fields) => {
            take(left, 8) && fields.iter().all(|(name, value)| take(left, name.len() + 8) && fits(value, left))
        }
    }
}

/// Which number is greater, exactly for whole numbers.
pub(crate) fn compare_numbers(a: &Number, b: &Number) -> Option<Ordering> {
    if let (Some(a), Some(b)) = (whole(a), whole(b)) {
        return Some(a.cmp(&b));
    }
    a.as_f64()?.partial_cmp(&b.as_f64()?)
}

fn whole(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

/// Rounded to the nearest whole number, halves up, as Java's `Math.round` does.
pub(crate) fn rounded(number: &Number) -> Option<i64> {
    if let Some(whole) = number.as_i64() {
        return Some(whole);
    }
    let rounded = (number.as_f64()? + 0.5).floor();
    (rounded.abs() < 9_223_372_036_854_775_807.0).then_some(rounded as i64)
}

/// Cut to a whole number, towards zero.
pub(crate) fn cut(number: &Number) -> Option<i64> {
    if let Some(whole) = number.as_i64() {
        return Some(whole);
    }
    let whole = number.as_f64()?.trunc();
    (whole.abs() < 9_223_372_036_854_775_807.0).then_some(whole as i64)
}

/// A floating-point number as JSON: a whole one is written without a point while it is exact.
pub(crate) fn number(number: f64) -> Option<Number> {
    if number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0 {
        return Some(Number::from(number as i64));
    }
    Number::from_f64(number)
}

/// What kind of value it is, as JSON names it.
pub(crate) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_rounded_half_up() {
        let cases = [("1.49", 1), ("1.5", 2), ("-1.49", -1), ("-1.5", -1), ("-1.51", -2), ("-0.5", 0), ("2.5", 3)];
        for (text, whole) in cases {
            assert_eq!(rounded(&serde_json::from_str(text).unwrap()), Some(whole), "{text}");
        }
        assert_eq!(rounded(&serde_json::from_str("1e300").unwrap()), None);
    }

    #[test]
    fn whole_numbers_are_compared_exactly() {
        let number = |text: &str| serde_json::from_str::<Number>(text).unwrap();
        assert_eq!(compare_numbers(&number("9007199254740993"), &number("9007199254740992")), Some(Ordering::Greater));
        assert_eq!(compare_numbers(&number("1"), &number("1.0")), Some(Ordering::Equal));
        assert_eq!(compare_numbers(&number("18446744073709551615"), &number("-1")), Some(Ordering::Greater));
    }

    #[test]
    fn a_value_larger_than_what_is_left_does_not_fit() {
        let value = json!({"a": ["0123456789", 1]});
        assert!(fits(&value, &mut 100));
        assert!(!fits(&value, &mut 30));
    }

    #[test]
    fn whole_floats_are_whole_in_json() {
        assert_eq!(number(-0.0).unwrap().to_string(), "0");
        assert_eq!(number(3.0).unwrap().to_string(), "3");
        assert_eq!(number(0.1).unwrap().to_string(), "0.1");
        assert!(number(f64::NAN).is_none());
    }
}
