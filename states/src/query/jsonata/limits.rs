//! What an evaluation may take.
//!
//! The evaluator itself limits time, depth and the length of sequences. It looks at them between the steps of an expression, so one step must not be
//! able to exhaust memory: what could is given its operands through a guard, which lets them pass or ends the evaluation, or is called through a
//! function that looks at them ([`checked`]).

mod checked;

use std::cell::Cell;
use std::rc::Rc;

use jsonata_core::ast::{AstNode, BinaryOp};
use jsonata_core::evaluator::{Evaluator, EvaluatorOptions, HostFnResult};
use jsonata_core::value::{JValue, with_stack};

use super::distinct::with_its_keys;
use super::error::JsonataError;
use super::functions::failed;
use super::references::References;
use super::walk::each_child;
use crate::query::value::MAX_SIZE;

/// How long an evaluation may take, ms.
const MAX_MS: u64 = 1000;

/// How deep evaluations may nest; a call of a function takes about three levels.
const MAX_STACK: usize = 6000;

/// How many items a sequence may have, as measured from Step Functions.
pub(super) const MAX_SEQUENCE: usize = 873_782;

/// How many items ranges and copies of arrays may make in one evaluation.
const MAX_ITEMS: usize = 10_000_000;

/// How many bytes a replacement could make, if each character were replaced.
const MAX_REPLACED: usize = 256 * 1024 * 1024;

pub(super) fn options() -> EvaluatorOptions {
    EvaluatorOptions {
        timeout_ms: Some(MAX_MS),
        cancel: None,
        max_stack_depth: Some(MAX_STACK),
        max_sequence_length: Some(MAX_SEQUENCE),
    }
}

/// No name in an expression begins with a space, so none of these can be called or hidden.
const TEXT: &str = " text";
const WIDTH: &str = " width";
const END: &str = " end";
const COPY: &str = " copy";
const TIMES: &str = " times";
const COUNT: &str = " count";
const KEYS: &str = " keys";
const PICTURE: &str = " picture";

/// The largest number that is counted with: the last millisecond of dates.
const MAX_COUNT: f64 = 8.64e15;

/// Functions that make a text out of all of their first argument.
const WRITERS: [&str; 4] = ["string", "join", "replace", "pad"];

/// Functions that copy the array they are given.
const COPIERS: [&str; 6] = ["append", "reverse", "sort", "shuffle", "zip", "distinct"];

/// The first operand of what is guarded by it, where it is no small matter: evaluated once, and told the guard by that name.
const FIRST: &str = " first";

pub(super) use checked::{picture, written};

/// Puts guards into an expression; true if there are any.
pub(super) fn guard(node: &mut AstNode, references: &References) -> bool {
    let mut guards = Guards { any: checked::are_needed(references), references };
    with_stack(|| guards.put(node));
    guards.any
}

struct Guards<'r> {
    any: bool,
    references: &'r References,
}

/// Whether a node may stand twice where it stood once.
fn is_small(node: &AstNode) -> bool {
    match node {
        AstNode::Path { steps } => {
            steps.len() < 8
                && steps
                    .iter()
                    .all(|step| step.stages.is_empty() && matches!(step.node, AstNode::Name(_) | AstNode::Variable(_)))
        }
        AstNode::Unary { operand, .. } => matches!(**operand, AstNode::Number(_) | AstNode::Variable(_)),
        AstNode::Number(_) | AstNode::String(_) | AstNode::Variable(_) | AstNode::Name(_) | AstNode::Undefined => true,
        _ => false,
    }
}

/// Takes a node out of its place for what stands there instead; before that is to come what is given back.
fn named(node: &mut AstNode) -> Option<AstNode> {
    if is_small(node) {
        return None;
    }
    let name = || AstNode::Variable(FIRST.to_owned());
    let rhs = std::mem::replace(node, name());
    Some(AstNode::Binary { op: BinaryOp::ColonEqual, lhs: Box::new(name()), rhs: Box::new(rhs) })
}

/// Puts a node behind what is to come before it.
fn behind(first: Option<AstNode>, node: &mut AstNode) {
    if let Some(first) = first {
        let then = std::mem::replace(node, AstNode::Null);
        *node = AstNode::Block(vec![first, then]);
    }
}

