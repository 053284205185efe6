//! What is written, for people or for programs.

use std::io::{ErrorKind as Io, IsTerminal, Write, stderr, stdout};

use anyhow::{Context, Error};
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
            Self::Text => out(text),
            Self::Json => out(&format!("{object}\n")),
        }
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
    let says = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    stream.is_terminal() && says("NO_COLOR").is_none() && says("TERM").is_none_or(|terminal| terminal != "dumb")
}

/// A text in one line, without what would steer a terminal.
pub(crate) fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Writes to the standard output. Whoever does not read to the end has read enough: that is no error, and does not change
/// what the exit code tells.
pub(crate) fn out(text: &str) -> Result<(), Error> {
    let written = stdout().write_all(text.as_bytes()).and_then(|()| stdout().flush());
    match written {
        Err(error) if error.kind() != Io::BrokenPipe => Err(error).context("the output cannot be written"),
        _ => Ok(()),
    }
}

/// The standard input can be read once: two arguments that stand for it are wrong usage.
pub(crate) fn only_one_stdin(arguments: &[bool]) {
    if arguments.iter().filter(|is_stdin| **is_stdin).count() > 1 {
        usage("the standard input can stand for one argument only");
    }
}

/// Says that the command line is wrong, and ends the process.
pub(crate) fn usage(message: &str) -> ! {
    let mut command = crate::Arguments::command();
    command.build();
    for word in std::env::args().skip(1) {
        if let Some(inner) = command.find_subcommand(&word) {
            command = inner.clone();
        }
    }
    command.error(ErrorKind::ArgumentConflict, message).exit()
}
