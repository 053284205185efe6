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

/// What is shown in `--help`.
pub(crate) const EXAMPLES: &str = "\
Examples:
  duramen asl validate order.asl.json
  duramen asl run order.asl.json --input '{\"amount\": 7}' --mock order.mocks.json --fast-forward
  duramen asl run pay.asl.json --input @pay.input.json --allow-host api.shop.example --connections connections.json
  duramen asl test-state order.asl.json --state Charge --mock-error Card.Busy --inspection debug
  duramen asl graph order.asl.json --format svg > order.svg
  duramen asl fmt --check *.asl.json";

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
