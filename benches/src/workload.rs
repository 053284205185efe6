//! The workloads, one file each.

mod append;
mod children;
mod crash;
mod fanout;
mod latency;
mod machine;
mod recovery;
mod sequential;
mod signals;
mod sleeping;
mod throughput;

use std::path::PathBuf;

use clap::Subcommand;

use crate::progress::Progress;
use crate::report::Measured;

/// Where a workload runs.
pub(crate) struct Session {
    pub(crate) folder: PathBuf,
    pub(crate) progress: Progress,
}

/// What to measure.
#[derive(Subcommand)]
pub(crate) enum Workload {
    /// Durable appends to the log by many writers, beside a raw file with the same group commit
    Append(append::Append),
    /// One execution, its steps one after another
    Sequential(sequential::Sequential),
    /// Many executions of ten steps at a time; the next is started when one ends
    Throughput(throughput::Throughput),
    /// From start to result of one step, one execution at a time
    Latency(latency::Latency),
    /// Executions that wait for an hour, counted when they have left memory
    Sleeping(sleeping::Sleeping),
    /// One execution with many steps at once, joined or by a map
    Fanout(fanout::Fanout),
    /// Signals to one execution, which takes them one after another
    Signals(signals::Signals),
    /// One execution that invokes many others, each of one step
    Children(children::Children),
    /// State machines that enter state after state, many executions at a time; the next is started when one ends
    MachineTransitions(machine::Transitions),
    /// State machines of ten tasks in a row, done by handlers of the program
    MachineTasks(machine::TasksInARow),
    /// State machines of three states in memory alone, by callers that wait for the end
    MachineExpress(machine::Express),
    /// From start to end of a state machine of three states
    MachineStart(machine::Start),
    /// One execution of a state machine that maps many items
    MachineMap(machine::Map),
    #[command(hide = true)]
    MachineMapLoad(machine::MapLoad),
    /// A process is killed in the middle of its executions; its folder is opened again, and every result is checked
    Recovery(recovery::Recovery),
    #[command(hide = true)]
    RecoveryLoad(recovery::Load),
    /// Appends to the log in --dir for ever, and prints what is durable
    CrashWriter(crash::Writer),
    /// Checks the log in --dir against what crash-writer printed
    CrashVerify(crash::Verify),
}

impl Workload {
    /// Whether the folder is the user's, and not a temporary one.
    pub(crate) fn keeps_folder(&self) -> bool {
        matches!(self, Self::RecoveryLoad(_) | Self::MachineMapLoad(_) | Self::CrashWriter(_) | Self::CrashVerify(_))
    }

    pub(crate) async fn run(&self, session: &Session) -> anyhow::Result<Vec<Measured>> {
        match self {
            Self::Append(workload) => workload.run(session),
            Self::Sequential(workload) => workload.run(session).await,
            Self::Throughput(workload) => workload.run(session).await,
            Self::Latency(workload) => workload.run(session).await,
            Self::Sleeping(workload) => workload.run(session).await,
            Self::Fanout(workload) => workload.run(session).await,
            Self::Signals(workload) => workload.run(session).await,
            Self::Children(workload) => workload.run(session).await,
            Self::MachineTransitions(workload) => workload.run(session).await,
            Self::MachineTasks(workload) => workload.run(session).await,
            Self::MachineExpress(workload) => workload.run(session).await,
            Self::MachineStart(workload) => workload.run(session).await,
            Self::MachineMap(workload) => workload.run(session).await,
            Self::MachineMapLoad(workload) => workload.run(session).await,
            Self::Recovery(workload) => workload.run(session).await,
            Self::RecoveryLoad(workload) => workload.run(session).await,
            Self::CrashWriter(workload) => workload.run(&session.folder).map(|()| Vec::new()),
            Self::CrashVerify(workload) => workload.run(&session.folder),
        }
    }
}

/// Reads a number of seconds.
fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|error| format!("{error}"))?;
    if (0.01..=86_400.0).contains(&seconds) { Ok(seconds) } else { Err("must be 0.01 to 86400 seconds".to_owned()) }
}
