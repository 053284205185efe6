//! JSON on the command line.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::source::Source;

/// A JSON value: written out, or in a file whose name stands behind `@`, or `-` for the standard input.
#[derive(Debug, Clone)]
pub(crate) enum Argument {
    Written(String),
    In(Source),
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        match text.strip_prefix('@') {
            Some("-") => Self::In(Source::Stdin),
            Some(file) => Self::In(Source::File(PathBuf::from(file))),
            None if text == "-" => Self::In(Source::Stdin),
            None => Self::Written(text.to_owned()),
        }
    }
}

impl Argument {
    /// The value. `what` says in an error what it is.
    pub(crate) fn value(&self, what: &str) -> Result<Value> {
        let (text, place) = match self {
            Self::Written(text) => (text.clone(), String::new()),
            Self::In(source) => (source.read()?, format!(" in {source}")),
        };
        serde_json::from_str(&text).with_context(|| match self {
            Self::Written(name) if Path::new(name).is_file() => {
                format!("the {what} must be JSON, and is the name of a file: @{name} stands for what is in it")
            }
            _ => format!("the {what}{place} must be JSON"),
        })
    }

    pub(crate) fn is_stdin(&self) -> bool {
        matches!(self, Self::In(Source::Stdin))
    }
}
