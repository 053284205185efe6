//! The text a command works on.

use std::fmt;
use std::io::{Read, stdin};
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};

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
    /// The text, without the mark of its encoding that some editors put in front.
    pub(crate) fn read(&self) -> Result<String> {
        let mut bytes = Vec::new();
        match self {
            Self::Stdin => stdin().read_to_end(&mut bytes).map(|_| ()),
            Self::File(path) => std::fs::read(path).map(|read| bytes = read),
        }
        .with_context(|| format!("{self} cannot be read"))?;
        if matches!(bytes.as_slice(), [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
            return Err(anyhow!("{self} is a text in UTF-16; it must be in UTF-8"));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            let line = error.as_bytes().iter().take(valid).filter(|byte| **byte == b'\n').count() + 1;
            anyhow!("{self} is no text in UTF-8: byte {} (in line {line}) does not belong there", valid + 1)
        })?;
        Ok(match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        })
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
