//! The functions that Step Functions adds, and those that ask the clock or chance.

use std::cell::Cell;
use std::rc::Rc;

use jsonata_core::evaluator::{Evaluator, EvaluatorError, HostFnResult};
use jsonata_core::value::JValue;

use super::convert::from_json;
use super::error::JsonataError;
use super::references::References;
use crate::definition::{Positions, repeats};
use crate::query::intrinsic;
use crate::query::java_random::JavaRandom;
use crate::query::moment::Moment;

type Clock = Rc<Cell<Moment>>;
type Function = fn(&[JValue], &mut Moment) -> HostFnResult;

/// Their names, how many arguments they take at most, and what they do.
const FUNCTIONS: [(&str, usize, Function); 10] = [
    ("partition", 2, partition),
    ("range", 3, range),
    ("hash", 2, hash),
    ("random", 1, random),
    ("uuid", 0, uuid),
    ("parse", 1, parse),
    ("millis", 0, millis),
    ("now", 2, now),
    ("shuffle", 1, shuffle),
    ("encodeUrl", 1, encode_url),
];

/// Whether a function is of these.
pub(super) fn is_known(name: &str) -> bool {
    FUNCTIONS.iter().any(|(known, ..)| *known == name)
}

/// Makes the functions known that the expression calls.
pub(super) fn register(evaluator: &mut Evaluator, references: &References, clock: &Clock) -> Result<(), JsonataError> {
    for (name, most, function) in FUNCTIONS.iter().filter(|(name, ..)| references.functions.contains(*name)) {
        let clock = Rc::clone(clock);
        // Who is handed a function gives it more than it takes: places and arrays besides the items.
        let is_handed_on = references.handed_on.contains(*name);
        let host = move |arguments: &[JValue]| {
            if given(arguments, *most).is_some() && !is_handed_on {
                return mismatch(name, *most);
            }
            let mut moment = clock.get();
            let result = function(arguments.get(..*most).unwrap_or(arguments), &mut moment);
            clock.set(moment);
            result
        };
        evaluator.register_fn_override(*name, host).map_err(|error| JsonataError::of(&error))?;
    }
    Ok(())
}

pub(super) fn failed<T>(message: impl Into<String>) -> Result<T, EvaluatorError> {
    Err(EvaluatorError::EvaluationError(message.into()))
}

/// An argument that is there.
fn given(arguments: &[JValue], at: usize) -> Option<&JValue> {
    arguments.get(at).filter(|value| !value.is_undefined())
}

pub(super) fn mismatch<T>(name: &str, at: usize) -> Result<T, EvaluatorError> {
    failed(format!("T0410: Argument {} of function \"{name}\" does not match function signature", at + 1))
}

/// A number without what stands behind its point.
#[allow(clippy::cast_possible_truncation, reason = "numbers out of range become the nearest there is, as in Java")]
fn whole(name: &str, arguments: &[JValue], at: usize) -> Result<i64, EvaluatorError> {
    match given(arguments, at) {
        Some(JValue::Number(number)) => Ok(*number as i64),
        _ => mismatch(name, at),
    }
}

fn text<'a>(name: &str, arguments: &'a [JValue], at: usize) -> Result<&'a str, EvaluatorError> {
    match given(arguments, at) {
        Some(JValue::String(text)) => Ok(text),
        _ => mismatch(name, at),
    }
}

// What the functions that Step Functions adds make of odd arguments was measured by the authors of floci
// (https://github.com/floci-io/floci/pull/2676 and .../2790), and is the same here, word for word.

fn partition(arguments: &[JValue], _: &mut Moment) -> HostFnResult {
    let items = match given(arguments, 0) {
        None => return Ok(JValue::Undefined),
        Some(JValue::Array(items)) if items.is_empty() => return Ok(JValue::Undefined),
        Some(JValue::Array(items)) => items,
        Some(_) => return failed("T0412: Argument 1 of function \"partition\" must be an array of undefined"),
    };
    if given(arguments, 1).is_none() {
        return Ok(JValue::array(vec![JValue::Array(items.clone())]));
    }
    let size = whole("partition", arguments, 1)?;
    match usize::try_from(size) {
        Err(_) => failed("D3137: Second argument must be zero or greater"),
        Ok(0) => Ok(JValue::Undefined),
        Ok(size) => Ok(JValue::array(items.chunks(size).map(|chunk| JValue::array(chunk.to_vec())).collect())),
    }
}

/// How many numbers Step Functions lets `$range` make.
const MAX_RANGE: i64 = 360_145;

