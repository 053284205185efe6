//! Running an execution in memory, from its start to its end.

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::Value;

use super::about::About;
use super::child::{Child, Names};
use super::event::Event;
use super::map_run::MapRun;
use super::memory::Memory;
use super::sight::Watch;
use super::stop::Stop;
use super::{End, Machine};
use crate::history::HistoryEvent;
use crate::rehearsal::Playing;
use crate::task::Tasks;

/// How an execution is run in memory.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Who the execution is.
    pub about: About,
    /// Whether waits and pauses before retries are over at once. Time jumps to where it would be then, as soon as no task is
    /// under way.
    pub skip_waits: bool,
    /// The source of all that is left to chance; the same seed gives the same. By default it is the time of the start.
    pub seed: Option<u64>,
    /// When it starts, in ms since the Unix epoch. Now by default.
    pub start_ms: Option<u64>,
    /// How many ms after its start it is stopped, if it is still under way.
    pub stop_after_ms: Option<u64>,
    /// How many seconds it may take, beside the `TimeoutSeconds` of the definition.
    pub timeout_seconds: Option<u64>,
    /// By what it can be stopped.
    pub stop: Option<Stop>,
    /// Who is told what its states do.
    pub watch: Option<Watch>,
    /// What answers in place of its tasks.
    pub(crate) mocks: Option<Arc<Playing>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            about: About::new("machine", "execution"),
            skip_waits: false,
            seed: None,
            start_ms: None,
            stop_after_ms: None,
            timeout_seconds: None,
            stop: None,
            watch: None,
            mocks: None,
        }
    }
}

impl Options {
    /// As that execution.
    #[must_use]
    pub fn about(mut self, about: About) -> Self {
        self.about = about;
        self
    }

    /// With waits that are over at once.
    #[must_use]
    pub fn skip_waits(mut self) -> Self {
        self.skip_waits = true;
        self
    }

    /// With that seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Started at that time, in ms since the Unix epoch.
    #[must_use]
    pub fn start_ms(mut self, ms: u64) -> Self {
        self.start_ms = Some(ms);
        self
    }

    /// Stopped so many ms after its start, if it is still under way.
    #[must_use]
    pub fn stop_after_ms(mut self, ms: u64) -> Self {
        self.stop_after_ms = Some(ms);
        self
    }

    /// Timed out after so many seconds, if it is still under way.
    #[must_use]
    pub fn timeout_seconds(mut self, seconds: u64) -> Self {
        self.timeout_seconds = Some(seconds);
        self
    }

    /// Stopped when that is.
    #[must_use]
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = Some(stop);
        self
    }

    /// With somebody who is told what its states do.
    #[must_use]
    pub fn watch(mut self, watch: Watch) -> Self {
        self.watch = Some(watch);
        self
    }
}

/// What came of an execution that was run in memory.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Run {
    /// How it ended.
    pub end: End,
    /// Its history.
    pub history: Vec<HistoryEvent>,
    /// When it started, in ms since the Unix epoch.
    pub started_ms: u64,
    /// When it ended, in ms since the Unix epoch.
    pub ended_ms: u64,
    /// The runs of its distributed maps, in the order in which they began.
    pub map_runs: Vec<MapRun>,
}

impl Machine {
    /// Runs an execution in memory until it ends. Nothing is kept when it is dropped before. Tasks are done side by side on
    /// the caller's own task, and so are the executions of distributed maps; waits sleep by tokio's clock.
    pub async fn run(&self, input: Value, tasks: &Tasks, options: Options) -> Run {
        let begins = vec![Event::Started { about: options.about.clone(), input: input.into() }];
        Memory::new(self.clone(), begins, tasks, options).run().await
    }

    /// Runs an execution of a map run in memory, which begins at that time. `self` is the machine around it.
    pub(crate) async fn run_child(&self, child: Child, tasks: &Tasks, start_ms: u64) -> End {
        let options = Options::default().seed(Names::seed(&child.about.execution_name)).start_ms(start_ms);
        Memory::new(self.part(child.part), child.begins().into(), tasks, options).run().await.end
    }
}

pub(super) fn wall_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