impl Guards<'_> {
    fn wrap(&mut self, guard: &str, node: &mut AstNode, more: Vec<AstNode>) {
        let is_literal = matches!(
            node,
            AstNode::String(_) | AstNode::Boolean(_) | AstNode::Null | AstNode::Regex { .. } | AstNode::Placeholder
        );
        if is_literal {
            return;
        }
        self.any = true;
        let mut args = vec![std::mem::replace(node, AstNode::Null)];
        args.extend(more);
        *node = AstNode::Function { name: guard.to_owned(), args, is_builtin: true };
    }

    /// Guards what a function is given. `behind` arguments come from in front of `~>`; `subject` is the first of all.
    fn call(&mut self, name: &str, args: &mut [AstNode], behind: usize, subject: &AstNode) {
        let is_short = name == "replace" && behind + args.len() == 2;
        // Of a pattern that is no small matter, each character may be one.
        let pattern =
            1_usize.checked_sub(behind).and_then(|at| args.get(at)).filter(|pattern| is_small(pattern)).cloned();
        for (place, arg) in args.iter_mut().enumerate().map(|(at, arg)| (at + behind, arg)) {
            match (name, place) {
                ("keys", 0) => self.wrap(KEYS, arg, Vec::new()),
                // Which of them is the picture depends on whether the number is what is current.
                ("formatNumber", 0 | 1) => self.wrap(PICTURE, arg, Vec::new()),
                ("pad", 1) => self.wrap(WIDTH, arg, Vec::new()),
                ("substring", 1 | 2) | ("split", 2) | ("fromMillis", 0) => self.wrap(COUNT, arg, Vec::new()),
                ("replace", 2) if !matches!(arg, AstNode::Lambda { .. }) => {
                    self.wrap(TIMES, arg, [subject.clone()].into_iter().chain(pattern.clone()).collect());
                }
                // The text is then what is current.
                ("replace", 1) if is_short && !matches!(arg, AstNode::Lambda { .. }) => {
                    self.wrap(TIMES, arg, vec![AstNode::Variable(String::new())]);
                }
                (_, 0) if WRITERS.contains(&name) => self.wrap(TEXT, arg, Vec::new()),
                _ if COPIERS.contains(&name) && place < 2 && !matches!(arg, AstNode::Lambda { .. }) => {
                    self.wrap(COPY, arg, Vec::new());
                }
                _ => {}
            }
        }
    }

    /// Calls a function by the name under which it is looked at, with what is current behind its arguments.
    fn rename(&mut self, name: &mut String, args: &mut Vec<AstNode>, behind: usize) {
        if args.iter().any(|arg| matches!(arg, AstNode::Placeholder)) {
            return;
        }
        if let Some(renamed) = checked::renamed(name, args.len() + behind, self.references) {
            renamed.clone_into(name);
            args.push(AstNode::Variable(String::new()));
        }
    }

    fn put(&mut self, node: &mut AstNode) {
        match node {
            // A call behind `~>` has one argument more than stand in it.
            AstNode::Binary { op: BinaryOp::ChainPipe, lhs, rhs } if matches!(**rhs, AstNode::Function { .. }) => {
                with_stack(|| self.put(lhs));
                each_child(rhs, &mut |child| self.put(child));
            }
            _ => each_child(node, &mut |child| self.put(child)),
        }
        let handed_on = match node {
            AstNode::Variable(name) => checked::handed_on(name, self.references),
            AstNode::Function { name, args, .. } if matches!(args.as_slice(), [AstNode::Placeholder]) => {
                checked::handed_on(name, self.references)
            }
            _ => None,
        };
        if let Some(function) = handed_on {
            *node = function;
            return;
        }
        let first = match node {
            AstNode::Binary { op: BinaryOp::ChainPipe, lhs, rhs } => match &mut **rhs {
                AstNode::Function { name, args, .. } => {
                    let called = name.clone();
                    let first = if called == "replace" { named(lhs) } else { None };
                    let subject = if called == "replace" { (**lhs).clone() } else { AstNode::Undefined };
                    self.call(&called, args, 1, &subject);
                    self.call(&called, std::slice::from_mut(lhs), 0, &AstNode::Undefined);
                    self.rename(name, args, 1);
                    first
                }
                AstNode::Variable(name) => {
                    self.call(name, std::slice::from_mut(lhs), 0, &AstNode::Undefined);
                    None
                }
                _ => None,
            },
            AstNode::Binary { op: BinaryOp::Range, lhs, rhs } => {
                let first = named(lhs);
                self.wrap(END, rhs, vec![(**lhs).clone()]);
                first
            }
            AstNode::Binary { op: BinaryOp::Concatenate, lhs, rhs } => {
                [lhs, rhs].into_iter().for_each(|side| self.wrap(TEXT, side, Vec::new()));
                None
            }
            AstNode::Function { name, args, .. } => {
                let called = name.clone();
                let first = match args.first_mut() {
                    Some(subject) if called == "replace" && !matches!(subject, AstNode::Placeholder) => named(subject),
                    _ => None,
                };
                let subject = args.first().cloned().filter(is_small).unwrap_or(AstNode::Undefined);
                self.call(&called, args, 0, &subject);
                self.rename(name, args, 0);
                first
            }
            _ => None,
        };
        behind(first, node);
    }
}

