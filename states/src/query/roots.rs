//! What a path may start at.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

/// The variables that may be read where an expression stands, the inner scopes before the outer ones.
pub trait Variables {
    /// The value of the variable, named without `$`.
    fn variable(&self, name: &str) -> Option<&Value>;
}

/// No variable is assigned.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoVariables;

impl Variables for NoVariables {
    fn variable(&self, _: &str) -> Option<&Value> {
        None
    }
}

impl Variables for Map<String, Value> {
    fn variable(&self, name: &str) -> Option<&Value> {
        self.get(name)
    }
}

impl Variables for BTreeMap<String, Value> {
    fn variable(&self, name: &str) -> Option<&Value> {
        self.get(name)
    }
}

impl Variables for HashMap<String, Value> {
    fn variable(&self, name: &str) -> Option<&Value> {
        self.get(name)
    }
}

/// Inner scopes stand behind outer ones.
impl<V: Variables> Variables for [V] {
    fn variable(&self, name: &str) -> Option<&Value> {
        self.iter().rev().find_map(|scope| scope.variable(name))
    }
}

impl<V: Variables + ?Sized> Variables for &V {
    fn variable(&self, name: &str) -> Option<&Value> {
        (**self).variable(name)
    }
}

/// What `$`, `$$` and `$name` stand for in paths.
#[derive(Clone, Copy)]
pub struct Roots<'a> {
    /// `$`.
    pub input: &'a Value,
    /// `$$`, the context object.
    pub context: &'a Value,
    /// `$name`.
    pub variables: &'a dyn Variables,
}

impl std::fmt::Debug for Roots<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Roots").field("input", self.input).field("context", self.context).finish_non_exhaustive()
    }
}

impl<'a> Roots<'a> {
    /// `$` stands for the input, `$$` for null, and there are no variables.
    pub fn of(input: &'a Value) -> Self {
        Self { input, context: &Value::Null, variables: &NoVariables }
    }

    /// With this context object.
    #[must_use]
    pub fn context(self, context: &'a Value) -> Self {
        Self { context, ..self }
    }

    /// With these variables.
    #[must_use]
    pub fn variables(self, variables: &'a dyn Variables) -> Self {
        Self { variables, ..self }
    }
}
