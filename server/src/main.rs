//! The command line of duramen.
//!
//! What is asked for goes to the standard output, what went wrong to the standard error. The exit code is 0 when all was done, 1 when it could not be
//! done or the definition has errors, 2 when the command line is not understood; 3, 4 and 5 when an execution failed, took too long or was stopped.

mod argument;
mod asl;
mod definition;
mod excerpt;
mod output;
mod report;
mod source;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use output::Output;

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  it could not be done, or the definition has errors
  2  the command line is not understood
  3  the execution failed
  4  the execution took too long
  5  the execution was stopped";

/// Workflows and state machines on a log that survives crashes.
#[derive(Parser)]
#[command(name = "duramen", version, arg_required_else_help = true)]
#[command(after_help = EXIT_CODES)]
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
    #[command(subcommand, after_help = asl::EXAMPLES)]
    Asl(asl::Command),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Asl(command) => command.run(arguments.output),
    };
    match result {
        Ok(outcome) => ExitCode::from(outcome.code()),
        Err(error) => {
            arguments.output.error(&error);
            ExitCode::from(1)
        }
    }
}
