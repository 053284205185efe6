//! Which executions there are.

use duramen_actors::Error as ActorError;
use duramen_storage::{Error as LogError, ExecutionId, Name, Query, Status};

use super::behavior::KIND;
use super::{Error, StateMachines};

/// One row of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listed {
    /// The execution.
    pub execution: ExecutionId,
    /// Its ARN, in the region and account that the state machines have now.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The name of its state machine.
    pub machine: String,
    /// Whether it is an Express execution.
    pub express: bool,
    /// Where it stands. One that was stopped is [`Status::Stopped`], which AWS calls `ABORTED`.
    pub status: Status,
    /// When it was started, in ms since the Unix epoch.
    pub started_ms: u64,
    /// When it ended, in ms since the Unix epoch.
    pub stopped_ms: Option<u64>,
}

/// Some rows of a listing, and where it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listing {
    /// The rows.
    pub rows: Vec<Listed>,
    /// Give this to [`Query::after`] for the next page; `None` when there is no more.
    pub next: Option<ExecutionId>,
}

impl StateMachines {
    /// Lists executions, as the query says: by state machine ([`Query::definition`]), by status, the latest first, in pages.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use duramen_states::{StateMachines, definition::Definition};
    /// # use duramen_storage::MemoryLog;
    /// use duramen_storage::{Query, Status};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let definition = Definition::parse(r#"{"StartAt": "A", "States": {"A": {"Type": "Fail"}}}"#).unwrap();
    /// # let machines = StateMachines::builder(Arc::new(MemoryLog::new())).machine("m", &definition)?.open().await?;
    /// let execution = machines.start("m", "first", serde_json::json!({})).await?;
    /// machines.result(execution).await?;
    /// let failed = machines.list(Query::new().definition("m").status(Status::Failed).newest_first()).await?;
    /// assert_eq!(failed.rows[0].name, "first");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Errors of the log.
    pub async fn list(&self, query: Query) -> Result<Listing, Error> {
        let (log, query) = (std::sync::Arc::clone(self.system.log()), query.kind(KIND));
        let page = tokio::task::spawn_blocking(move || log.list(&query)).await;
        let page = page.unwrap_or(Err(LogError::Closed)).map_err(ActorError::Log)?;
        let arns = &self.registry().arns;
        let rows = page.rows.into_iter().map(|row| {
            let id = row.execution.to_string();
            let short = row.name.strip_suffix(&id).and_then(|name| name.strip_suffix(':'));
            let (name, express) = (short.unwrap_or(&row.name).to_owned(), short.is_some());
            let arn = match express {
                true => arns.express(&row.definition, &name, &id),
                false => arns.execution(&row.definition, &name),
            };
            Listed {
                execution: row.execution,
                arn,
                name,
                machine: row.definition,
                express,
                status: row.status,
                started_ms: row.started_ms,
                stopped_ms: row.closed_ms,
            }
        });
        Ok(Listing { rows: rows.collect(), next: page.next })
    }

    /// The execution that was started under a name, running or ended. Names of Express executions are used more than once:
    /// they are found by their ARN.
    ///
    /// # Errors
    /// Errors of the log.
    pub fn find(&self, machine: &str, name: &str) -> Result<Option<ExecutionId>, Error> {
        let name = Name { kind: KIND, definition: machine.to_owned(), name: name.to_owned() };
        Ok(self.system.log().holder(&name).map_err(ActorError::Log)?)
    }

    /// The execution with that ARN, in the region and account that the state machines have.
    ///
    /// # Errors
    /// Errors of the log.
    pub fn find_arn(&self, arn: &str) -> Result<Option<ExecutionId>, Error> {
        match self.registry().arns.execution_of(arn) {
            Some((machine, name)) => self.find(machine, name),
            None => Ok(None),
        }
    }
}
