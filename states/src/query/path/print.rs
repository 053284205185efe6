//! Paths as text: bracketed names throughout, as Jayway's library writes them.

use std::fmt::{Display, Formatter, Result, Write};

use super::{Path, Root, Segment};

impl Display for Path {
    /// A path that parses to an equal one.
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}", self.root)?;
        self.segments.iter().try_for_each(|segment| write!(f, "{segment}"))
    }
}

impl Display for Root {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Input => f.write_str("$"),
            Self::Context => f.write_str("$$"),
            Self::Variable(name) => write!(f, "${name}"),
        }
    }
}

impl Display for Segment {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Names(names) => bracketed(f, names, |f, name| quoted(f, name)),
            Self::Every => f.write_str("[*]"),
            Self::Indexes(indexes) => bracketed(f, indexes, |f, index| write!(f, "{index}")),
            Self::Slice(from, to) => {
                f.write_char('[')?;
                from.iter().try_for_each(|from| write!(f, "{from}"))?;
                f.write_char(':')?;
                to.iter().try_for_each(|to| write!(f, "{to}"))?;
                f.write_char(']')
            }
            Self::Filter(filter) => write!(f, "[?({filter})]"),
            Self::Scan => f.write_str(".."),
        }
    }
}

fn bracketed<T>(f: &mut Formatter<'_>, items: &[T], write: impl Fn(&mut Formatter<'_>, &T) -> Result) -> Result {
    f.write_char('[')?;
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            f.write_char(',')?;
        }
        write(f, item)?;
    }
    f.write_char(']')
}

/// A text in single quotes, in which a backslash stands before quotes and backslashes.
pub(super) fn quoted(f: &mut Formatter<'_>, text: &str) -> Result {
    f.write_char('\'')?;
    for c in text.chars() {
        if matches!(c, '\'' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('\'')
}

/// The first segments of a path, as text behind `$`.
pub(super) fn prefix(segments: &[Segment]) -> String {
    format!("${}", fragment(segments))
}

/// Segments of a path, as text.
pub(super) fn fragment(segments: &[Segment]) -> String {
    segments.iter().map(ToString::to_string).collect()
}
