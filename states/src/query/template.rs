//! Payload templates of JSONPath states: `Parameters`, `ResultSelector`, `ItemSelector`, `Assign`.
//!
//! A field whose name ends in `.$` holds a path or a call of an intrinsic function, and is replaced by what that gives, under the name without the
//! ending. Everything else stays as it is.

use std::borrow::Cow;

use serde_json::Value;

use super::error::{Problem, QueryError};
use super::intrinsic::Intrinsic;
use super::moment::Moment;
use super::path::Path;
use super::roots::Roots;
use super::tree::{Leaf, Place, Tree};

/// A path or a call of an intrinsic function: what may stand in a field that ends in `.$`, in `ErrorPath` and `CausePath`.
#[derive(Debug, Clone)]
pub enum Expr {
    /// A path.
    Path(Path),
    /// A call.
    Intrinsic(Intrinsic),
}

impl Expr {
    /// Compiles either.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        if Intrinsic::is_meant(text) {
            Intrinsic::parse(text).map(Self::Intrinsic).map_err(|error| error.to_string())
        } else {
            Path::parse(text).map(Self::Path).map_err(|error| error.to_string())
        }
    }

    /// The value. `field` names the field in errors, with its ending.
    ///
    /// # Errors
    /// A path leads nowhere, a function does not take its arguments.
    pub fn evaluate<'a>(
        &self,
        field: &str,
        roots: &Roots<'a>,
        moment: &mut Moment,
    ) -> Result<Cow<'a, Value>, QueryError> {
        match self {
            Self::Path(path) => path.evaluate(roots).map_err(|miss| QueryError::miss(miss, field, roots.input)),
            Self::Intrinsic(call) => match call.evaluate(roots, moment) {
                Ok(value) => Ok(Cow::Owned(value)),
                Err(error) => Err(QueryError::intrinsic(error, call.text(), field, roots.input)),
            },
        }
    }

    /// The paths in it, in order.
    pub fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Path(path) => vec![path],
            Self::Intrinsic(call) => call.paths(),
        }
    }
}

/// A compiled payload template.
#[derive(Debug, Clone)]
pub struct Template(Tree<Field>);

/// A field that is evaluated: its name with the ending, and what gives its value.
#[derive(Debug, Clone)]
struct Field {
    name: String,
    expr: Box<Expr>,
}

impl Template {
    /// Compiles a template.
    ///
    /// # Errors
    /// All that is wrong, each with its place.
    pub fn compile(template: &Value) -> Result<Self, Vec<Problem>> {
        Tree::compile(template).map(Self)
    }

    /// The value of the template.
    ///
    /// # Errors
    /// The first expression that gives no value.
    pub fn evaluate(&self, roots: &Roots<'_>, moment: &mut Moment) -> Result<Value, QueryError> {
        self.0.make(&mut |field| field.expr.evaluate(&field.name, roots, moment).map(Cow::into_owned))
    }

    /// The paths in it, in order.
    pub fn paths(&self) -> Vec<&Path> {
        self.0.leaves().into_iter().flat_map(|field| field.expr.paths()).collect()
    }
}

impl Leaf for Field {
    fn compile(value: &Value, place: &Place<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        let name = place.key.filter(|key| key.ends_with(".$"))?;
        match value.as_str().map(Expr::parse) {
            Some(Ok(expr)) => Some(Self { name: name.to_owned(), expr: Box::new(expr) }),
            _ => {
                let wanted = "must be a valid JSONPath or a valid intrinsic function call";
                problems.push(Problem::new(place.pointer, format!("The value for the field '{name}' {wanted}")));
                None
            }
        }
    }

    fn name(key: &str) -> &str {
        key.strip_suffix(".$").unwrap_or(key)
    }
}
