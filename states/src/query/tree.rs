//! Values in which expressions stand, in either query language: read once, then made as often as a state runs.

use serde_json::{Map, Value};

use super::error::{Problem, pointer};

/// A value with expressions in it. What has none is kept whole.
#[derive(Debug, Clone)]
pub(super) enum Tree<L> {
    Literal(Value),
    Leaf(L),
    Object(Vec<(String, Self)>),
    Array(Vec<Self>),
}

/// Where a value stands in a template.
pub(super) struct Place<'p> {
    /// As a JSON pointer.
    pub(super) pointer: &'p str,
    /// As Step Functions writes it behind the name of the field: `/lines[0]/price`.
    pub(super) location: &'p str,
    /// Under which key, if it stands in an object.
    pub(super) key: Option<&'p str>,
}

/// What stands in a tree in place of a value: an expression of a query language.
pub(super) trait Leaf: Sized {
    /// The expression that the value is, if it is one. A value that should be one and is not is a problem, and stays a value.
    fn compile(value: &Value, place: &Place<'_>, problems: &mut Vec<Problem>) -> Option<Self>;

    /// The name under which what stands under a key is put.
    fn name(key: &str) -> &str {
        key
    }
}

impl<L: Leaf> Tree<L> {
    /// Compiles all expressions of a value.
    ///
    /// # Errors
    /// All that is wrong, each with its place.
    pub(super) fn compile(value: &Value) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let tree = Self::read(value, &Place { pointer: "", location: "", key: None }, &mut problems);
        if problems.is_empty() { Ok(tree) } else { Err(problems) }
    }

    fn read(value: &Value, place: &Place<'_>, problems: &mut Vec<Problem>) -> Self {
        if let Some(leaf) = L::compile(value, place, problems) {
            return Self::Leaf(leaf);
        }
        match value {
            Value::Object(fields) => {
                let mut nodes = Vec::with_capacity(fields.len());
                for (key, value) in fields {
                    let (pointer, location) = (pointer(place.pointer, key), format!("{}/{key}", place.location));
                    let name = L::name(key);
                    if name != key && fields.contains_key(name) {
                        problems.push(Problem::new(&pointer, twice(name)));
                    }
                    let place = Place { pointer: &pointer, location: &location, key: Some(key) };
                    nodes.push((name.to_owned(), Self::read(value, &place, problems)));
                }
                if nodes.iter().all(|(_, node)| matches!(node, Self::Literal(_))) {
                    return Self::Literal(value.clone());
                }
                Self::Object(nodes)
            }
            Value::Array(items) => {
                let read = |(index, item)| {
                    let (pointer, location) =
                        (format!("{}/{index}", place.pointer), format!("{}[{index}]", place.location));
                    Self::read(item, &Place { pointer: &pointer, location: &location, key: None }, problems)
                };
                let nodes: Vec<_> = items.iter().enumerate().map(read).collect();
                if nodes.iter().all(|node| matches!(node, Self::Literal(_))) {
                    return Self::Literal(value.clone());
                }
                Self::Array(nodes)
            }
            other => Self::Literal(other.clone()),
        }
    }

    /// The value, each expression replaced by what `evaluate` gives for it.
    ///
    /// # Errors
    /// The first error of `evaluate`.
    pub(super) fn make<E>(&self, evaluate: &mut impl FnMut(&L) -> Result<Value, E>) -> Result<Value, E> {
        Ok(match self {
            Self::Literal(value) => value.clone(),
            Self::Leaf(leaf) => evaluate(leaf)?,
            Self::Object(nodes) => {
                let mut fields = Map::with_capacity(nodes.len());
                for (name, node) in nodes {
                    fields.insert(name.clone(), node.make(evaluate)?);
                }
                Value::Object(fields)
            }
            Self::Array(nodes) => {
                nodes.iter().map(|node| node.make(evaluate)).collect::<Result<_, _>>().map(Value::Array)?
            }
        })
    }

    /// Its expressions, in order.
    pub(super) fn leaves(&self) -> Vec<&L> {
        let mut leaves = Vec::new();
        self.gather(&mut leaves);
        leaves
    }

    fn gather<'t>(&'t self, leaves: &mut Vec<&'t L>) {
        match self {
            Self::Literal(_) => {}
            Self::Leaf(leaf) => leaves.push(leaf),
            Self::Object(nodes) => nodes.iter().for_each(|(_, node)| node.gather(leaves)),
            Self::Array(nodes) => nodes.iter().for_each(|node| node.gather(leaves)),
        }
    }
}

/// What is said of a name that a template gives twice: once as it is, once evaluated.
pub(crate) fn twice(name: &str) -> String {
    format!("The field '{name}' is given twice")
}
