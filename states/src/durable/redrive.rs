//! Executions that go on from where they did not succeed.

use duramen_storage::ExecutionId;

use super::command::{Command, Reply};
use super::entity::Entity;
use super::event::Logged;
use super::{Error, StateMachines};
use crate::machine::{End, Event, FrameId, Limits};

/// Why the execution of an item is not redriven by itself: what waits for it would not know.
pub(super) const BY_MAP_RUN: &str =
    "Execution is redriven by its map run: redrive the execution in which the map stands";
/// Why an execution cannot be redriven now, though it may be later.
pub(super) const RUNNING: &str = "Execution is RUNNING and cannot be redriven";

impl Entity {
    /// Why it cannot be redriven, in the words of Step Functions; nothing if it can.
    pub(super) fn not_redrivable(&self, limits: &Limits, now_ms: u64) -> Option<&'static str> {
        let state = &self.state;
        let over_ms = state.ended_ms.map(|ended_ms| now_ms.saturating_sub(ended_ms));
        match &state.end {
            // As long as others do not know of its end, it has not ended for them.
            None => Some(RUNNING),
            Some(_) if !self.debts().is_empty() => Some(RUNNING),
            Some(End::Succeeded(_)) => Some("Execution is SUCCEEDED and cannot be redriven"),
            Some(_) if state.events.saturating_add(2) > limits.history_events => {
                Some("Execution history event limit exceeded")
            }
            Some(_) if over_ms > Some(limits.redrive_ms) => Some("Execution redrivable period exceeded"),
            Some(_) => None,
        }
    }

    /// The events of a redrive.
    pub(super) fn redriven(&self) -> Vec<Logged> {
        let root = FrameId::ROOT;
        let run = self.state.keeps_run(root).then_some(Event::RunRedriven { frame: root });
        [Event::Redriven].into_iter().chain(run).map(Logged::Happened).collect()
    }
}

impl StateMachines {
    /// Lets a Standard execution that did not succeed go on from where it stopped, with the definition and the input it was
    /// started with, and gives the time of that in ms since the Unix epoch. A state that did not succeed does its work again,
    /// with as many retries as at first; in parallel and map states only the branches and iterations that did not succeed go
    /// on. The time of the whole execution begins anew. The Standard executions of the items of a distributed map are redriven
    /// with the execution in which the map stands, and not by themselves.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use std::sync::atomic::{AtomicBool, Ordering};
    /// # use duramen_states::{End, Fault, StateMachines, Tasks, definition::Definition};
    /// # use duramen_storage::MemoryLog;
    /// # use serde_json::json;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let text = r#"{"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "call", "End": true}}}"#;
    /// let mended = Arc::new(AtomicBool::new(false));
    /// let tasks = Tasks::new().handler("call", {
    ///     let mended = mended.clone();
    ///     move |_| {
    ///         let works = mended.load(Ordering::SeqCst);
    ///         async move { if works { Ok(json!("done")) } else { Err(Fault::default()) } }
    ///     }
    /// });
    /// let definition = Definition::parse(text).unwrap();
    /// let builder = StateMachines::builder(Arc::new(MemoryLog::new())).machine("m", &definition)?;
    /// let machines = builder.tasks(tasks).open().await?;
    /// let execution = machines.start("m", "first", json!({})).await?;
    /// assert!(matches!(machines.result(execution).await?, End::Failed(_)));
    /// mended.store(true, Ordering::SeqCst);
    /// machines.redrive(execution).await?;
    /// assert_eq!(machines.result(execution).await?, End::Succeeded(json!("done").into()));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotRedrivable`] with the reason; [`Error::WrongType`] for an Express execution;
    /// [`Error::UnknownExecution`]; as [`result`](Self::result).
    pub async fn redrive(&self, execution: ExecutionId) -> Result<u64, Error> {
        match self.system.address(execution).ask(Command::Redrive { time: None }).await? {
            Reply::Redriven { at_ms } => Ok(at_ms),
            Reply::NotRedrivable(reason) => Err(Error::NotRedrivable { execution, reason }),
            Reply::Express => Err(Error::WrongType {
                what: format!("the Express execution {execution}"),
                call: "a redrive",
                instead: "start another one",
            }),
            _ => Err(Error::UnknownExecution { execution: execution.to_string() }),
        }
    }
}
