//! Which functions there are.

use serde_json::Value;

use super::{Arguments, array, encode, hash, json, math, text, unique};

/// A function: its name behind `States.`, how many arguments it takes, and what it does.
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) least: usize,
    pub(super) most: usize,
    pub(super) apply: fn(&mut Arguments<'_>) -> Result<Value, String>,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

pub(super) fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

const MANY: usize = usize::MAX;

const fn takes(
    name: &'static str,
    least: usize,
    most: usize,
    apply: fn(&mut Arguments<'_>) -> Result<Value, String>,
) -> Function {
    Function { name, least, most, apply }
}

static FUNCTIONS: [Function; 18] = [
    takes("Array", 0, MANY, array::array),
    takes("ArrayContains", 2, 2, array::contains),
    takes("ArrayGetItem", 2, 2, array::item),
    takes("ArrayLength", 1, 1, array::length),
    takes("ArrayPartition", 2, 2, array::partition),
    takes("ArrayRange", 3, 3, array::range),
    takes("ArrayUnique", 1, 1, array::unique),
    takes("Base64Decode", 1, 1, encode::decode),
    takes("Base64Encode", 1, 1, encode::encode),
    takes("Format", 1, MANY, text::format),
    takes("Hash", 2, 2, hash::hash),
    takes("JsonMerge", 3, 3, json::merge),
    takes("JsonToString", 1, 1, json::to_text),
    takes("MathAdd", 2, 2, math::add),
    takes("MathRandom", 2, 3, math::random),
    takes("StringSplit", 2, 2, text::split),
    takes("StringToJson", 1, 1, json::from_text),
    takes("UUID", 0, 0, unique::uuid),
];
