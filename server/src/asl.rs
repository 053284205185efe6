//! Definitions in the Amazon States Language.

mod fmt;
mod graph;
mod http;
mod mocks;
mod picture;
mod run;
mod test_state;
mod validate;

use anyhow::Result;
use clap::Subcommand;

use crate::output::{Outcome, Output};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Say all that is wrong with a definition.
    Validate(validate::Validate),
    /// Run a definition in memory, with mocks in place of its tasks.
    Run(Box<run::Run>),
    /// Try one state of a definition, or a state alone.
    TestState(Box<test_state::TestState>),
    /// Draw a definition, or what became of it in an execution.
    Graph(graph::Graph),
    /// Lay out a definition anew.
    Fmt(fmt::Fmt),
}

impl Command {
    pub(crate) fn run(self, output: Output) -> Result<Outcome> {
        match self {
            Self::Validate(command) => command.run(output),
            Self::Run(command) => command.run(output),
            Self::TestState(command) => command.run(output),
            Self::Graph(command) => command.run(output),
            Self::Fmt(command) => command.run(output),
        }
    }
}
