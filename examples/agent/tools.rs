//! The tools that the model may call: plain functions.

use std::fmt;

use duramen::Failure;
use serde::{Deserialize, Serialize};

/// A call of a tool.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Call {
    List(String),
    Read(String),
    Delete(String),
}

impl Call {
    /// Whether a human must agree first.
    pub(crate) fn is_dangerous(&self) -> bool {
        matches!(self, Self::Delete(_))
    }

    /// Calls the tool.
    pub(crate) async fn run(self) -> Result<String, Failure> {
        println!("  tool: {self}");
        match self {
            Self::List(folder) => Ok(format!("2 files in {folder}: a.txt, b.txt")),
            Self::Read(file) if file == "a.txt" => Ok("a list of things to do in 2019".to_owned()),
            Self::Read(file) => Err(Failure::new("NoSuchFile", file)),
            Self::Delete(what) => Ok(format!("{what} is deleted")),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(what) => write!(f, "list {what}"),
            Self::Read(what) => write!(f, "read {what}"),
            Self::Delete(what) => write!(f, "delete {what}"),
        }
    }
}
