//! JSONata, through the crate `jsonata-core`, which nothing outside this folder knows of.
//!
//! An expression is compiled once and may be shared between threads. It sees `$states`, the variables, and the functions of the language with those
//! that Step Functions adds: `$partition`, `$range`, `$hash`, `$random`, `$uuid`, `$parse`. A variable hides the function of its name, as in JSONata.
//! `$eval` is not there: who calls it calls no function. What the clock and chance decide (`$now`, `$millis`, `$random`, `$uuid`, `$shuffle`) comes
//! from the [`Moment`].
//!
//! Time, depth and size of an evaluation are limited: an expression without an end fails.

mod bindings;
mod blame;
mod convert;
mod distinct;
mod error;
mod functions;
mod limits;
mod messages;
mod position;
mod references;
mod template;
mod tokens;
mod walk;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator};
use jsonata_core::parser;
use jsonata_core::value::JValue;
use serde_json::Value;

pub use bindings::{Bindings, States};
pub use error::{EvaluationError, Expected, JsonataError, JsonataSyntaxError};
pub use references::References;
pub use template::JsonataTemplate;

use super::moment::Moment;
use bindings::Session;
use blame::Noted;

/// A compiled expression.
#[derive(Debug, Clone)]
pub struct Expression(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    source: String,
    ast: AstNode,
    /// Whether there are guards in it.
    guarded: bool,
    references: References,
}

impl Expression {
    /// Compiles an expression, without the `{%` and `%}` around it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn compile(source: &str) -> Result<Self, JsonataSyntaxError> {
        let source = source.trim();
        let mut ast = parse(source).map_err(|message| JsonataSyntaxError {
            expression: source.to_owned(),
            at: position::of_error(source, &message),
            message: tokens::named(&message),
        })?;
        let references = References::of(&ast);
        let guarded = limits::guard(&mut ast, &references);
        Ok(Self(Arc::new(Compiled { source: source.to_owned(), ast, guarded, references })))
    }

    /// The expression in a text that is one from end to end: `{% ... %}`.
    pub fn delimited(text: &str) -> Option<&str> {
        text.strip_prefix("{%")?.strip_suffix("%}").map(str::trim)
    }

    /// The expression as written, without what stands around it.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// What it reads from outside.
    pub fn references(&self) -> &References {
        &self.0.references
    }

    /// What the expression gives; `None` if that is nothing (undefined). The same moment gives the same times and random numbers.
    ///
    /// # Errors
    /// The expression fails, exceeds a limit, or gives what is not JSON.
    pub fn evaluate(&self, bindings: &Bindings<'_>, moment: &mut Moment) -> Result<Option<Value>, JsonataError> {
        self.evaluate_in(&Session::new(bindings), moment)
    }

    /// What the expression of a field gives.
    ///
    /// # Errors
    /// `States.QueryEvaluationError`, worded for the field: what [`Expression::evaluate`] refuses, and nothing (undefined).
    pub fn evaluate_field(
        &self,
        field: &str,
        bindings: &Bindings<'_>,
        moment: &mut Moment,
    ) -> Result<Value, EvaluationError> {
        self.evaluate_field_in(field, &Session::new(bindings), moment)
    }

    /// The error of a field whose value is not of the type it must be.
    ///
    /// # Errors
    /// If the value is of another type.
    pub fn expect(&self, field: &str, expected: Expected, value: Value) -> Result<Value, EvaluationError> {
        if expected.is_met_by(&value) {
            return Ok(value);
        }
        Err(EvaluationError::Type { expression: self.source().to_owned(), field: field.to_owned(), expected, value })
    }

    fn evaluate_field_in(
        &self,
        field: &str,
        session: &Session<'_>,
        moment: &mut Moment,
    ) -> Result<Value, EvaluationError> {
        let names = || (self.source().to_owned(), field.to_owned());
        match self.evaluate_in(session, moment) {
            Ok(Some(value)) => Ok(value),
            Ok(None) => {
                let (expression, field) = names();
                Err(EvaluationError::Undefined { expression, field })
            }
            Err(source) => {
                let (expression, field) = names();
                Err(EvaluationError::Failed { expression, field, source })
            }
        }
    }

    fn evaluate_in(&self, session: &Session<'_>, moment: &mut Moment) -> Result<Option<Value>, JsonataError> {
        let before = *moment;
        let result = self.run(&self.0.ast, session, moment, |_| Ok(())).1;
        match result.and_then(|value| convert::to_json(&value)) {
            Err(error) if blame::is_worth_it(&error) => {
                let noted = Noted::of(&self.0.ast);
                let (notes, _) = self.run(&noted.ast, session, &mut before.clone(), blame::register);
                Err(match notes {
                    Some(notes) => noted.word(error, &notes.borrow()),
                    None => error,
                })
            }
            result => result,
        }
    }

    /// Evaluates an expression that is this one, perhaps with something more in it that `prepare` makes known.
    fn run<P>(
        &self,
        ast: &AstNode,
        session: &Session<'_>,
        moment: &mut Moment,
        prepare: impl FnOnce(&mut Evaluator) -> Result<P, JsonataError>,
    ) -> (Option<P>, Result<JValue, JsonataError>) {
        let mut context = Context::new();
        session.bind(&self.0.references, &mut context);
        let mut evaluator = Evaluator::with_options(context, limits::options());
        let shared = Rc::new(Cell::new(*moment));
        let guards = if self.0.guarded { limits::register(&mut evaluator, &self.0.references) } else { Ok(()) };
        let prepared = guards
            .and_then(|()| functions::register(&mut evaluator, &self.0.references, &shared))
            .and_then(|()| prepare(&mut evaluator));
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(error) => return (None, Err(error)),
        };
        let result = unpanicked(|| evaluator.evaluate(ast, &JValue::Undefined));
        *moment = shared.get();
        let result =
            result.map_err(JsonataError::Internal).and_then(|given| given.map_err(|error| JsonataError::of(&error)));
        (Some(prepared), result)
    }
}

/// What the parser reads, or what is wrong.
fn parse(source: &str) -> Result<AstNode, String> {
    unpanicked(|| parser::parse(source))?.map_err(|error| {
        let message = error.to_string();
        message.strip_prefix("Invalid syntax: ").map(str::to_owned).unwrap_or(message)
    })
}

/// The evaluator and its parser are known to panic upon some texts. What panicked is not used again.
fn unpanicked<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref().copied());
        text.unwrap_or("it panicked").to_owned()
    })
}
