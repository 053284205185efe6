//! `$distinct` and `$keys` of many values, in a time that grows with how many there are: the evaluator compares each with
//! each, and looks at no clock meanwhile.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::rc::Rc;

use jsonata_core::evaluator::HostFnResult;
use jsonata_core::functions::array::values_equal;
use jsonata_core::value::{JValue, with_stack};

/// Of values that are the same, the first.
pub(super) fn distinct(arguments: &[JValue]) -> HostFnResult {
    let items = match arguments.first() {
        Some(JValue::Array(items)) if items.len() > 1 => items,
        other => return Ok(other.cloned().unwrap_or(JValue::Undefined)),
    };
    let hashing = RandomState::new();
    let mut seen: HashMap<u64, Vec<&JValue>> = HashMap::new();
    let mut kept = Vec::new();
    for item in items {
        let mut hasher = hashing.build_hasher();
        hash(item, &hashing, &mut hasher);
        let like = seen.entry(hasher.finish()).or_default();
        if !like.iter().any(|other| values_equal(item, other)) {
            like.push(item);
            kept.push(item.clone());
        }
    }
    Ok(if items.sequence { JValue::sequence(kept) } else { JValue::array(kept) })
}

/// One object with all the keys of the objects in an array, which has the same `$keys`. Anything else stays what it is.
pub(super) fn with_its_keys(value: &JValue) -> JValue {
    let JValue::Array(items) = value else { return value.clone() };
    let mut seen = HashSet::new();
    let names = items.iter().filter_map(|item| match item {
        JValue::Object(fields) => Some(fields.keys()),
        _ => None,
    });
    let names = names.flatten().filter(|name| seen.insert((*name).clone()));
    JValue::Object(Rc::new(names.map(|name| (name.clone(), JValue::Null)).collect()))
}

/// Values that are the same have the same hash.
fn hash(value: &JValue, hashing: &RandomState, into: &mut impl Hasher) {
    std::mem::discriminant(value).hash(into);
    match value {
        JValue::Bool(value) => value.hash(into),
        // Zero is the same with either sign.
        JValue::Number(number) => (number + 0.0).to_bits().hash(into),
        JValue::String(text) => text.hash(into),
        JValue::Array(items) => with_stack(|| items.iter().for_each(|item| hash(item, hashing, into))),
        JValue::Object(fields) => {
            // The order of the fields does not count.
            let field = |(name, value): (_, &JValue)| {
                let mut hasher = hashing.build_hasher();
                Hash::hash(name, &mut hasher);
                hash(value, hashing, &mut hasher);
                hasher.finish()
            };
            with_stack(|| fields.iter().map(field).fold(0_u64, u64::wrapping_add).hash(into));
        }
        _ => {}
    }
}
