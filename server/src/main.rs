//! The command line of duramen.
//!
//! What is asked for goes to the standard output, what went wrong to the standard error. The exit code is 0 when all was done, 1 when it could not be
//! done or the definition has errors, 2 when the command line is not understood.

mod asl;
mod output;
mod report;
mod source;

use std::io::ErrorKind;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use output::{Outcome, Output};

/// Workflows and state machines on a log that survives crashes.
#[derive(Parser)]
#[command(name = "duramen", version, arg_required_else_help = true)]
#[command(after_help = "Exit codes: 0 done, 1 failed or errors found, 2 wrong usage.")]
struct Arguments {
    /// How to write what is asked for.
    #[arg(long, global = true, value_enum, default_value_t)]
    output: Output,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Work with definitions in the Amazon States Language.
    #[command(subcommand)]
    Asl(asl::Command),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Asl(command) => command.run(arguments.output),
    };
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Faulty) => ExitCode::from(1),
        // Whoever reads has read enough.
        Err(error) if output::is(&error, ErrorKind::BrokenPipe) => ExitCode::SUCCESS,
        Err(error) => {
            arguments.output.error(&error);
            ExitCode::from(1)
        }
    }
}
