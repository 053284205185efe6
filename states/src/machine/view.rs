//! What a state sees while it does its work, and the evaluation of its fields.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};

use serde_json::{Map, Value};

use super::context;
use super::failure::Failure;
use super::frame::{Frame, Place};
use super::inspection::Inspection;
use super::limits::Limits;
use super::plan::{Asks, Form, Lookup, Query, Select, StatePlan};
use super::reach::Reach;
use super::state::{FrameId, State};
use crate::definition::{self, QueryLanguage};
use crate::payload::Payload;
use crate::query::jsonata::{Bindings, States};
use crate::query::path::{Path, Root};
use crate::query::{JsonataTemplate, Moment, Roots, Variables};

/// A frame in its state, at a moment.
pub(crate) struct View<'a> {
    pub(crate) state: &'a State,
    pub(crate) id: FrameId,
    pub(crate) frame: &'a Frame,
    pub(crate) place: &'a Place,
    pub(crate) definition: &'a definition::State,
    pub(crate) compiled: &'a StatePlan,
    pub(crate) moment: Cell<Moment>,
    pub(crate) limits: &'a Limits,
    pub(crate) inspection: Option<&'a RefCell<Inspection>>,
    pub(crate) context: OnceCell<Value>,
    pub(crate) reach: Option<&'a dyn Reach>,
    /// The rule that a choice state takes, or its default.
    pub(crate) chosen: Cell<Option<Option<usize>>>,
}

/// What an expression is about, beside the input of the state: what `$`, `$states.result` and `$states.errorOutput` are.
#[derive(Clone, Copy, Default)]
pub(crate) struct About<'v> {
    /// What `$` stands for in JSONPath; the state's input if it is not given.
    pub(crate) dollar: Option<&'v Value>,
    pub(crate) result: Option<&'v Value>,
    pub(crate) error: Option<&'v Value>,
    /// Another context object than that of the state.
    pub(crate) context: Option<&'v Value>,
    /// The rule or catcher in which the field stands: the list, and the place in it.
    pub(crate) within: Option<(&'static str, usize)>,
}

impl<'v> About<'v> {
    pub(crate) fn dollar(value: &'v Value) -> Self {
        Self { dollar: Some(value), ..Self::default() }
    }

    pub(crate) fn result(value: &'v Value) -> Self {
        Self { dollar: Some(value), result: Some(value), ..Self::default() }
    }

    pub(crate) fn error(value: &'v Value) -> Self {
        Self { dollar: Some(value), error: Some(value), ..Self::default() }
    }

    /// In that rule or catcher.
    pub(crate) fn within(self, list: &'static str, index: usize) -> Self {
        Self { within: Some((list, index)), ..self }
    }

    /// The field as Step Functions names it: `Choices[1]/Output`, as `https://github.com/floci-io/floci/pull/2689` measured.
    pub(crate) fn field<'f>(&self, field: &'f str) -> Cow<'f, str> {
        match self.within {
            Some((list, index)) => Cow::Owned(format!("{list}[{index}]/{field}")),
            None => Cow::Borrowed(field),
        }
    }
}

/// The variables that a frame sees: its own and those of the frames around it.
struct Scopes<'a> {
    state: &'a State,
    frame: &'a Frame,
}

impl Variables for Scopes<'_> {
    fn variable(&self, name: &str) -> Option<&Value> {
        let mut frame = self.frame;
        loop {
            if let Some(value) = frame.variables.get(name) {
                return Some(value);
            }
            frame = self.state.frame(frame.parent?)?;
        }
    }
}

impl<'a> View<'a> {
    pub(crate) fn is_jsonata(&self) -> bool {
        self.definition.language == QueryLanguage::Jsonata
    }

