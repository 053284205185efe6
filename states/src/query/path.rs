//! Paths: JSONPath in the dialect of Jayway's library, which the Amazon States Language follows, compiled once.
//!
//! A path starts at the input (`$`), the context object (`$$`) or a variable (`$name`). A definite path names one place and gives its value, or a
//! [`PathMiss`] where there is none. Any other path gives an array of what it finds, empty if that is nothing.
//!
//! As in Jayway's library: `['a','b']` at the end of a path picks these fields into one object; a slice has no step (a third number is read and
//! ignored); a filter applied to an object asks about the object itself. Functions such as `length()` are not part of the language.

mod assign;
mod filter;
mod lexer;
mod miss;
mod operand;
mod parse;
mod parse_filter;
mod print;
mod walk;

use std::borrow::Cow;

use serde_json::Value;

pub use assign::AssignError;
pub use miss::{MissKind, PathMiss};
pub use parse::PathError;

use super::roots::Roots;
use filter::Filter;

/// A compiled path.
#[derive(Debug, Clone)]
pub struct Path {
    text: String,
    root: Root,
    segments: Vec<Segment>,
}

/// Where a path starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// `$`.
    Input,
    /// `$$`.
    Context,
    /// `$name`, named without `$`.
    Variable(String),
}

/// One step of a path, from values to values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Segment {
    /// One field of an object, or the fields of a union.
    Names(Vec<String>),
    /// All values of an object or an array.
    Every,
    /// Items of an array; negative ones count from its end.
    Indexes(Vec<i64>),
    /// Items of an array from a place on to before another. A single negative one counts from its end.
    Slice(Option<i64>, Option<i64>),
    /// What a condition holds of.
    Filter(Filter),
    /// The value and all that is in it: the segment behind applies to each.
    Scan,
}

impl Segment {
    fn is_definite(&self, last: bool) -> bool {
        match self {
            Self::Names(names) => names.len() == 1 || last,
            Self::Indexes(indexes) => indexes.len() == 1,
            Self::Every | Self::Slice(..) | Self::Filter(_) | Self::Scan => false,
        }
    }
}

impl Path {
    /// Compiles a path.
    ///
    /// # Errors
    /// What is wrong with the text and where.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        parse::path(text)
    }

    /// The text it was compiled from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where it starts.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// The variable it starts at, named without `$`.
    pub fn variable(&self) -> Option<&str> {
        match &self.root {
            Root::Variable(name) => Some(name),
            Root::Input | Root::Context => None,
        }
    }

    /// Whether it names one place, and so gives a value rather than an array of values.
    pub fn is_definite(&self) -> bool {
        walk::is_definite(&self.segments)
    }

    /// Whether a value can be put there: it starts at the input and has but single names and indexes that count from the front.
    pub fn is_reference(&self) -> bool {
        self.root == Root::Input && self.has_reference_segments()
    }

    /// Whether it has but single names and indexes that count from the front, wherever it starts.
    pub fn has_reference_segments(&self) -> bool {
        self.segments.iter().all(|segment| match segment {
            Segment::Names(names) => names.len() == 1,
            Segment::Indexes(indexes) => indexes.len() == 1 && indexes.iter().all(|index| *index >= 0),
            Segment::Every | Segment::Slice(..) | Segment::Filter(_) | Segment::Scan => false,
        })
    }

    /// Whether it is a root alone.
    pub fn is_root(&self) -> bool {
        self.segments.is_empty()
    }

    /// What it finds. A value that stands in the roots is lent.
    ///
    /// # Errors
    /// A definite path that leads nowhere, a path applied to values of the wrong type, and one that takes too many steps.
    pub fn evaluate<'a>(&self, roots: &Roots<'a>) -> Result<Cow<'a, Value>, PathMiss> {
        walk::evaluate(self, roots)
    }

    /// Puts a value where the path points to, making the objects on the way.
    ///
    /// # Errors
    /// `States.ResultPathMatchFailure` if the path cannot be applied to what is there: a field of what is no object, an item that the array does not
    /// have.
    pub fn assign(&self, target: &mut Value, value: Value) -> Result<(), AssignError> {
        assign::assign(self, target, value)
    }
}

impl std::str::FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::parse(text)
    }
}

/// Paths are the same if they lead to the same places, however they are written.
impl PartialEq for Path {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root && self.segments == other.segments
    }
}
