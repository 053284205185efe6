//! Functions of arrays.

use std::collections::HashSet;

use serde_json::Value;

use super::Arguments;

/// How many items a range may have.
const MAX_RANGE: usize = 1000;

pub(super) fn array(arguments: &mut Arguments<'_>) -> Result<Value, String> {
    Ok(Value::Array(arguments.values.drain(..).map(std::borrow::Cow::into_owned).collect()))
}

pub(super) fn contains(arguments: &mut Arguments<'_>) -> Result<Value, String> {
    Ok(Value::Bool(arguments.items(0)?.contains(arguments.value(1)?)))
}

pub(super) fn item(arguments: &mut Arguments<'_>) -> Result<Value, String> {
    let (items, at) = (arguments.items(0)?, arguments.whole(1)?);
    let found = usize::try_from(at).ok().and_then(|at| items.get(at));
    found.cloned().ok_or_else(|| format!("index {at} is out of range for an array of {} items", items.len()))
}

pub(super) fn length(arguments: &mut Arguments<'_>) -> Result<Value, String> {
    Ok(Value::from(arguments.items(0)?.len()))
}

pub(super) fn partition(arguments: &mut Arguments<'_>) -> Result<Value, String> {
    let (items, size) = (arguments.items(0)?, arguments.whole(1)?);
    match usize::try_from(size) {
        Ok(size) if size > 0 => Ok(items.chunks(size).map(|chunk| Value::Array(chunk.to_vec())).collect()),
        _ => Err(format!("the size of a chunk must be positive, but was {size}")),
    }
}

pub(super) fn range(arguments: &mut Arguments<'_>) -> Result<Value, String> {
    let (first, last, step) = (arguments.cut(0)?, arguments.cut(1)?, arguments.cut(2)?);
    if step == 0 {
        return Err("the step must not be 0".to_owned());
    }
    let within = |number: &i64| if step > 0 { *number <= last } else { *number >= last };
    let numbers = std::iter::successors(Some(first), |number| number.checked_add(step)).take_while(within);
    let numbers: Vec<Value> = numbers.take(MAX_RANGE + 1).map(Value::from).collect();
    if numbers.len() > MAX_RANGE {
        return Err(format!("the range has more than {MAX_RANGE} items"));
    }
    Ok(Value::Array(numbers))
}

pub(super) fn unique(arguments: &mut Arguments<'_>) -> Result<Value, String> {
    let mut seen = HashSet::new();
    Ok(arguments.items(0)?.iter().filter(|item| seen.insert(*item)).cloned().collect())
}