    pub(crate) fn input(&self) -> &'a Payload {
        &self.frame.data
    }

    pub(crate) fn context(&self) -> &Value {
        let asks = self.compiled.context;
        if asks == Asks::Nothing {
            return &Value::Null;
        }
        let of = || context::context(self.state, self.id, &self.definition.name, &self.definition.kind, asks);
        self.context.get_or_init(of)
    }

    /// Takes note of an intermediate value, if somebody looks.
    pub(crate) fn inspect(&self, note: impl FnOnce(&mut Inspection)) {
        if let Some(inspection) = self.inspection {
            note(&mut inspection.borrow_mut());
        }
    }

    fn with<R>(&self, about: About<'_>, evaluate: impl FnOnce(&Roots<'_>, &Bindings<'_>, &mut Moment) -> R) -> R {
        let scopes = Scopes { state: self.state, frame: self.frame };
        let context = about.context.unwrap_or_else(|| self.context());
        let roots = Roots { input: about.dollar.unwrap_or(&self.frame.data), context, variables: &scopes };
        let states = States {
            input: Some(&self.frame.data),
            result: about.result,
            error_output: about.error,
            context: Some(context),
        };
        let bindings = Bindings { states, variables: &scopes };
        let mut moment = self.moment.get();
        let result = evaluate(&roots, &bindings, &mut moment);
        self.moment.set(moment);
        result
    }

    pub(crate) fn form(&self, form: &Form, field: &str, about: About<'_>) -> Result<Value, Failure> {
        let field = &*about.field(field);
        self.with(about, |roots, bindings, moment| match form {
            Form::Path(template) => Ok(template.evaluate(roots, moment)?),
            Form::Jsonata(template) => template
                .evaluate(field, bindings, moment)
                .map_err(|error| Failure::evaluation(error.to_string(), Some(error.field()))),
        })
    }

    pub(crate) fn jsonata(&self, template: &JsonataTemplate, field: &str, about: About<'_>) -> Result<Value, Failure> {
        let field = &*about.field(field);
        self.with(about, |_, bindings, moment| {
            template
                .evaluate(field, bindings, moment)
                .map_err(|error| Failure::evaluation(error.to_string(), Some(error.field())))
        })
    }

    pub(crate) fn path(&self, path: &Path, about: About<'_>) -> Result<Value, Failure> {
        self.with(about, |roots, _, _| Ok(path.evaluate(roots)?.into_owned()))
    }

    pub(crate) fn rule(&self, rule: &crate::query::Rule, dollar: &Value) -> Result<bool, Failure> {
        self.with(About::dollar(dollar), |roots, _, _| {
            rule.holds(roots).map_err(|error| Failure::found(error.error(), error.to_string()))
        })
    }

    pub(crate) fn query(&self, query: &Query, about: About<'_>) -> Result<Value, Failure> {
        self.with(about, |roots, bindings, moment| match query {
            Query::Path(field, expr) => Ok(expr.evaluate(field, roots, moment)?.into_owned()),
            Query::Jsonata(field, expression) => expression
                .evaluate_field(field, bindings, moment)
                .map_err(|error| Failure::evaluation(error.to_string(), Some(error.field()))),
        })
    }

    /// What a path selects of a payload; the payload itself if all is selected.
    pub(crate) fn select(&self, select: &Select, from: &Payload) -> Result<Payload, Failure> {
        match select {
            Select::Whole => Ok(from.clone()),
            Select::Nothing => Ok(Value::Object(Map::new()).into()),
            Select::Path(path) if path.is_root() && *path.root() == Root::Input => Ok(from.clone()),
            Select::Path(path) => Ok(self.path(path, About::dollar(from))?.into()),
        }
    }

    /// A text that is written down or looked up; a JSON value that is no string is an error.
    pub(crate) fn text(&self, text: Option<&Lookup<String>>, dollar: &Value) -> Result<Option<String>, Failure> {
        match text {
            None => Ok(None),
            Some(Lookup::Fixed(text)) => Ok(Some(text.clone())),
            Some(Lookup::Query(query)) => match self.query(query, About::dollar(dollar))? {
                Value::String(text) => Ok(Some(text)),
                other => Err(unexpected(query, "string", &other)),
            },
        }
    }

    /// A whole number that is written down or looked up. Digits in a string count.
    pub(crate) fn amount(&self, amount: Option<&Lookup<u64>>, dollar: &Value) -> Result<Option<u64>, Failure> {
        match amount {
            None => Ok(None),
            Some(Lookup::Fixed(amount)) => Ok(Some(*amount)),
            Some(Lookup::Query(query)) => {
                let value = self.lookup(query, dollar)?;
                let whole = value.as_u64().or_else(|| match (&value, query) {
                    (Value::String(digits), Query::Path(..)) => digits.parse().ok(),
                    (Value::Number(number), _) => number.as_f64().and_then(whole),
                    _ => None,
                });
                whole.map(Some).ok_or_else(|| unexpected(query, "integer", &value))
            }
        }
    }

    /// A share in per cent that is written down or looked up. Digits in a string count.
    pub(crate) fn percentage(&self, number: Option<&Lookup<f64>>, dollar: &Value) -> Result<Option<f64>, Failure> {
        match number {
            None => Ok(None),
            Some(Lookup::Fixed(number)) => Ok(Some(*number)),
            Some(Lookup::Query(query)) => {
                let value = self.lookup(query, dollar)?;
                let number = value.as_f64().or_else(|| match query {
                    Query::Path(..) => value.as_str()?.parse().ok(),
                    Query::Jsonata(..) => None,
                });
                let share = number.filter(|number| (0.0..=100.0).contains(number));
                share.map(Some).ok_or_else(|| unexpected(query, "float", &value))
            }
        }
    }

    /// The value of a field that is no payload: where its path leads nowhere is said in other words.
    pub(crate) fn lookup(&self, query: &Query, dollar: &Value) -> Result<Value, Failure> {
        match query {
            Query::Path(field, crate::query::Expr::Path(path)) => match *field {
                "SecondsPath" | "TimestampPath" => self.path(path, About::dollar(dollar)).map_err(|_| {
                    Failure::runtime(format!(
                        "The {field} parameter does not reference an input value: {}",
                        path.text()
                    ))
                }),
                _ => self.path(path, About::dollar(dollar)),
            },
            _ => self.query(query, About::dollar(dollar)),
        }
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, and in range")]
fn whole(number: f64) -> Option<u64> {
    (number >= 0.0 && number.fract() == 0.0 && number < 9.0e15).then_some(number as u64)
}

/// The error of a field that has a value of another type than it needs. JSONata knows numbers alone, but a number that does not
/// fit is told from one that does.
pub(crate) fn unexpected(query: &Query, expected: &str, value: &Value) -> Failure {
    let jsonata = match expected {
        "integer" | "float" if !value.is_number() => "number",
        other => other,
    };
    match query {
        Query::Path(field, expr) => {
            let shown = value.as_str().map_or_else(|| crate::query::java_text(value), str::to_owned);
            let path = match expr {
                crate::query::Expr::Path(path) => path.text(),
                crate::query::Expr::Intrinsic(call) => call.text(),
            };
            Failure::runtime(format!(
                "The {field} field refers to value \"{shown}\" which is not a valid {expected}: {path}"
            ))
        }
        Query::Jsonata(field, expression) => Failure::evaluation(
            format!(
                "The JSONata expression '{}' specified for the field '{field}' returned an unexpected result type. \
                 Expected '{jsonata}', but was '{}' for value: {}",
                expression.source(),
                crate::query::kind(value),
                crate::query::java_text(value),
            ),
            Some(field),
        ),
    }
}
