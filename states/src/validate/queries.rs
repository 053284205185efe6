//! What the query languages of this library say of the expressions of a definition.

use super::checker::{Checker, Fault};
use crate::query::choice::check_pattern;
use crate::query::path::{Path, PathError};
use crate::query::{Expression, Intrinsic};

/// How many references to the top level are named for one expression: the place of each is searched for.
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

    fn check_template(&self, text: &str) -> Vec<Fault> {
        if !Intrinsic::is_meant(text) {
            return self.check_path(text);
        }
        let refused = Intrinsic::parse(text).err();
        refused.map(|error| Fault::new(error.at, error.to_string())).into_iter().collect()
    }

    fn check_jsonata(&self, text: &str) -> Vec<Fault> {
        match Expression::compile(text) {
            Err(error) if error.unsupported => vec![Fault::unsupported(error.at, error.message)],
            Err(error) => {
                let (at, message) = (error.at, without_code(&error.message));
                vec![Fault::new(at, message)]
            }
            Ok(expression) => top_level(&expression, text),
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

/// Nothing is current at the top of an expression, so what is read there of it is refused.
fn top_level(expression: &Expression, text: &str) -> Vec<Fault> {
    let references = expression.references();
    let fields = references.fields.iter().map(|field| {
        let message = format!("Reference to '{field}' at the top level is not supported.");
        Fault::unsupported(text.find(field.as_str()).unwrap_or_default(), message)
    });
    let roots = references.context.then(|| {
        let root = if text.contains("$$") { "$$" } else { "$" };
        Fault::unsupported(text.find(root).unwrap_or_default(), format!("Reference to '{root}' is not supported."))
    });
    fields.chain(roots).take(MAX_FAULTS).collect()
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
