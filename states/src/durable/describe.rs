//! What is known of one execution.

use duramen_storage::ExecutionId;

use super::command::{Command, Reply};
use super::entity::Entity;
use super::{Error, StateMachines};
use crate::definition::Definition;
use crate::machine::{About, End, Limits};
use crate::payload::Payload;

/// What is known of an execution, without its history.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Description {
    /// The execution.
    pub execution: ExecutionId,
    /// Its names and ARNs, those of its state machine, and its type.
    pub about: About,
    /// The ARN of the version that was asked for, by itself or by an alias.
    pub version_arn: Option<String>,
    /// The ARN of the alias that was asked for.
    pub alias_arn: Option<String>,
    /// The definition it runs, as it was at its start; `None` if that can be read no more.
    pub definition: Option<Definition>,
    /// What it was started with.
    pub input: Payload,
    /// How it ended; `None` while it runs.
    pub end: Option<End>,
    /// When it was started, in ms since the Unix epoch.
    pub started_ms: u64,
    /// When it ended, in ms since the Unix epoch.
    pub stopped_ms: Option<u64>,
    /// How often it was redriven.
    pub redrives: u64,
    /// When it was redriven last, in ms since the Unix epoch.
    pub redriven_ms: Option<u64>,
    /// Why it cannot be redriven now, in the words of Step Functions; `None` if it can, and for Express executions.
    pub not_redrivable: Option<&'static str>,
    /// Whether it is that of an item of a map run, which alone redrives it.
    pub is_item: bool,
}

impl Description {
    /// `REDRIVABLE`, `REDRIVABLE_BY_MAP_RUN` or `NOT_REDRIVABLE`, as AWS's API says it; nothing for Express executions.
    #[must_use]
    pub fn redrive_status(&self) -> Option<&'static str> {
        let status = match self.not_redrivable {
            Some(_) => "NOT_REDRIVABLE",
            None if self.is_item => "REDRIVABLE_BY_MAP_RUN",
            None => "REDRIVABLE",
        };
        (!self.about.express).then_some(status)
    }

    /// The status in the words of AWS's API: `RUNNING`, or that of its [end](End::status).
    #[must_use]
    pub fn status(&self) -> &'static str {
        self.end.as_ref().map_or("RUNNING", End::status)
    }
}

impl Entity {
    /// What is known of it; nothing before it began.
    pub(super) fn description(&self, limits: &Limits, now_ms: u64) -> Option<Description> {
        let state = &self.state;
        Some(Description {
            execution: self.execution,
            about: (**state.about.as_ref()?).clone(),
            version_arn: state.version_arn.as_deref().map(str::to_owned),
            alias_arn: state.alias_arn.as_deref().map(str::to_owned),
            definition: self.machine.as_ref().map(|machine| machine.definition().clone()),
            input: state.input.clone(),
            end: state.end.clone(),
            started_ms: state.started_ms,
            stopped_ms: state.ended_ms,
            redrives: state.redrives,
            redriven_ms: state.redriven_ms,
            is_item: self.is_item(),
            not_redrivable: if self.is_express() { None } else { self.not_redrivable(limits, now_ms) },
        })
    }
}

impl StateMachines {
    /// What is known of an execution.
    ///
    /// # Errors
    /// [`Error::UnknownExecution`]; as [`result`](Self::result).
    pub async fn describe(&self, execution: ExecutionId) -> Result<Description, Error> {
        match self.system.address(execution).ask(Command::Describe).await? {
            Reply::Described(description) => Ok(*description),
            _ => Err(Error::UnknownExecution { execution: execution.to_string() }),
        }
    }
}
