//! Conditions in paths: `[?(...)]`.

use std::borrow::Cow;
use std::fmt::{Display, Formatter, Result as Written};

use serde_json::Value;

use super::operand::{Comparison, Operand, compare};
use super::walk::{self, Found, Stop, Walk};
use super::{Segment, print};

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// There is something.
    Exists(Inner),
    Compare(Operand, Comparison, Operand),
}

/// A path within a condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Inner {
    /// Whether it starts at the item (`@`) rather than at the root (`$`).
    pub(super) at_item: bool,
    pub(super) segments: Vec<Segment>,
}

impl Filter {
    pub(super) fn holds<'v>(&self, item: &'v Value, walk: &mut Walk<'v>) -> Result<bool, Stop> {
        match self {
            Self::All(filters) => {
                for filter in filters {
                    if !filter.holds(item, walk)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Any(filters) => {
                for filter in filters {
                    if filter.holds(item, walk)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(filter) => Ok(!filter.holds(item, walk)?),
            Self::Exists(path) => Ok(match path.find(item, walk)? {
                Found::One(found) => found.is_some(),
                Found::Many(found) => !found.is_empty(),
            }),
            Self::Compare(left, comparison, right) => {
                let (left, right) = (left.value(item, walk)?, right.value(item, walk)?);
                walk.spend(1)?;
                Ok(compare(left, *comparison, right))
            }
        }
    }
}

impl Inner {
    pub(super) fn find<'v>(&self, item: &'v Value, walk: &mut Walk<'v>) -> Result<Found<'v>, Stop> {
        let start = if self.at_item { item } else { walk.root };
        match walk.find(&self.segments, start) {
            Err(Stop::Missing(_) | Stop::Mismatch(_)) if walk::is_definite(&self.segments) => Ok(Found::One(None)),
            Err(Stop::Missing(_) | Stop::Mismatch(_)) => Ok(Found::Many(Vec::new())),
            found => found,
        }
    }

    /// The value, or the array of what is found; `None` where a definite path leads nowhere.
    pub(super) fn value<'v>(&self, item: &'v Value, walk: &mut Walk<'v>) -> Result<Option<Cow<'v, Value>>, Stop> {
        match self.find(item, walk)? {
            Found::One(found) => Ok(found),
            Found::Many(found) => {
                walk.spend(found.len())?;
                walk.collect(found).map(|value| Some(Cow::Owned(value)))
            }
        }
    }
}

impl Display for Filter {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        let joined = |f: &mut Formatter<'_>, filters: &[Self], between: &str| {
            f.write_str("(")?;
            for (at, filter) in filters.iter().enumerate() {
                if at > 0 {
                    f.write_str(between)?;
                }
                write!(f, "{filter}")?;
            }
            f.write_str(")")
        };
        match self {
            Self::All(filters) => joined(f, filters, " && "),
            Self::Any(filters) => joined(f, filters, " || "),
            Self::Not(filter) => match &**filter {
                Self::Compare(..) => write!(f, "!({filter})"),
                filter => write!(f, "!{filter}"),
            },
            Self::Exists(path) => write!(f, "{path}"),
            Self::Compare(left, comparison, right) => write!(f, "{left} {comparison} {right}"),
        }
    }
}

impl Display for Inner {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        f.write_str(if self.at_item { "@" } else { "$" })?;
        self.segments.iter().try_for_each(|segment| write!(f, "{segment}"))
    }
}

impl Display for Operand {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match self {
            Self::Value(Value::String(text)) => print::quoted(f, text),
            Self::Value(value) => write!(f, "{value}"),
            Self::List(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        f.write_str(",")?;
                    }
                    write!(f, "{item}")?;
                }
                f.write_str("]")
            }
            Self::Pattern(pattern) => write!(f, "/{}/{}", pattern.source, pattern.flags),
            Self::Path(path) => write!(f, "{path}"),
        }
    }
}
