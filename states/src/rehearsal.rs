//! Rehearsals: a whole state machine is run with mocks in place of its tasks, on a time of its own, and it is told what a
//! set of runs has covered.
//!
//! # What is promised
//!
//! - Waits, pauses before retries and the time that mocks take pass at once; the history tells the times as if they had not.
//! - The same definition, input, mocks and seed give the same run.
//! - A task that has neither a mock nor a handler ends the run with an error that names the state. It is not an error of the
//!   execution: no retrier and no catcher sees it.
//! - [`Coverage`] knows all states, rules, defaults, retriers and catchers, also those inside parallel and map states.

mod coverage;
mod error;
mod file;
mod memory;
mod mocks;
mod playing;
mod reply;

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

pub use coverage::{Coverage, Covered, Part, StateCoverage};
pub use error::{MockError, RehearsalError};
pub use file::MockFile;
pub use mocks::Mocks;
pub use reply::Reply;

pub(crate) use playing::{Play, Playing};

use crate::definition::{Definition, Problem};
use crate::machine::{FieldValidation, Limits, Machine, Options, Run, Watch};
use crate::task::Tasks;

/// A state machine that is run with mocks, as often as is wanted.
///
/// ```
/// use duramen_states::definition::Definition;
/// use duramen_states::rehearsal::{Mocks, Rehearsal, Reply};
/// use duramen_states::End;
/// use serde_json::json;
///
/// let text = r#"{"StartAt": "Charge", "States": {
///     "Charge": {"Type": "Task", "Resource": "arn:aws:lambda:eu-central-1:123456789012:function:charge",
///                "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 3600}],
///                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Refused"}], "End": true},
///     "Refused": {"Type": "Fail", "Error": "Refused"}}}"#;
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let rehearsal = Rehearsal::new(&Definition::parse(text).unwrap()).unwrap();
///
/// let busy = Mocks::new().on("Charge", [Reply::error("Busy", ""), Reply::result(json!("paid"))]);
/// let run = rehearsal.run(json!({}), &busy).await.unwrap();
/// assert_eq!(run.end, End::Succeeded(json!("paid").into()));
/// assert_eq!(run.ended_ms - run.started_ms, 3_600_000);
/// assert_eq!(rehearsal.coverage().missed().len(), 2);
///
/// let refused = Mocks::new().on("Charge", [Reply::error("Stolen", "")]);
/// rehearsal.run(json!({}), &refused).await.unwrap();
/// assert_eq!(rehearsal.coverage().percent(), 100.0);
/// # });
/// ```
#[derive(Debug, Clone)]
pub struct Rehearsal {
    machine: Machine,
    tasks: Tasks,
    options: Options,
    validation: FieldValidation,
    coverage: Arc<Mutex<Coverage>>,
}

impl Rehearsal {
    /// Of that definition, with the seed 0 and beginning at 2026-01-01T00:00:00Z. A run may have 25,000 events.
    ///
    /// # Errors
    /// Every expression that is none, with its place.
    pub fn new(definition: &Definition) -> Result<Self, Vec<Problem>> {
        Ok(Self {
            machine: Machine::new(definition)?.limits(Limits::default().history_events(25_000)),
            tasks: Tasks::new(),
            options: Options::default().skip_waits().seed(0).start_ms(1_767_225_600_000),
            validation: FieldValidation::None,
            coverage: Arc::new(Mutex::new(Coverage::of(definition))),
        })
    }

    /// With handlers for what has no mock, and a store of objects. Without a store each run has one of its own in memory.
    #[must_use]
    pub fn tasks(mut self, tasks: Tasks) -> Self {
        self.tasks = tasks;
        self
    }

    /// Run in another way: with another seed, at another time, or with waits that wait.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// With those limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.machine = self.machine.limits(limits);
        self
    }

    /// With what mocks say compared with what the services can answer.
    #[must_use]
    pub fn validation(mut self, validation: FieldValidation) -> Self {
        self.validation = validation;
        self
    }

    /// The names in those mocks that are neither those of states nor of what states call: errors of writing, as a rule.
    #[must_use]
    pub fn unknown(&self, mocks: &Mocks) -> Vec<String> {
        playing::unknown(self.machine.definition(), mocks)
    }

    /// Runs an execution to its end.
    ///
    /// # Errors
    /// A task was reached that has neither a mock nor a handler; the answers under a name were to be enough and are not; a
    /// result is none that the service can give.
    pub async fn run(&self, input: Value, mocks: &Mocks) -> Result<Run, RehearsalError> {
        let playing = Arc::new(Playing::new(mocks.clone(), self.tasks.clone(), self.validation));
        let coverage = self.coverage.clone();
        let told = self.options.watch.clone();
        let watch = Watch::new(move |sight| {
            coverage.lock().unwrap_or_else(PoisonError::into_inner).add(sight);
            if let Some(told) = &told {
                told.tell(sight);
            }
        });
        let mut options = self.options.clone().watch(watch);
        options.mocks = Some(playing.clone());
        self.coverage.lock().unwrap_or_else(PoisonError::into_inner).begin();
        let mut tasks = self.tasks.clone();
        if tasks.objects.is_none() {
            tasks = tasks.objects(memory::Memory::default());
        }
        let run = self.machine.run(input, &tasks, options).await;
        match playing.lack() {
            Some(error) => Err(error),
            None => Ok(run),
        }
    }

    /// What the runs so far have covered.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        self.coverage.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
