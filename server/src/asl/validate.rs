//! `duramen asl validate FILE`

use std::io::stdout;

use anyhow::Result;
use clap::{Args, ValueEnum};
use duramen_states::validate::{Handlers, MachineType, Options, validate};

use crate::output::{Outcome, Output, has_colour};
use crate::report;
use crate::source::Source;

#[derive(Args)]
pub(crate) struct Validate {
    /// The definition; `-` is the standard input.
    file: Source,
    /// Which type of state machine it is to be.
    #[arg(long = "type", value_enum, default_value_t)]
    machine_type: Type,
    /// Allow any name as a Resource, as programs may register handlers under names of their own.
    #[arg(long)]
    any_handler: bool,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Type {
    #[default]
    Standard,
    Express,
}

impl Validate {
    pub(crate) fn run(self, output: Output) -> Result<Outcome> {
        let text = self.file.read()?;
        let machine_type = match self.machine_type {
            Type::Standard => MachineType::Standard,
            Type::Express => MachineType::Express,
        };
        let handlers = if self.any_handler { Handlers::Any } else { Handlers::None };
        let found = validate(&text, &Options::default().machine_type(machine_type).handlers(handlers));
        let said = report::text(&text, &self.file, &found, has_colour(&stdout()))?;
        output.write(&said, &report::object(&found))?;
        Ok(if report::has_errors(&found) { Outcome::Faulty } else { Outcome::Done })
    }
}