/// Makes the guards known to an evaluator.
pub(super) fn register(evaluator: &mut Evaluator, references: &References) -> Result<(), JsonataError> {
    checked::register(evaluator, references)?;
    let left = Rc::new(Cell::new(MAX_ITEMS));
    let mut guard = |name: &str, check: fn(&[JValue], &Cell<usize>) -> Result<(), String>| {
        let left = Rc::clone(&left);
        let pass = move |arguments: &[JValue]| -> HostFnResult {
            match check(arguments, &left) {
                Ok(()) => Ok(arguments.first().cloned().unwrap_or(JValue::Undefined)),
                Err(message) => failed(message),
            }
        };
        evaluator.register_fn(name, pass).map_err(|error| JsonataError::of(&error))
    };
    guard(TEXT, |arguments, _| {
        let mut left = MAX_SIZE;
        if arguments.iter().all(|value| fits(value, &mut left)) { Ok(()) } else { Err(too_large()) }
    })?;
    guard(PICTURE, |arguments, _| arguments.first().and_then(JValue::as_str).map_or(Ok(()), short))?;
    guard(WIDTH, |arguments, _| count_width(arguments.first()))?;
    guard(END, |arguments, left| match arguments {
        [JValue::Number(end), JValue::Number(start)] if end >= start => spend(left, (end - start + 1.0) as usize),
        _ => Ok(()),
    })?;
    guard(COPY, |arguments, left| spend(left, arguments.first().and_then(JValue::as_array).map_or(0, Vec::len)))?;
    guard(TIMES, |arguments, _| replaces(arguments.first(), arguments.get(1), arguments.get(2)))?;
    let keys = |arguments: &[JValue]| Ok(arguments.first().map_or(JValue::Undefined, with_its_keys));
    evaluator.register_fn(KEYS, keys).map_err(|error| JsonataError::of(&error))?;
    // The evaluator does not stand sums of larger numbers.
    let count = |arguments: &[JValue]| -> HostFnResult {
        Ok(match arguments.first() {
            Some(JValue::Number(number)) => JValue::Number(number.clamp(-MAX_COUNT, MAX_COUNT)),
            other => other.cloned().unwrap_or(JValue::Undefined),
        })
    };
    evaluator.register_fn(COUNT, count).map_err(|error| JsonataError::of(&error))
}

/// How many bytes a picture of a number or a date may have: some are looked through again for each of their characters.
const MAX_PICTURE: usize = 64 * 1024;

fn short(picture: &str) -> Result<(), String> {
    match picture.len() > MAX_PICTURE {
        true => Err(format!("D2014: The picture has more than {MAX_PICTURE} bytes")),
        false => Ok(()),
    }
}

/// How wide a text is to be.
fn count_width(width: Option<&JValue>) -> Result<(), String> {
    match width.and_then(JValue::as_f64) {
        Some(width) if width.abs() > MAX_SIZE as f64 => Err(too_large()),
        _ => Ok(()),
    }
}

/// What could come of putting one text into another in place of each character, or of the texts that are looked for.
fn replaces(replacement: Option<&JValue>, text: Option<&JValue>, pattern: Option<&JValue>) -> Result<(), String> {
    let length = |value: Option<&JValue>| value.and_then(JValue::as_str).map_or(1, str::len).max(1);
    let times = match (text.and_then(JValue::as_str), pattern.and_then(JValue::as_str)) {
        (Some(text), Some(pattern)) if !pattern.is_empty() => text.matches(pattern).count(),
        _ => length(text),
    };
    if length(replacement).saturating_mul(times) > MAX_REPLACED { Err(too_large()) } else { Ok(()) }
}

/// Said with the code that the evaluator itself has for too much.
fn too_large() -> String {
    format!("D2014: The evaluation makes a text of more than {MAX_SIZE} bytes")
}

fn spend(left: &Cell<usize>, items: usize) -> Result<(), String> {
    match left.get().checked_sub(items) {
        Some(rest) => {
            left.set(rest);
            Ok(())
        }
        None => Err(format!("D2014: The evaluation makes more than {MAX_ITEMS} items of sequences")),
    }
}

/// Takes the size of a value from what is left, counting what stands in many places in each; false if it is larger.
fn fits(value: &JValue, left: &mut usize) -> bool {
    let mut take = |size: usize| {
        let rest = left.checked_sub(size);
        *left = rest.unwrap_or(0);
        rest.is_some()
    };
    match value {
        JValue::String(text) => take(text.len()),
        JValue::Array(items) => take(2) && with_stack(|| items.iter().all(|item| fits(item, left))),
        JValue::Object(fields) => {
            take(2) && with_stack(|| fields.iter().all(|(name, value)| fits(value, left) && take_name(name, left)))
        }
        _ => take(4),
    }
}

fn take_name(name: &str, left: &mut usize) -> bool {
    let rest = left.checked_sub(name.len());
    *left = rest.unwrap_or(0);
    rest.is_some()
}
