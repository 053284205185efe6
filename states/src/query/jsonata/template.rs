//! Templates of JSONata states: `Arguments`, `Output`, `Assign`, `Items` and the like.
//!
//! A text that is an expression from end to end (`{% ... %}`) is replaced by what that gives. Everything else stays as it is.

use serde_json::{Map, Value};

use super::Expression;
use super::bindings::{Bindings, Session};
use super::error::EvaluationError;
use crate::query::error::{Problem, pointer};
use crate::query::moment::Moment;

/// A compiled template.
#[derive(Debug, Clone)]
pub struct JsonataTemplate(Node);

#[derive(Debug, Clone)]
enum Node {
    Literal(Value),
    Expression(Expression),
    Object(Vec<(String, Node)>),
    Array(Vec<Node>),
}

impl JsonataTemplate {
    /// Compiles a template.
    ///
    /// # Errors
    /// All that is wrong, each with its place.
    pub fn compile(template: &Value) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let node = compile(template, "", &mut problems);
        if problems.is_empty() { Ok(Self(node)) } else { Err(problems) }
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
        self.0.evaluate(field, &Session::new(bindings), moment)
    }

    /// The expression, if the template is one and nothing else.
    pub fn expression(&self) -> Option<&Expression> {
        match &self.0 {
            Node::Expression(expression) => Some(expression),
            Node::Literal(_) | Node::Object(_) | Node::Array(_) => None,
        }
    }

    /// The value, if there is no expression in it.
    pub fn literal(&self) -> Option<&Value> {
        match &self.0 {
            Node::Literal(value) => Some(value),
            Node::Expression(_) | Node::Object(_) | Node::Array(_) => None,
        }
    }

    /// The expressions in it, in order.
    pub fn expressions(&self) -> Vec<&Expression> {
        let mut expressions = Vec::new();
        self.0.expressions(&mut expressions);
        expressions
    }
}

fn compile(template: &Value, at: &str, problems: &mut Vec<Problem>) -> Node {
    match template {
        Value::String(text) => match Expression::delimited(text).map(Expression::compile) {
            Some(Ok(expression)) => Node::Expression(expression),
            Some(Err(error)) => {
                problems.push(Problem::new(at, error.to_string()));
                Node::Literal(Value::Null)
            }
            None => Node::Literal(template.clone()),
        },
        Value::Object(fields) => {
            let nodes: Vec<_> = fields
                .iter()
                .map(|(name, value)| (name.clone(), compile(value, &pointer(at, name), problems)))
                .collect();
            if nodes.iter().all(|(_, node)| matches!(node, Node::Literal(_))) {
                return Node::Literal(template.clone());
            }
            Node::Object(nodes)
        }
        Value::Array(items) => {
            let nodes: Vec<_> = items
                .iter()
                .enumerate()
                .map(|(index, item)| compile(item, &format!("{at}/{index}"), problems))
                .collect();
            if nodes.iter().all(|node| matches!(node, Node::Literal(_))) {
                return Node::Literal(template.clone());
            }
            Node::Array(nodes)
        }
        other => Node::Literal(other.clone()),
    }
}

impl Node {
    fn evaluate(&self, field: &str, session: &Session<'_>, moment: &mut Moment) -> Result<Value, EvaluationError> {
        Ok(match self {
            Self::Literal(value) => value.clone(),
            Self::Expression(expression) => expression.evaluate_field_in(field, session, moment)?,
            Self::Object(nodes) => {
                let mut fields = Map::with_capacity(nodes.len());
                for (name, node) in nodes {
                    fields.insert(name.clone(), node.evaluate(&format!("{field}/{name}"), session, moment)?);
                }
                Value::Object(fields)
            }
            Self::Array(nodes) => {
                let items = nodes.iter().enumerate();
                let items = items.map(|(index, node)| node.evaluate(&format!("{field}[{index}]"), session, moment));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
        })
    }

    fn expressions<'n>(&'n self, expressions: &mut Vec<&'n Expression>) {
        match self {
            Self::Literal(_) => {}
            Self::Expression(expression) => expressions.push(expression),
            Self::Object(nodes) => nodes.iter().for_each(|(_, node)| node.expressions(expressions)),
            Self::Array(nodes) => nodes.iter().for_each(|node| node.expressions(expressions)),
        }
    }
}
