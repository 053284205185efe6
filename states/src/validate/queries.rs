//! What the query languages of this library say of the expressions of a definition.

use super::checker::{Checker, Fault};
use crate::query::choice::check_pattern;
use crate::query::jsonata::References;
use crate::query::path::{Path, PathError};
use crate::query::{Expression, Intrinsic};

/// How many faults are named in one expression.
const MAX_FAULTS: usize = 16;

/// Looks at expressions by compiling them: what it finds no fault with can be compiled.
#[derive(Debug, Clone, Copy, Default)]
pub struct Queries;

impl Checker for Queries {
    fn check_path(&self, text: &str) -> Vec<Fault> {
        Path::parse(text).err().as_ref().map(bad_path).into_iter().collect()
    }

    fn check_reference_path(&self, text: &str) -> Vec<Fault> {
        match Path::parse(text) {
            Err(error) => vec![bad_path(&error)],
            Ok(path) if path.has_reference_segments() => Vec::new(),
            Ok(_) => {
                let message =
                    "Value is not a Reference Path: it must have but names, and indexes counted from the front";
                vec![Fault::new(0, message)]
            }
        }
    }

    fn check_result_path(&self, text: &str) -> Vec<Fault> {
        match Path::parse(text) {
            Ok(path) if path.has_reference_segments() && !path.is_reference() => {
                let message = "Value is not a Reference Path: a result is put into the input, which is '$'";
                vec![Fault::new(0, message)]
            }
            _ => self.check_reference_path(text),
        }
    }

    fn check_template(&self, text: &str) -> Vec<Fault> {
        if !Intrinsic::is_meant(text) {
            return self.check_path(text);
        }
        let refused = Intrinsic::parse(text).err();
        refused.map(|error| Fault::new(error.at, error.to_string())).into_iter().collect()
    }

    fn check_jsonata(&self, text: &str, states: &[&str]) -> Vec<Fault> {
        match Expression::compile(text) {
            Err(error) => vec![Fault::new(error.at, without_code(&error.message))],
            Ok(expression) => {
                let mut faults = top_level(&expression, text);
                faults.extend(absent(expression.references(), text, states));
                faults.extend(dialect(expression.references(), text));
                faults.truncate(MAX_FAULTS);
                faults
            }
        }
    }

    fn check_pattern(&self, text: &str) -> Vec<Fault> {
        let fault = |at| Fault::new(at, r"A backslash must stand before '*' or a backslash");
        check_pattern(text).err().map(fault).into_iter().collect()
    }
}

fn bad_path(error: &PathError) -> Fault {
    Fault::new(error.at, error.to_string())
}

/// What `$states` has not where the expression stands. AWS refuses to create a machine that reads the error where there is none
/// (<https://github.com/floci-io/floci/pull/2786>); it was not seen to refuse other fields.
fn absent(references: &References, text: &str, states: &[&str]) -> Vec<Fault> {
    let fields = references.state_fields.iter().flatten().filter(|field| !states.contains(&field.as_str()));
    let fault = |field: &String| {
        let name = format!("$states.{field}");
        let (at, message) = (place(text, &name), format!("Field '{name}' does not exist."));
        if field == "errorOutput" { Fault::unsupported(at, message) } else { Fault::failing(at, message) }
    };
    fields.map(fault).collect()
}

/// What is JSONata, but not that of Step Functions, which is of version 2.0 and without `$eval`
/// (<https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html>).
fn dialect(references: &References, text: &str) -> Vec<Fault> {
    let newer = references.newer_operators.iter().map(|operator| {
        let message = format!("The operator '{operator}' came with JSONata 2.1; Step Functions has JSONata 2.0");
        Fault::newer(place(text, operator), message)
    });
    let eval = references.functions.contains("eval");
    let eval = eval.then(|| Fault::failing(place(text, "$eval"), "The function $eval is not supported"));
    newer.chain(eval).collect()
}

fn place(text: &str, part: &str) -> usize {
    text.find(part).unwrap_or_default()
}

/// Nothing is current at the top of an expression, so what is read there of it is refused.
fn top_level(expression: &Expression, text: &str) -> Vec<Fault> {
    let references = expression.references();
    let fields = references.fields.iter().map(|field| {
        let message = format!("Reference to '{field}' at the top level is not supported.");
        Fault::unsupported(place(text, field), message)
    });
    let roots = references.context.then(|| {
        let root = if text.contains("$$") { "$$" } else { "$" };
        Fault::unsupported(place(text, root), format!("Reference to '{root}' is not supported."))
    });
    fields.chain(roots).collect()
}

/// The words behind the code that JSONata begins its messages with: `S0203: `.
fn without_code(message: &str) -> &str {
    let code = |code: &str| {
        let digits = code.strip_prefix(['S', 'T', 'D']);
        digits.is_some_and(|digits| digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    match message.split_once(": ") {
        Some((before, words)) if code(before) => words,
        _ => message,
    }
}
