//! Payload templates of JSONPath states: `Parameters`, `ResultSelector`, `ItemSelector`, `Assign`.
//!
//! A field whose name ends in `.$` holds a path or a call of an intrinsic function, and is replaced by what that gives, under the name without the
//! ending. Everything else stays as it is.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::error::{Problem, QueryError, pointer};
use super::intrinsic::Intrinsic;
use super::moment::Moment;
use super::path::Path;
use super::roots::Roots;

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
                Err(error) => Err(QueryError::intrinsic(error, field, roots.input)),
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
pub struct Template(Node);

#[derive(Debug, Clone)]
enum Node {
    Literal(Value),
    /// The field with its ending, and what gives its value.
    Expr(String, Box<Expr>),
    Object(Vec<(String, Node)>),
    Array(Vec<Node>),
}

impl Template {
    /// Compiles a template.
    ///
    /// # Errors
    /// All that is wrong, each with its place.
    pub fn compile(template: &Value) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let node = compile(template, "", &mut problems);
        if problems.is_empty() { Ok(Self(node)) } else { Err(problems) }
    }

    /// The value of the template.
    ///
    /// # Errors
    /// The first expression that gives no value.
    pub fn evaluate(&self, roots: &Roots<'_>, moment: &mut Moment) -> Result<Value, QueryError> {
        self.0.evaluate(roots, moment)
    }

    /// The paths in it, in order.
    pub fn paths(&self) -> Vec<&Path> {
        let mut paths = Vec::new();
        self.0.paths(&mut paths);
        paths
    }
}

fn compile(template: &Value, at: &str, problems: &mut Vec<Problem>) -> Node {
    match template {
        Value::Object(fields) => {
            let mut nodes = Vec::with_capacity(fields.len());
            for (key, value) in fields {
                let at = pointer(at, key);
                let Some(name) = key.strip_suffix(".$") else {
                    nodes.push((key.clone(), compile(value, &at, problems)));
                    continue;
                };
                if fields.contains_key(name) {
                    problems.push(Problem::new(&at, format!("The field '{name}' is given twice")));
                }
                match value.as_str().map(Expr::parse) {
                    Some(Ok(expr)) => nodes.push((name.to_owned(), Node::Expr(key.clone(), Box::new(expr)))),
                    _ => problems.push(Problem::new(
                        &at,
                        format!("The value for the field '{key}' must be a valid JSONPath or a valid intrinsic function call"),
                    )),
                }
            }
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
    fn evaluate(&self, roots: &Roots<'_>, moment: &mut Moment) -> Result<Value, QueryError> {
        Ok(match self {
            Self::Literal(value) => value.clone(),
            Self::Expr(field, expr) => expr.evaluate(field, roots, moment)?.into_owned(),
            Self::Object(nodes) => {
                let mut fields = Map::with_capacity(nodes.len());
                for (name, node) in nodes {
                    fields.insert(name.clone(), node.evaluate(roots, moment)?);
                }
                Value::Object(fields)
            }
            Self::Array(nodes) => {
                nodes.iter().map(|node| node.evaluate(roots, moment)).collect::<Result<_, _>>().map(Value::Array)?
            }
        })
    }

    fn paths<'n>(&'n self, paths: &mut Vec<&'n Path>) {
        match self {
            Self::Literal(_) => {}
            Self::Expr(_, expr) => paths.extend(expr.paths()),
            Self::Object(nodes) => nodes.iter().for_each(|(_, node)| node.paths(paths)),
            Self::Array(nodes) => nodes.iter().for_each(|node| node.paths(paths)),
        }
    }
}
