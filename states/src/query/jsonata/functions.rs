//! The functions that Step Functions adds, and those that ask the clock or chance.

use std::cell::Cell;
use std::rc::Rc;

use jsonata_core::evaluator::{Evaluator, EvaluatorError, HostFnResult};
use jsonata_core::value::JValue;

use super::convert::{from_json, to_json};
use super::error::JsonataError;
use super::references::References;
use crate::query::intrinsic;
use crate::query::moment::Moment;

type Clock = Rc<Cell<Moment>>;
type Function = fn(&[JValue], &mut Moment) -> HostFnResult;

const FUNCTIONS: [(&str, Function); 11] = [
    ("partition", partition),
    ("range", range),
    ("hash", hash),
    ("random", random),
    ("uuid", uuid),
    ("parse", parse),
    ("millis", millis),
    ("now", now),
    ("shuffle", shuffle),
    ("eval", eval),
    ("encodeUrl", encode_url),
];

/// Whether a function is of these.
pub(super) fn is_known(name: &str) -> bool {
    FUNCTIONS.iter().any(|(known, _)| *known == name)
}

/// Makes the functions known that the expression calls.
pub(super) fn register(evaluator: &mut Evaluator, references: &References, clock: &Clock) -> Result<(), JsonataError> {
    for (name, function) in FUNCTIONS.iter().filter(|(name, _)| references.functions.contains(*name)) {
        let clock = Rc::clone(clock);
        let host = move |arguments: &[JValue]| {
            let mut moment = clock.get();
            let result = function(arguments, &mut moment);
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

fn given(arguments: &[JValue], at: usize) -> Option<&JValue> {
    arguments.get(at).filter(|value| !value.is_undefined())
}

fn number(name: &str, arguments: &[JValue], at: usize) -> Result<f64, EvaluatorError> {
    match given(arguments, at) {
        Some(JValue::Number(number)) if number.is_finite() => Ok(*number),
        _ => failed(format!("T0410: Argument {} of function \"{name}\" does not match function signature", at + 1)),
    }
}

fn partition(arguments: &[JValue], _: &mut Moment) -> HostFnResult {
    let items = match given(arguments, 0) {
        None => return Ok(JValue::Undefined),
        Some(JValue::Array(items)) => items.to_vec(),
        Some(other) => vec![other.clone()],
    };
    let size = number("partition", arguments, 1)?.round();
    if size < 1.0 {
        return failed("The chunk size of function \"partition\" must be positive");
    }
    // A float beyond the range becomes the largest size, which is one chunk.
    Ok(JValue::array(items.chunks(size as usize).map(|chunk| JValue::array(chunk.to_vec())).collect()))
}

fn range(arguments: &[JValue], _: &mut Moment) -> HostFnResult {
    let first = number("range", arguments, 0)?;
    let last = number("range", arguments, 1)?;
    let step = if given(arguments, 2).is_some() { number("range", arguments, 2)? } else { 1.0 };
    if step == 0.0 {
        return failed("The step of function \"range\" must not be 0");
    }
    let steps = ((last - first) / step).floor();
    if steps >= super::limits::MAX_SEQUENCE as f64 {
        return failed("D2014: The size of the sequence made by function \"range\" is too large");
    }
    if steps < 0.0 {
        return Ok(JValue::array(Vec::new()));
    }
    Ok(JValue::array((0..=steps as u32).map(|at| JValue::Number(step.mul_add(f64::from(at), first))).collect()))
}

fn hash(arguments: &[JValue], _: &mut Moment) -> HostFnResult {
    let text = match given(arguments, 0) {
        None => return Ok(JValue::Undefined),
        Some(JValue::String(text)) => text.to_string(),
        Some(other) => match to_json(other) {
            Ok(value) => value.unwrap_or_default().to_string(),
            Err(error) => return failed(error.to_string()),
        },
    };
    let algorithm = match given(arguments, 1) {
        None => "SHA-256",
        Some(algorithm) => algorithm.as_str().unwrap_or_default(),
    };
    match intrinsic::digest(&text, algorithm) {
        Some(digest) => Ok(JValue::from(digest)),
        None => failed("The algorithm of function \"hash\" must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512"),
    }
}

/// With a seed always the same number.
fn random(arguments: &[JValue], moment: &mut Moment) -> HostFnResult {
    Ok(JValue::Number(match given(arguments, 0) {
        None => moment.fraction(),
        Some(_) => Moment::new(0, number("random", arguments, 0)?.to_bits()).fraction(),
    }))
}

fn uuid(_: &[JValue], moment: &mut Moment) -> HostFnResult {
    Ok(JValue::from(moment.uuid()))
}

fn parse(arguments: &[JValue], _: &mut Moment) -> HostFnResult {
    match given(arguments, 0) {
        None => Ok(JValue::Undefined),
        Some(JValue::String(text)) => match serde_json::from_str(text) {
            Ok(value) => Ok(from_json(&value)),
            Err(error) => failed(format!("The argument of function \"parse\" is not JSON: {error}")),
        },
        Some(_) => failed("T0410: Argument 1 of function \"parse\" does not match function signature"),
    }
}

fn millis(_: &[JValue], moment: &mut Moment) -> HostFnResult {
    Ok(JValue::Number(moment.now_ms() as f64))
}

fn now(arguments: &[JValue], moment: &mut Moment) -> HostFnResult {
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
        Some(_) => return failed("T0410: Argument 1 of function \"encodeUrl\" does not match function signature"),
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

fn eval(_: &[JValue], _: &mut Moment) -> HostFnResult {
    failed("The function $eval is not supported")
}
