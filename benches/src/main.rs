//! Measures duramen with full durability, beside a raw file in the same run.
//!
//! `duramen-bench WORKLOAD [options] [--json]`; `duramen-bench help` lists the workloads.

mod chain;
mod cli;
mod folder;
mod process;
mod progress;
mod raw;
mod report;
mod stats;
mod workload;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("duramen-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
