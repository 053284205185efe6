//! Errors in the words of the reference implementation, which are those of Step Functions: they name the function, the operator and the values that do not
//! fit, and the evaluator does not.
//!
//! Which call it was is found out by evaluating once more, with notes being taken of what is called.

use std::cell::RefCell;
use std::rc::Rc;

use jsonata_core::ast::{AstNode, BinaryOp};
use jsonata_core::evaluator::{Evaluator, HostFnResult};
use jsonata_core::value::JValue;

use super::convert::to_json;
use super::error::JsonataError;
use super::limits::written;
use super::walk::each_child;

/// No name in an expression begins with a space.
const LEFT: &str = " left";
const LAST: &str = " last";

/// The codes of errors that are worded better by who knows what was called.
const CODES: [&str; 4] = ["T0410", "T0412", "T2009", "T2010"];

/// What takes arguments: a function or an operator.
#[derive(Debug, Clone)]
enum Callee {
    Function(String),
    Operator(&'static str),
}

/// An expression in which the last argument of each call is noted, and what is called in it.
pub(super) struct Noted {
    pub(super) ast: AstNode,
    callees: Vec<Callee>,
}

/// What was noted last.
#[derive(Debug, Default)]
pub(super) struct Notes {
    callee: Option<usize>,
    /// The left sides of the operators under way.
    left: Vec<Option<JValue>>,
    right: Option<JValue>,
}

/// Whether the error is one that can be worded better.
pub(super) fn is_worth_it(error: &JsonataError) -> bool {
    matches!(error, JsonataError::Failed { code: Some(code), .. } if CODES.contains(&code.as_str()))
}

impl Noted {
    pub(super) fn of(ast: &AstNode) -> Self {
        let mut noted = Self { ast: ast.clone(), callees: Vec::new() };
        let mut ast = std::mem::replace(&mut noted.ast, AstNode::Null);
        noted.note(&mut ast);
        noted.ast = ast;
        noted
    }

    fn note(&mut self, node: &mut AstNode) {
        each_child(node, &mut |child| self.note(child));
        match node {
            AstNode::Function { name, args, .. } if let Some(called) = written(name) => {
                self.callees.push(Callee::Function(called.to_owned()));
                let callee = self.callees.len() - 1;
                match args.iter_mut().rev().find(|arg| is_value(arg)) {
                    Some(last) => wrap(LAST, last, callee),
                    None => {
                        let call = std::mem::replace(node, AstNode::Null);
                        let mut note = AstNode::Undefined;
                        wrap(LAST, &mut note, callee);
                        *node = AstNode::Block(vec![note, call]);
                    }
                }
            }
            AstNode::Binary { op, lhs, rhs } => {
                if let Some(symbol) = comparison(*op) {
                    self.callees.push(Callee::Operator(symbol));
                    let callee = self.callees.len() - 1;
                    wrap(LEFT, lhs, callee);
                    wrap(LAST, rhs, callee);
                }
            }
            _ => {}
        }
    }

    /// The error as the reference implementation words it, as far as that is known.
    pub(super) fn word(&self, error: JsonataError, notes: &Notes) -> JsonataError {
        let JsonataError::Failed { code: Some(code), message } = &error else { return error };
        // The functions that are not the evaluator's own say all of it.
        if message.contains(" of function \"") {
            return error;
        }
        let callee = notes.callee.and_then(|callee| self.callees.get(callee));
        let worded = match (code.as_str(), callee) {
            ("T0410", Some(Callee::Function(name))) => argument(message)
                .map(|at| format!("Argument {at} of function \"{name}\" does not match function signature")),
            ("T0412", Some(Callee::Function(name))) => {
                argument(message).zip(message.rsplit(' ').next()).map(|(at, kind)| {
                    format!("Argument {at} of function \"{name}\" must be an array of \"{}s\"", kind.to_lowercase())
                })
            }
            ("T2010", Some(Callee::Operator(symbol))) => Some(format!(
                "The expressions either side of operator \"{symbol}\" must evaluate to numeric or string values"
            )),
            ("T2009", Some(Callee::Operator(symbol))) => {
                let left = notes.callee.and_then(|callee| notes.left.get(callee)).and_then(Option::as_ref);
                let shown = |value: Option<&JValue>| Some(to_json(value?).ok()??.to_string());
                shown(left).zip(shown(notes.right.as_ref())).map(|(left, right)| {
                    format!("The values {left} and {right} either side of operator \"{symbol}\" must be of the same data type")
                })
            }
            _ => None,
        };
        match worded {
            Some(worded) => JsonataError::Failed { message: format!("{code}: {worded}"), code: Some(code.clone()) },
            None => error,
        }
    }
}

/// Whether it is evaluated to a value where it stands.
fn is_value(node: &AstNode) -> bool {
    !matches!(node, AstNode::Placeholder | AstNode::Regex { .. } | AstNode::Lambda { .. })
}

fn wrap(note: &str, node: &mut AstNode, callee: usize) {
    let args = vec![std::mem::replace(node, AstNode::Null), AstNode::Number(callee as f64)];
    *node = AstNode::Function { name: note.to_owned(), args, is_builtin: true };
}

const fn comparison(op: BinaryOp) -> Option<&'static str> {
    Some(match op {
        BinaryOp::LessThan => "<",
        BinaryOp::LessThanOrEqual => "<=",
        BinaryOp::GreaterThan => ">",
        BinaryOp::GreaterThanOrEqual => ">=",
        _ => return None,
    })
}

/// Which argument it is, counted from 1.
fn argument(message: &str) -> Option<usize> {
    let number = |word: &str| word.trim_matches(',').parse::<usize>().ok();
    let words: Vec<&str> = message.split(' ').collect();
    match words.as_slice() {
        [_, "Argument", "count", "mismatch:", "expected", expected, "got", got] => {
            let (expected, got) = (number(expected)?, number(got)?);
            Some(expected.min(got) + 1)
        }
        [_, "Argument", at, ..] => number(at),
        _ => None,
    }
}

/// Has notes taken.
pub(super) fn register(evaluator: &mut Evaluator) -> Result<Rc<RefCell<Notes>>, JsonataError> {
    let notes = Rc::new(RefCell::new(Notes::default()));
    let mut taker = |name: &str, take: fn(&mut Notes, usize, JValue)| {
        let notes = Rc::clone(&notes);
        let host = move |arguments: &[JValue]| -> HostFnResult {
            let value = arguments.first().cloned().unwrap_or(JValue::Undefined);
            let callee = arguments.get(1).and_then(JValue::as_f64).unwrap_or_default();
            take(&mut notes.borrow_mut(), callee as usize, value.clone());
            Ok(value)
        };
        evaluator.register_fn(name, host).map_err(|error| JsonataError::of(&error))
    };
    taker(LEFT, |notes, callee, value| {
        let size = notes.left.len().max(callee + 1);
        notes.left.resize(size, None);
        if let Some(left) = notes.left.get_mut(callee) {
            *left = Some(value);
        }
    })?;
    taker(LAST, |notes, callee, value| (notes.callee, notes.right) = (Some(callee), Some(value)))?;
    Ok(notes)
}
