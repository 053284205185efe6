//! Running an execution in memory, from its start to its end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::future::{Either, pending, select};
use futures::stream::{FuturesUnordered, StreamExt};
use serde_json::Value;
use tokio::time::Instant;

use super::about::About;
use super::event::Event;
use super::sight::Watch;
use super::state::State;
use super::stop::Stop;
use super::turn::Turn;
use super::{End, Machine, Owed};
use crate::definition::Resource;
use crate::history::{Fault, HistoryEvent};
use crate::query::Moment;
use crate::rehearsal::{Play, Playing};
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
}

/// The time of a run, which may be ahead of the clock.
struct Clock {
    /// Whence it follows tokio's. In a rehearsal it stands still but for its jumps, so that each run has the same times.
    origin: Option<Instant>,
    ahead_ms: u64,
}

impl Clock {
    fn now_ms(&self) -> u64 {
        let passed = self.origin.map(|origin| u64::try_from(origin.elapsed().as_millis()).unwrap_or(u64::MAX));
        self.ahead_ms.saturating_add(passed.unwrap_or_default())
    }

    fn jump(&mut self, to_ms: u64) {
        self.ahead_ms = self.ahead_ms.saturating_add(to_ms.saturating_sub(self.now_ms()));
    }
}

impl Machine {
    /// Runs an execution in memory until it ends. Nothing is kept when it is dropped before. Tasks are done side by side on
    /// the caller's own task; waits sleep by tokio's clock.
    pub async fn run(&self, input: Value, tasks: &Tasks, mut options: Options) -> Run {
        let start_ms = options.start_ms.unwrap_or_else(wall_ms);
        let stands = options.skip_waits && options.mocks.is_some();
        let mut clock = Clock { origin: (!stands).then(Instant::now), ahead_ms: start_ms };
        let mut chance = Moment::new(start_ms, options.seed.unwrap_or(start_ms));
        let mut state = State::default();
        let mut history = Vec::new();
        let mut under_way = FuturesUnordered::new();
        let mut called = 0;
        let (mut taken, mut answered) = (Vec::new(), Vec::new());
        // What mocks say: when, to which call.
        let mut replies: BTreeMap<(u64, u64), _> = BTreeMap::new();
        let mut first = Some(Event::Started { about: options.about, input: input.into() });
        loop {
            let moment = Moment::new(clock.now_ms(), chance.bits());
            // A turn is not kept while anything is waited for: it could not go to another thread.
            let rests = {
                let turn = Turn::new(&self.plan, &mut state, &self.limits, moment);
                let mut turn = turn.watched(options.watch.as_ref());
                if let Some(event) = first.take() {
                    turn.emit(event);
                    turn.bound();
                }
                taken.drain(..).for_each(|number| turn.take(number));
                for (number, answer) in answered.drain(..) {
                    turn.answer(number, answer);
                }
                while let Some(reply) = replies.first_entry().filter(|reply| reply.key().0 <= clock.now_ms()) {
                    let ((_, number), answer) = reply.remove_entry();
                    turn.reply(number, answer);
                }
                turn.due();
                let rests = turn.run();
                history.append(&mut turn.history);
                rests
            };
            if let Some(end) = state.end.take() {
                return Run { end, history, started_ms: start_ms, ended_ms: clock.now_ms() };
            }
            if let Some(seconds) = options.timeout_seconds.take() {
                let deadline = start_ms.saturating_add(seconds.saturating_mul(1000));
                state.deadline_ms = state.deadline_ms.into_iter().chain([deadline]).min();
            }
            for (number, owed) in self.calls(&state, called, clock.now_ms()) {
                called = called.max(number);
                if matches!(&owed, Owed::Task(Resource::Activity { .. }, _)) {
                    taken.push(number);
                }
                match options.mocks.as_ref().map(|mocks| mocks.play(&self.plan, &state, number, &owed)) {
                    None | Some(Play::Handlers) => {}
                    Some(Play::Reply(answer, after_ms)) => {
                        replies.insert((clock.now_ms().saturating_add(after_ms), number), answer);
                        continue;
                    }
                    Some(Play::Lacks(fault)) => {
                        first = Some(Event::ExecutionAborted { fault });
                        break;
                    }
                }
                let tasks = tasks.clone();
                under_way.push(async move { (number, tasks.settle(owed).await) });
            }
            if let Some(fault) = options.stop.as_ref().and_then(Stop::fault) {
                first = Some(Event::ExecutionAborted { fault: fault.clone() });
            }
            if first.is_some() {
                continue;
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
            let reply = replies.first_key_value().map(|((due, _), _)| *due);
            let due = state.next_due().into_iter().chain(stop).chain(reply).min();
            match (under_way.is_empty(), due) {
                (true, None) => {
                    let cause = "Nothing is left that could go on".to_owned();
                    first = Some(Event::ExecutionFailed { fault: Fault { error: None, cause: Some(cause) } });
                }
                (true, Some(due)) if options.skip_waits || due <= clock.now_ms() => {
                    clock.jump(due);
                    tokio::task::yield_now().await;
                }
                (nothing, due) => {
                    let answer = async { if nothing { pending().await } else { under_way.next().await } };
                    match first_of(answer, sleep(&clock, due), stopped(options.stop.as_ref())).await {
                        Came::Answer(answer) => answered.extend(answer),
                        Came::Time if stands => clock.jump(due.unwrap_or_default()),
                        Came::Time | Came::Stop => {}
                    }
                }
            }
        }
    }
}

/// What an execution waited for.
enum Came<A> {
    Answer(A),
    Time,
    Stop,
}

async fn first_of<A>(answer: impl Future<Output = A>, time: impl Future, stop: impl Future) -> Came<A> {
    let (answer, time, stop) = (std::pin::pin!(answer), std::pin::pin!(time), std::pin::pin!(stop));
    match select(answer, select(time, stop)).await {
        Either::Left((answer, _)) => Came::Answer(answer),
        Either::Right((Either::Left(_), _)) => Came::Time,
        Either::Right((Either::Right(_), _)) => Came::Stop,
    }
}

async fn sleep(clock: &Clock, until_ms: Option<u64>) {
    match until_ms {
        Some(until_ms) => {
            tokio::time::sleep(Duration::from_millis(until_ms.saturating_sub(clock.now_ms()))).await;
        }
        None => pending().await,
    }
}

async fn stopped(stop: Option<&Stop>) {
    match stop {
        Some(stop) => stop.stopped().await,
        None => pending().await,
    }
}

pub(super) fn wall_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
