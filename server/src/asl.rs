//! Definitions in the Amazon States Language.

mod fmt;
mod graph;
mod validate;

use anyhow::Result;
use clap::Subcommand;

use crate::output::{Outcome, Output};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Say all that is wrong with a definition.
    Validate(validate::Validate),
    /// Draw a definition.
    Graph(graph::Graph),
    /// Lay out a definition anew.
    Fmt(fmt::Fmt),
}

impl Command {
    pub(crate) fn run(self, output: Output) -> Result<Outcome> {
        match self {
            Self::Validate(command) => command.run(output),
            Self::Graph(command) => command.run(output),
            Self::Fmt(command) => command.run(output),
        }
    }
}
