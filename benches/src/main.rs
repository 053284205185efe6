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

/// Executions are allocated on one thread and freed on another all the time. With glibc's allocator their memory stays
/// with the process in pieces: the README gives figures for both.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("duramen-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
