//! Express executions: they run in memory, and their history stands nowhere.

use std::panic::AssertUnwindSafe;

use duramen_actors::Address;
use duramen_storage::ExecutionId;
use futures::FutureExt;
use serde_json::Value;

use super::behavior::{Live, StateMachine};
use super::command::Command;
use super::entity::Entity;
use super::in_memory;
use super::{Error, StateMachines};
use crate::history::{Fault, HistoryEvent};
use crate::machine::{About, End, Machine, Options};
use crate::payload::Payload;

/// In steps of how many ms executions are billed.
const BILLED_STEP_MS: u64 = 100;

/// What came of an Express execution that was waited for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Finished {
    /// Its names and ARNs, and those of its state machine.
    pub about: About,
    /// What it was started with.
    pub input: Payload,
    /// How it ended.
    pub end: End,
    /// When it was started, in ms since the Unix epoch.
    pub started_ms: u64,
    /// When it ended, in ms since the Unix epoch.
    pub stopped_ms: u64,
    /// For how many ms AWS would bill it: what it took, rounded up to the next 100 ms.
    pub billed_ms: u64,
    /// What happened, for those who keep it elsewhere.
    pub history: Vec<HistoryEvent>,
}

impl StateMachines {
    /// Runs an execution of an Express state machine and waits for its end. It happens at most once: nothing of it is in the
    /// log, and when the process ends or this is dropped, it is no more. `machine` is as for [`start`](Self::start); a name
    /// may be used more than once.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use duramen_states::{End, StateMachines, definition::Definition};
    /// # use duramen_storage::MemoryLog;
    /// # use serde_json::json;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let definition = Definition::parse(r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#).unwrap();
    /// let machines = StateMachines::builder(Arc::new(MemoryLog::new())).express("quick", &definition)?.open().await?;
    /// let finished = machines.start_sync("quick", "first", json!([1])).await?;
    /// assert_eq!(finished.end, End::Succeeded(json!([1]).into()));
    /// assert_eq!(finished.billed_ms, 100);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::UnknownMachine`] and [`Error::UnknownVersion`]; [`Error::InputTooLarge`]; [`Error::WrongType`] for a Standard
    /// state machine; [`Error::Execution`] when the state machines have ended.
    pub async fn start_sync(&self, machine: &str, name: &str, input: Value) -> Result<Finished, Error> {
        if let Some(failure) = self.system.failure() {
            return Err(failure.into());
        }
        let behavior = self.system.behavior();
        let input = Payload::from(input);
        let begin = behavior.begin(machine, name, input.clone())?;
        if !begin.routes.is_express() {
            return Err(Error::WrongType {
                what: format!("the Standard state machine `{}`", begin.routes.machine),
                call: "an execution that is started and waited for at once",
                instead: "start it and wait for its result, or register it as Express",
            });
        }
        let execution = self.system.new_execution();
        let Some(route) = begin.routes.choose(seed(execution)) else {
            return Err(Error::UnknownMachine { machine: machine.to_owned() });
        };
        let mut about = behavior.express(begin.about, execution);
        about.role_arn.clone_from(&route.role);
        let options = options(about.clone(), execution, self.system.now_ms());
        let machine = route.machine.clone().limits(behavior.limits);
        let tasks = in_memory::tasks(&behavior.tasks, &self.system.address(execution));
        let run = machine.run((*input).clone(), &tasks, options).await;
        let took_ms = run.ended_ms.saturating_sub(run.started_ms);
        Ok(Finished {
            about,
            input,
            end: run.end,
            started_ms: run.started_ms,
            stopped_ms: run.ended_ms,
            billed_ms: took_ms.div_ceil(BILLED_STEP_MS).max(1).saturating_mul(BILLED_STEP_MS),
            history: run.history,
        })
    }
}

fn options(about: About, execution: ExecutionId, start_ms: u64) -> Options {
    Options::default().about(about).start_ms(start_ms).seed(seed(execution))
}

/// The random bits of an execution: those in its id.
pub(super) fn seed(execution: ExecutionId) -> u64 {
    execution.as_bytes().iter().skip(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte))
}

impl StateMachine {
    /// Runs an execution that was accepted, unless that is being done.
    pub(super) fn run_express(&self, entity: &Entity, live: &mut Live, me: &Address<Self>) {
        let Some((machine, about)) = entity.machine.as_ref().zip(entity.state.about.as_ref()) else { return };
        if std::mem::replace(&mut live.runs, true) {
            return;
        }
        let machine: Machine = machine.clone().limits(self.limits);
        let options = options((**about).clone(), entity.execution, me.now_ms());
        let (me, work, input) = (me.clone(), me.work(), entity.state.input.clone());
        let tasks = in_memory::tasks(&self.tasks, &me);
        tokio::spawn(async move {
            let run = AssertUnwindSafe(machine.run((*input).clone(), &tasks, options)).catch_unwind().await;
            let end = run.map_or_else(|_| End::Failed(panicked()), |run| run.end);
            me.tell(Command::Ran { end });
            drop(work);
        });
    }
}

fn panicked() -> Fault {
    Fault { error: Some("States.Runtime".to_owned()), cause: Some("A handler panicked".to_owned()) }
}
