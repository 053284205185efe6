//! JSON as Java writes it: a floating-point number has a point, and an exponent from 10^7 on and below 10^-3.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

struct Java;

impl Formatter for Java {
    fn write_f64<W: Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(double(value).as_bytes())
    }
}

/// A value as JSON text.
pub(crate) fn java_text(value: &Value) -> String {
    let mut text = Vec::new();
    // Writing a value into memory does not fail.
    let _ = value.serialize(&mut Serializer::with_formatter(&mut text, Java));
    String::from_utf8(text).unwrap_or_default()
}

/// A floating-point number as Java's `Double.toString` writes it.
pub(super) fn double(value: f64) -> String {
    if value == 0.0 || (1e-3..1e7).contains(&value.abs()) {
        return format!("{value:?}");
    }
    let digits = format!("{value:E}");
    match digits.split_once('E') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0E{exponent}"),
        _ => digits,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn floating_point_numbers_are_written_as_java_writes_them() {
        let value =
            json!([1e20, 1.10, 1000.0, 0.00001, 0.00012, 1e7, 9_999_999.5, -0.0, 1, u64::MAX, {"é\u{1}": [null]}]);
        let text =
            "[1.0E20,1.1,1000.0,1.0E-5,1.2E-4,1.0E7,9999999.5,-0.0,1,18446744073709551615,{\"é\\u0001\":[null]}]";
        assert_eq!(java_text(&value), text);
    }
}
