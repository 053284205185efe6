//! The process that kills: it starts itself as another process, and ends that in the middle of its work, twice.

use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use duramen::HistoryEvent;

use crate::Outcome;
use crate::print::Printer;
use crate::proof;
use crate::record::{self, Record};
use crate::shop::{Call, Phase};

/// Where the log is, in the folder of the demo.
pub(crate) const LOG: &str = "log";
/// Where the shop notes its calls, in the folder of the demo.
pub(crate) const CALLS: &str = "calls.tsv";

/// After how many calls of the shop each process is killed; the one after them may finish.
const KILLS: [usize; 2] = [30, 36];

/// A process needs a second or two; on a machine that is busy with other things, some more.
const PATIENCE: Duration = Duration::from_secs(120);

/// All that is left of the processes: what was recorded when each was dead, and the calls of all of them.
pub(crate) struct Demo {
    pub(crate) records: Vec<Record>,
    pub(crate) calls: Vec<Call>,
}

/// Shows the demo, and says whether it proved what it shows.
pub(crate) async fn run(folder: &Path) -> Outcome<bool> {
    let printer = Printer::new();
    let began = Instant::now();
    printer.title()?;
    let mut demo = Demo { records: Vec::new(), calls: Vec::new() };
    for life in 1..=KILLS.len() + 1 {
        let mut process = Process::start(life, folder)?;
        printer.started(&demo, process.child.id())?;
        let end = async {
            match KILLS.get(life - 1) {
                Some(calls) => process.kill_after(*calls, life, &folder.join(CALLS)).await,
                None => process.finish().await,
            }
        };
        let stuck = |_| format!("process {life} hangs: it did not get to its end in {} s", PATIENCE.as_secs());
        tokio::time::timeout(PATIENCE, end).await.map_err(stuck)??;
        demo.calls = Call::read_all(&folder.join(CALLS))?;
        demo.records.push(record::read(&folder.join(LOG)).await?);
        printer.ended(&demo, life <= KILLS.len())?;
    }
    printer.paths(&demo)?;
    let claims = proof::of(&demo);
    printer.proof(&claims, began.elapsed())?;
    Ok(claims.iter().all(|claim| claim.faults.is_empty()))
}

impl Demo {
    /// The history of an order when a process had ended: the first is 1, and nothing was before it.
    pub(crate) fn history(&self, life: usize, order: u32) -> &[HistoryEvent] {
        let record = life.checked_sub(1).and_then(|nth| self.records.get(nth));
        record.and_then(|record| record.get(&order)).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn calls_of(&self, life: usize, order: u32, action: &str) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(move |call| call.life == life && call.order == order && call.action == action)
    }
}

/// A process that does not outlive its parent, even when that fails.
struct Process {
    child: Child,
}

impl Process {
    fn start(life: usize, folder: &Path) -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--process").arg(life.to_string()).arg(folder);
        Ok(Self { child: command.spawn()? })
    }

    /// Kills the process when it has made so many calls, and some have begun and not ended.
    async fn kill_after(&mut self, calls: usize, life: usize, file: &Path) -> Outcome<()> {
        loop {
            let made = Call::read_all(file)?;
            let made = || made.iter().filter(|call| call.life == life);
            let begun = made().filter(|call| call.phase == Phase::Begin).count();
            if begun >= calls && made().count() < 2 * begun {
                self.child.kill()?;
                let status = self.child.wait()?;
                return if status.success() { Err(too_early(status)) } else { Ok(()) };
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(too_early(status));
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn finish(&mut self) -> Outcome<()> {
        loop {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(format!("the last process did not finish: {status}").into()),
                None => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    }
}

fn too_early(status: ExitStatus) -> crate::Error {
    format!("the process ended by itself before it was killed: {status}").into()
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended cannot be killed any more, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
