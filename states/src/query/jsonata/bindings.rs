//! What an expression may read.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use jsonata_core::evaluator::Context;
use jsonata_core::value::JValue;
use serde_json::Value;

use super::convert::from_json;
use super::references::References;
use crate::query::roots::Variables;

/// `$states`. What is `None` is not there.
#[derive(Debug, Clone, Copy, Default)]
pub struct States<'a> {
    /// `$states.input`.
    pub input: Option<&'a Value>,
    /// `$states.result`.
    pub result: Option<&'a Value>,
    /// `$states.errorOutput`.
    pub error_output: Option<&'a Value>,
    /// `$states.context`.
    pub context: Option<&'a Value>,
}

impl<'a> States<'a> {
    fn fields(&self) -> [(&'static str, Option<&'a Value>); 4] {
        [("input", self.input), ("result", self.result), ("errorOutput", self.error_output), ("context", self.context)]
    }
}

/// What an expression may read: `$states` and the variables.
#[derive(Clone, Copy)]
pub struct Bindings<'a> {
    /// `$states`.
    pub states: States<'a>,
    /// `$name`.
    pub variables: &'a dyn Variables,
}

impl std::fmt::Debug for Bindings<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bindings").field("states", &self.states).finish_non_exhaustive()
    }
}

/// Bindings of several evaluations, each value converted once and only if it is read.
pub(super) struct Session<'a> {
    bindings: &'a Bindings<'a>,
    states: [OnceCell<JValue>; 4],
    variables: RefCell<HashMap<String, Option<JValue>>>,
}

impl<'a> Session<'a> {
    pub(super) fn new(bindings: &'a Bindings<'a>) -> Self {
        Self { bindings, states: Default::default(), variables: RefCell::default() }
    }

    /// Makes known what the expression reads. A variable hides the function of its name.
    pub(super) fn bind(&self, references: &References, context: &mut Context) {
        if references.states {
            let fields = self.bindings.states.fields().into_iter().zip(&self.states);
            let fields =
                fields.filter(|((name, _), _)| references.reads_state(name)).filter_map(|((name, value), cell)| {
                    let value = value?;
                    Some((name.to_owned(), cell.get_or_init(|| from_json(value)).clone()))
                });
            context.bind("states".to_owned(), JValue::object(fields.collect()));
        }
        let mut variables = self.variables.borrow_mut();
        for name in references.names() {
            let value =
                variables.entry(name.clone()).or_insert_with(|| self.bindings.variables.variable(name).map(from_json));
            match value {
                Some(value) => context.bind(name.clone(), value.clone()),
                // Step Functions has no `$eval`, so that its name stands for nothing.
                None if name == "eval" => context.bind(name.clone(), JValue::Undefined),
                None => {}
            }
        }
    }
}
