//! Templates of JSONata states: `Arguments`, `Output`, `Assign`, `Items` and the like.
//!
//! A text that is an expression from end to end (`{% ... %}`) is replaced by what that gives. Everything else stays as it is.

use serde_json::Value;

use super::Expression;
use super::bindings::{Bindings, Session};
use super::error::EvaluationError;
use crate::query::error::Problem;
use crate::query::moment::Moment;
use crate::query::tree::{Leaf, Place, Tree};

/// A compiled template.
#[derive(Debug, Clone)]
pub struct JsonataTemplate(Tree<Placed>);

/// An expression, and where it stands behind the name of the field.
#[derive(Debug, Clone)]
struct Placed {
    location: String,
    expression: Expression,
}

impl JsonataTemplate {
    /// Compiles a template.
    ///
    /// # Errors
    /// All that is wrong, each with its place.
    pub fn compile(template: &Value) -> Result<Self, Vec<Problem>> {
        Tree::compile(template).map(Self)
    }

    /// The value of the template of a field, such as `Output`.
    ///
    /// # Errors
    /// The first expression that fails or gives nothing.
    pub fn evaluate(
        &self,
        field: &str,
        bindings: &Bindings<'_>,
        moment: &mut Moment,
    ) -> Result<Value, EvaluationError> {
        let session = Session::new(bindings);
        self.0.make(&mut |placed| {
            let field = format!("{field}{}", placed.location);
            placed.expression.evaluate_field_in(&field, &session, moment)
        })
    }

    /// The expression, if the template is one and nothing else.
    pub fn expression(&self) -> Option<&Expression> {
        match &self.0 {
            Tree::Leaf(placed) => Some(&placed.expression),
            Tree::Literal(_) | Tree::Object(_) | Tree::Array(_) => None,
        }
    }

    /// The value, if there is no expression in it.
    pub fn literal(&self) -> Option<&Value> {
        match &self.0 {
            Tree::Literal(value) => Some(value),
            Tree::Leaf(_) | Tree::Object(_) | Tree::Array(_) => None,
        }
    }

    /// The expressions in it, in order.
    pub fn expressions(&self) -> Vec<&Expression> {
        self.0.leaves().into_iter().map(|placed| &placed.expression).collect()
    }
}

impl Leaf for Placed {
    fn compile(value: &Value, place: &Place<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        match Expression::compile(Expression::delimited(value.as_str()?)?) {
            Ok(expression) => Some(Self { location: place.location.to_owned(), expression }),
            Err(error) => {
                problems.push(Problem::new(place.pointer, error.to_string()));
                None
            }
        }
    }
}
