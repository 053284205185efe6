//! The text a command works on.

use std::fmt;
use std::io::{Read, stdin};
use std::path::PathBuf;

use anyhow::{Context, Result};

/// A file, or the standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Stdin,
    File(PathBuf),
}

impl From<&str> for Source {
    fn from(name: &str) -> Self {
        if name == "-" { Self::Stdin } else { Self::File(name.into()) }
    }
}

impl Source {
    pub(crate) fn read(&self) -> Result<String> {
        let mut text = String::new();
        match self {
            Self::Stdin => stdin().read_to_string(&mut text).map(|_| ()),
            Self::File(path) => std::fs::read_to_string(path).map(|read| text = read),
        }
        .with_context(|| format!("{self} cannot be read"))?;
        Ok(text)
    }

    /// What a state machine in it is called: the file's name without all that is behind the first dot.
    pub(crate) fn stem(&self) -> String {
        let name = match self {
            Self::Stdin => None,
            Self::File(path) => path.file_name().and_then(|name| name.to_str()),
        };
        let stem = name.and_then(|name| name.split('.').next()).filter(|stem| !stem.is_empty());
        stem.unwrap_or("machine").to_owned()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("<stdin>"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}
