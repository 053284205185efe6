//! Running an execution in memory, from its start to its end.

use std::time::{Duration, SystemTime};

use futures::future::{Either, select};
use futures::stream::{FuturesUnordered, StreamExt};
use serde_json::Value;
use tokio::time::Instant;

use super::about::About;
use super::event::Event;
use super::state::State;
use super::turn::Turn;
use super::{End, Machine, Owed};
use crate::definition::Resource;
use crate::history::{Fault, HistoryEvent};
use crate::query::Moment;
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
}

impl Default for Options {
    fn default() -> Self {
        Self {
            about: About::new("machine", "execution"),
            skip_waits: false,
            seed: None,
            start_ms: None,
            stop_after_ms: None,
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
}

/// The time of a run, which may be ahead of the clock.
struct Clock {
    origin: Instant,
    ahead_ms: u64,
}

impl Clock {
    fn now_ms(&self) -> u64 {
        self.ahead_ms.saturating_add(u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

impl Machine {
    /// Runs an execution in memory until it ends. Nothing is kept when it is dropped before. Tasks are done side by side on
    /// the caller's own task; waits sleep by tokio's clock.
    pub async fn run(&self, input: Value, tasks: &Tasks, options: Options) -> Run {
        let start_ms = options.start_ms.unwrap_or_else(wall_ms);
        let mut clock = Clock { origin: Instant::now(), ahead_ms: start_ms };
        let mut chance = Moment::new(start_ms, options.seed.unwrap_or(start_ms));
        let mut state = State::default();
        let mut history = Vec::new();
        let mut under_way = FuturesUnordered::new();
        let mut called = 0;
        let (mut taken, mut answered) = (Vec::new(), Vec::new());
        let mut first = Some(Event::Started { about: options.about, input: input.into() });
        loop {
            let moment = Moment::new(clock.now_ms(), chance.bits());
            // A turn is not kept while anything is waited for: it could not go to another thread.
            let rests = {
                let mut turn = Turn::new(&self.plan, &mut state, &self.limits, moment);
                if let Some(event) = first.take() {
                    turn.emit(event);
                    turn.bound();
                }
                taken.drain(..).for_each(|number| turn.take(number));
                for (number, answer) in answered.drain(..) {
                    turn.answer(number, answer);
                }
                turn.due();
                let rests = turn.run();
                history.append(&mut turn.history);
                rests
            };
            if let Some(end) = state.end.take() {
                return Run { end, history, started_ms: start_ms, ended_ms: clock.now_ms() };
            }
            for (number, owed) in self.calls(&state, called, clock.now_ms()) {
                called = called.max(number);
                if matches!(&owed, Owed::Task(Resource::Activity { .. }, _)) {
                    taken.push(number);
                }
                let tasks = tasks.clone();
                under_way.push(async move { (number, tasks.settle(owed).await) });
            }
            if !rests {
                tokio::task::yield_now().await;
                continue;
            }
            if !taken.is_empty() {
                continue;
            }
            let stop = options.stop_after_ms.map(|after| start_ms.saturating_add(after));
            if stop.is_some_and(|stop| stop <= clock.now_ms()) {
                first = Some(Event::ExecutionAborted { fault: Fault::default() });
                continue;
            }
            let due = state.next_due().into_iter().chain(stop).min();
            match (under_way.is_empty(), due) {
                (true, None) => {
                    let cause = "Nothing is left that could go on".to_owned();
                    first = Some(Event::ExecutionFailed { fault: Fault { error: None, cause: Some(cause) } });
                }
                (true, Some(due)) if options.skip_waits => {
                    clock.ahead_ms = clock.ahead_ms.saturating_add(due.saturating_sub(clock.now_ms()));
                }
                (true, Some(due)) => sleep(&clock, due).await,
                (false, None) => answered.extend(under_way.next().await),
                (false, Some(due)) => {
                    let timer = std::pin::pin!(sleep(&clock, due));
                    if let Either::Left((answer, _)) = select(under_way.next(), timer).await {
                        answered.extend(answer);
                    }
                }
            }
        }
    }
}

async fn sleep(clock: &Clock, until_ms: u64) {
    tokio::time::sleep(Duration::from_millis(until_ms.saturating_sub(clock.now_ms()))).await;
}

pub(super) fn wall_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