fn range(arguments: &[JValue], _: &mut Moment) -> HostFnResult {
    let (first, last) = (whole("range", arguments, 0)?, whole("range", arguments, 1)?);
    if given(arguments, 2).is_none() {
        return Ok(JValue::Undefined);
    }
    let step = whole("range", arguments, 2)?;
    if step == 0 || (step > 0 && first > last) || (step < 0 && first < last) {
        return Ok(JValue::Undefined);
    }
    if first == last {
        return Ok(JValue::Number(first as f64));
    }
    let steps = (i128::from(last) - i128::from(first)) / i128::from(step);
    if steps >= i128::from(MAX_RANGE) {
        return failed("D2014: The sequence of function \"range\" is too long");
    }
    // No number on the way is beyond the last.
    let number = |at: i128| (i128::from(first) + at * i128::from(step)) as f64;
    Ok(JValue::array((0..=steps).map(|at| JValue::Number(number(at))).collect()))
}

fn hash(arguments: &[JValue], _: &mut Moment) -> HostFnResult {
    let subject = text("hash", arguments, 0)?;
    if given(arguments, 1).is_none() {
        return Ok(JValue::Undefined);
    }
    let algorithm = text("hash", arguments, 1)?;
    match intrinsic::digest(subject, algorithm) {
        Some(digest) => Ok(JValue::from(digest)),
        None => {
            failed(format!("D3137: Hash algorithm '{algorithm}' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5"))
        }
    }
}

/// With a seed always the same number, the one that Java has for it.
fn random(arguments: &[JValue], moment: &mut Moment) -> HostFnResult {
    Ok(JValue::Number(match given(arguments, 0) {
        None => moment.fraction(),
        Some(_) => JavaRandom::new(whole("random", arguments, 0)?).fraction(),
    }))
}

fn uuid(_: &[JValue], moment: &mut Moment) -> HostFnResult {
    Ok(JValue::from(moment.uuid()))
}

fn parse(arguments: &[JValue], _: &mut Moment) -> HostFnResult {
    if given(arguments, 0).is_none() {
        return Ok(JValue::Undefined);
    }
    let json = text("parse", arguments, 0)?;
    // A name that stands twice in its object is refused too.
    let is_good = Positions::of(json).is_ok_and(|positions| repeats(&positions).is_empty());
    match serde_json::from_str(json) {
        Ok(value) if is_good => Ok(from_json(&value)),
        _ => failed("D3137: Invalid JSON"),
    }
}

fn millis(_: &[JValue], moment: &mut Moment) -> HostFnResult {
    Ok(JValue::Number(moment.now_ms() as f64))
}

fn now(arguments: &[JValue], moment: &mut Moment) -> HostFnResult {
    if let Some(JValue::String(picture)) = given(arguments, 0) {
        super::limits::picture(picture).or_else(failed)?;
    }
    // An evaluator of its own formats the time; the picture and the zone are texts.
    let mut context = jsonata_core::evaluator::Context::new();
    context.bind("now".to_owned(), JValue::Number(moment.now_ms() as f64));
    for (at, name) in ["picture", "zone"].into_iter().enumerate() {
        if let Some(value) = given(arguments, at) {
            context.bind(name.to_owned(), value.clone());
        }
    }
    let call = jsonata_core::parser::parse("$fromMillis($now, $picture, $zone)");
    let call = call.map_err(|error| EvaluatorError::EvaluationError(error.to_string()))?;
    Evaluator::with_options(context, super::limits::options()).evaluate(&call, &JValue::Undefined)
}

fn shuffle(arguments: &[JValue], moment: &mut Moment) -> HostFnResult {
    let Some(value) = given(arguments, 0) else { return Ok(JValue::Undefined) };
    let mut items = value.as_array().map_or_else(|| vec![value.clone()], Clone::clone);
    for end in (1..items.len()).rev() {
        items.swap(end, (moment.bits() % (end as u64 + 1)) as usize);
    }
    Ok(JValue::array(items))
}

/// As JavaScript's `encodeURI`; the evaluator's own leaves spaces as they are.
fn encode_url(arguments: &[JValue], _: &mut Moment) -> HostFnResult {
    let text = match given(arguments, 0) {
        None => return Ok(JValue::Undefined),
        Some(JValue::String(text)) => text,
        Some(_) => return mismatch("encodeUrl", 0),
    };
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b";,/?:@&=+$-_.!~*'()#".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.extend(['%', hex(byte >> 4), hex(byte & 15)]);
        }
    }
    Ok(JValue::from(encoded))
}

fn hex(digit: u8) -> char {
    char::from_digit(digit.into(), 16).unwrap_or('0').to_ascii_uppercase()
}
