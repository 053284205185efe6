//! What is written, for people or for programs.

use std::io::{ErrorKind as Io, IsTerminal, Write, stderr, stdout};

use anyhow::Error;
use clap::error::ErrorKind;
use clap::{CommandFactory, ValueEnum};
use serde_json::{Value, json};

/// How to write what is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Output {
    /// For people, with colours on a terminal.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// How a command ended that could do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All is well.
    Done,
    /// What was looked at is not as it should be.
    Faulty,
    /// An execution failed.
    Failed,
    /// An execution took too long.
    TimedOut,
    /// An execution was stopped.
    Aborted,
}

impl Outcome {
    /// The exit code for it.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Faulty => 1,
            Self::Failed => 3,
            Self::TimedOut => 4,
            Self::Aborted => 5,
        }
    }
}

impl Output {
    /// Writes the text, or the object, whichever is asked for.
    pub(crate) fn write(self, text: &str, object: &Value) -> Result<(), Error> {
        match self {
            Self::Text => stdout().write_all(text.as_bytes())?,
            Self::Json => writeln!(stdout(), "{object}")?,
        }
        Ok(stdout().flush()?)
    }

    /// Says why the work could not be done.
    pub(crate) fn error(self, error: &Error) {
        // Where even this cannot be said, the exit code is left.
        let _ = match self {
            Self::Text => writeln!(stderr(), "error: {error:#}"),
            Self::Json => writeln!(stderr(), "{}", json!({ "error": format!("{error:#}") })),
        };
    }
}

/// Whether to write colours.
pub(crate) fn has_colour(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Whether the reading or writing beneath an error failed in that way.
pub(crate) fn is(error: &Error, kind: Io) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == kind)
}

/// The standard input can be read once: two arguments that stand for it are wrong usage.
pub(crate) fn only_one_stdin(arguments: &[bool]) {
    if arguments.iter().filter(|is_stdin| **is_stdin).count() > 1 {
        usage("the standard input can stand for one argument only");
    }
}

/// Says that the command line is wrong, and ends the process.
pub(crate) fn usage(message: &str) -> ! {
    crate::Arguments::command().error(ErrorKind::ArgumentConflict, format!("{message}\n")).exit()
}
