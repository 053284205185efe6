//! The rules of Choice states that use JSONPath, compiled once.
//!
//! A comparison with a value of another type does not hold. Asking about a variable that is not there is an error, except with `IsPresent`.

mod compile;
mod glob;

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::error::Problem;
use super::path::{MissKind, Path, PathMiss};
use super::roots::Roots;
use super::timestamp::Timestamp;
use super::value::compare_numbers;
use glob::Glob;

/// A compiled rule.
#[derive(Debug, Clone)]
pub struct Rule(Node);

#[derive(Debug, Clone)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Test(Path, Test),
}

#[derive(Debug, Clone)]
enum Test {
    Compare(Kind, Order, Right),
    Matches(Glob),
    /// Whether the value is of this kind is to be this.
    Is(Is, bool),
}

/// As what two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Boolean,
    Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Equal,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
}

#[derive(Debug, Clone)]
enum Right {
    Value(Value),
    Path(Path),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Null,
    Present,
    Number,
    Text,
    Boolean,
    Timestamp,
}

/// A rule asks about what is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// The variable, or the path it is compared with, leads nowhere.
    #[error("Invalid path '{}': The choice state's condition path references an invalid value.", .0.path)]
    Missing(PathMiss),
    /// The path takes too many steps.
    #[error(transparent)]
    Exhausted(PathMiss),
}

impl ChoiceError {
    /// The error of Step Functions.
    pub const fn error(&self) -> &'static str {
        match self {
            Self::Missing(miss) | Self::Exhausted(miss) => miss.error(),
        }
    }
}

impl From<PathMiss> for ChoiceError {
    fn from(miss: PathMiss) -> Self {
        if miss.kind == MissKind::Exhausted { Self::Exhausted(miss) } else { Self::Missing(miss) }
    }
}

/// Looks at a pattern of `StringMatches`.
///
/// # Errors
/// The byte of a backslash that stands before neither `*` nor a backslash.
pub fn check_pattern(pattern: &str) -> Result<(), usize> {
    Glob::parse(pattern).map(|_| ())
}

impl Rule {
    /// Compiles a rule: a comparison, or `And`, `Or` or `Not` of rules. What else a rule may have (`Next`, `Comment`, `Assign`) is the caller's.
    ///
    /// # Errors
    /// All that is wrong, each with its place.
    pub fn compile(rule: &Value) -> Result<Self, Vec<Problem>> {
        compile::rule(rule).map(Self)
    }

    /// Whether the rule holds.
    ///
    /// # Errors
    /// It asks about what is not there.
    pub fn holds(&self, roots: &Roots<'_>) -> Result<bool, ChoiceError> {
        self.0.holds(roots)
    }

    /// The paths in it, in order.
    pub fn paths(&self) -> Vec<&Path> {
        let mut paths = Vec::new();
        self.0.paths(&mut paths);
        paths
    }
}

impl Node {
    fn holds(&self, roots: &Roots<'_>) -> Result<bool, ChoiceError> {
        match self {
            Self::All(nodes) => {
                for node in nodes {
                    if !node.holds(roots)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Any(nodes) => {
                for node in nodes {
                    if node.holds(roots)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(node) => Ok(!node.holds(roots)?),
            Self::Test(path, Test::Is(Is::Present, expected)) => match path.evaluate(roots) {
                Err(miss) if miss.kind == MissKind::Exhausted => Err(miss.into()),
                found => Ok(found.is_ok() == *expected),
            },
            Self::Test(path, test) => test.holds(&*path.evaluate(roots)?, roots),
        }
    }

    fn paths<'n>(&'n self, paths: &mut Vec<&'n Path>) {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().for_each(|node| node.paths(paths)),
            Self::Not(node) => node.paths(paths),
            Self::Test(path, test) => {
                paths.push(path);
                if let Test::Compare(_, _, Right::Path(path)) = test {
                    paths.push(path);
                }
            }
        }
    }
}

impl Test {
    fn holds(&self, value: &Value, roots: &Roots<'_>) -> Result<bool, ChoiceError> {
        Ok(match self {
            Self::Compare(kind, order, right) => {
                let right = match right {
                    Right::Value(right) => Cow::Borrowed(right),
                    Right::Path(path) => path.evaluate(roots)?,
                };
                kind.compare(value, &right).is_some_and(|found| order.accepts(found))
            }
            Self::Matches(glob) => value.as_str().is_some_and(|text| glob.matches(text)),
            Self::Is(is, expected) => is.holds(value) == *expected,
        })
    }
}

impl Kind {
    /// `None` if one of them is of another kind.
    fn compare(self, left: &Value, right: &Value) -> Option<Ordering> {
        match self {
            Self::Text => Some(left.as_str()?.encode_utf16().cmp(right.as_str()?.encode_utf16())),
            Self::Number => compare_numbers(left.as_number()?, right.as_number()?),
            Self::Boolean => Some(left.as_bool()?.cmp(&right.as_bool()?)),
            Self::Timestamp => Some(Timestamp::parse(left.as_str()?)?.cmp(&Timestamp::parse(right.as_str()?)?)),
        }
    }
}

impl Order {
    const fn accepts(self, found: Ordering) -> bool {
        match self {
            Self::Equal => found.is_eq(),
            Self::Less => found.is_lt(),
            Self::Greater => found.is_gt(),
            Self::LessOrEqual => found.is_le(),
            Self::GreaterOrEqual => found.is_ge(),
        }
    }
}

impl Is {
    fn holds(self, value: &Value) -> bool {
        match self {
            Self::Null => value.is_null(),
            Self::Present => true,
            Self::Number => value.is_number(),
            Self::Text => value.is_string(),
            Self::Boolean => value.is_boolean(),
            Self::Timestamp => value.as_str().is_some_and(|text| Timestamp::parse(text).is_some()),
        }
    }
}
