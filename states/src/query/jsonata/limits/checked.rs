//! Functions of the language that a single call could make take all memory: what they are given is looked at, and an
//! evaluator of its own calls them.
//!
//! The evaluator gives such a function its arguments alone, so it could not tell what is current, of which some take an
//! argument that is left out. Calls in an expression are therefore made under another name, with what is current behind
//! their arguments. Where a function is handed on, it is called with all it takes.

use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError, HostFnResult};
use jsonata_core::parser;
use jsonata_core::value::{JValue, with_stack};

use super::super::distinct::distinct;
use super::super::error::JsonataError;
use super::super::functions::{failed, mismatch};
use super::super::references::References;
use super::{count_width, fits, options, replaces, short, too_large};
use crate::query::value::MAX_SIZE;

/// Those that are called so, and the names under which they are: no name in an expression begins with a space.
const CALLED: [(&str, &str); 5] = [
    ("distinct", " distinct"),
    ("formatInteger", " formatInteger"),
    ("fromMillis", " fromMillis"),
    ("toMillis", " toMillis"),
    ("string", " string"),
];

/// Those that are looked at where they are handed on.
const HANDED_ON: [&str; 7] = ["formatInteger", "fromMillis", "toMillis", "formatNumber", "pad", "replace", "join"];

/// The name under which a function is called that an expression calls with so many arguments, if it is one of these.
pub(super) fn renamed(name: &str, arguments: usize, references: &References) -> Option<&'static str> {
    // With one argument, a text is made without white space: that is looked at where it stands.
    if name == "string" && arguments < 2 {
        return None;
    }
    // What the expression defines itself has its name where it is defined, and no further.
    let known = !references.defined.contains(name) && references.functions.contains(name);
    CALLED.iter().find(|(called, _)| known && *called == name).map(|(_, renamed)| *renamed)
}

/// `$distinct` where it is handed on: what the evaluator itself calls cannot be put in place of its own.
pub(super) fn handed_on(name: &str, references: &References) -> Option<AstNode> {
    let renamed = if name == "distinct" { renamed(name, 1, references)? } else { return None };
    let args = ["x", ""].map(|name| AstNode::Variable(name.to_owned())).into();
    let body = Box::new(AstNode::Function { name: renamed.to_owned(), args, is_builtin: true });
    Some(AstNode::Lambda { params: vec!["x".to_owned()], body, signature: None, thunk: false })
}

/// The name of a function as it is written in the expression; nothing for a guard, which is not written there.
pub(in crate::query::jsonata) fn written(name: &str) -> Option<&str> {
    match name.starts_with(' ') {
        false => Some(name),
        true => CALLED.iter().find(|(_, renamed)| *renamed == name).map(|(called, _)| *called),
    }
}

/// Whether an expression needs these functions.
pub(super) fn are_needed(references: &References) -> bool {
    CALLED.iter().any(|(name, _)| references.functions.contains(*name))
        || HANDED_ON.iter().any(|name| is_handed_on(name, references))
}

fn is_handed_on(name: &str, references: &References) -> bool {
    references.handed_on.contains(name) || (references.functions.contains(name) && references.defined.contains(name))
}

/// Makes them known to an evaluator.
pub(super) fn register(evaluator: &mut Evaluator, references: &References) -> Result<(), JsonataError> {
    for (name, renamed) in CALLED.into_iter().filter(|(name, _)| references.functions.contains(*name)) {
        let host = move |arguments: &[JValue]| match arguments.split_last() {
            Some((current, arguments)) => checked(name, arguments, current),
            None => checked(name, &[], &JValue::Undefined),
        };
        evaluator.register_fn(renamed, host).map_err(|error| JsonataError::of(&error))?;
    }
    for name in HANDED_ON.into_iter().filter(|name| is_handed_on(name, references)) {
        let host = move |arguments: &[JValue]| checked(name, arguments, &JValue::Undefined);
        evaluator.register_fn_override(name, host).map_err(|error| JsonataError::of(&error))?;
    }
    Ok(())
}

fn checked(name: &str, arguments: &[JValue], current: &JValue) -> HostFnResult {
    if name == "distinct" {
        return match arguments {
            [_] => distinct(arguments),
            _ => mismatch(name, arguments.len().min(1)),
        };
    }
    check(name, arguments, current).or_else(failed)?;
    let mut context = Context::new();
    let mut places = Vec::new();
    for (at, value) in arguments.iter().enumerate() {
        if matches!(value, JValue::Lambda { .. }) {
            return failed(format!(
                "Function \"{name}\" is handed on, and then takes no function that the expression defines"
            ));
        }
        if !value.is_undefined() {
            context.bind(format!("a{at}"), value.clone());
        }
        places.push(format!("$a{at}"));
    }
    let call = parser::parse(&format!("${name}({})", places.join(", ")));
    let call = call.map_err(|error| EvaluatorError::EvaluationError(error.to_string()))?;
    Evaluator::with_options(context, options()).evaluate(&call, current)
}

fn check(name: &str, arguments: &[JValue], current: &JValue) -> Result<(), String> {
    let texts = || arguments.iter().filter_map(JValue::as_str);
    match name {
        "pad" => count_width(arguments.get(1)),
        "join" => {
            let mut left = MAX_SIZE;
            if arguments.iter().all(|value| fits(value, &mut left)) { Ok(()) } else { Err(too_large()) }
        }
        "string" => {
            let mut left = MAX_SIZE;
            match arguments.first().is_none_or(|value| is_laid_out(value, 0, &mut left)) {
                true => Ok(()),
                false => Err(too_large()),
            }
        }
        "replace" => replaces(arguments.get(2), arguments.first(), arguments.get(1)),
        "formatInteger" => {
            let number = arguments.iter().chain([current]).find_map(JValue::as_f64).unwrap_or(0.0);
            // Of Roman numerals, a thousand is one letter.
            texts().try_for_each(short)?;
            let is_roman = texts().any(|picture| picture.starts_with(['I', 'i']));
            if is_roman && number.abs() / 1000.0 > MAX_SIZE as f64 { Err(too_large()) } else { Ok(()) }
        }
        "formatNumber" => texts().try_for_each(short),
        _ => texts().try_for_each(picture),
    }
}

/// A picture of a date says how wide its parts are: `[Y,4]`, `[Y,2-4]`.
pub(in crate::query::jsonata) fn picture(picture: &str) -> Result<(), String> {
    short(picture)?;
    let mut wide = 0_usize;
    for part in picture.split([',', '-']).skip(1) {
        let digits = part.trim_start();
        let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
        let width = digits.get(..end).filter(|digits| !digits.is_empty());
        wide = wide.saturating_add(width.map_or(0, |width| width.parse().unwrap_or(usize::MAX)));
    }
    if wide > MAX_SIZE { Err(too_large()) } else { Ok(()) }
}

/// Takes from what is left how many bytes a value has with each of its parts on a line of its own; false if there are more.
fn is_laid_out(value: &JValue, level: usize, left: &mut usize) -> bool {
    let mut line = |bytes: usize| {
        let rest = left.checked_sub(bytes.saturating_add(2 * level));
        *left = rest.unwrap_or(0);
        rest.is_some()
    };
    match value {
        JValue::String(text) => line(text.len()),
        JValue::Array(items) => line(2) && with_stack(|| items.iter().all(|item| is_laid_out(item, level + 1, left))),
        JValue::Object(fields) => {
            let names = fields.keys().map(|name| name.len()).sum();
            line(names) && with_stack(|| fields.values().all(|value| is_laid_out(value, level + 1, left)))
        }
        _ => line(4),
    }
}
