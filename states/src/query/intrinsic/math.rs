//! Sums and random numbers.

use serde_json::Value;

use super::Arguments;
use crate::query::java_random::JavaRandom;

pub(super) fn add(arguments: &mut Arguments<'_>) -> Result<Value, String> {
    let sum = arguments.whole(0)?.checked_add(arguments.whole(1)?);
    sum.map(Value::from).ok_or_else(|| "the sum is out of range".to_owned())
}

pub(super) fn random(arguments: &mut Arguments<'_>) -> Result<Value, String> {
    let (start, end) = (arguments.cut(0)?, arguments.cut(1)?);
    let seed = if arguments.values.len() > 2 { arguments.whole(2)? } else { arguments.moment.bits().cast_signed() };
    let numbers = end.checked_sub(start).filter(|numbers| *numbers > 0);
    let numbers = numbers.ok_or_else(|| format!("the end {end} must be greater than the start {start}"))?;
    Ok(Value::from(start + JavaRandom::new(seed).below(numbers)))
}
