//! What is told of map runs, and how they are changed.

use duramen_actors::Error as ActorError;
use duramen_storage::{Error as LogError, ExecutionId, Query};

use super::behavior::KIND;
use super::command::{Command, Reply};
use super::list::Listing;
use super::{Error, StateMachines};
use crate::machine::{MapRun, MapRunUpdate, begun_ms, prefix};

/// How long before its first record an execution may have been given its id, in ms.
const APART_MS: u64 = 60_000;

/// The mark of the record in which a map run began.
pub(super) fn mark(run: &str) -> String {
    format!("map run {}", run.rsplit_once(':').map_or(run, |(_, id)| id))
}

impl StateMachines {
    /// The map runs of an execution, in the order in which they began.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use duramen_states::{StateMachines, definition::Definition, machine::MapRunStatus};
    /// # use duramen_storage::MemoryLog;
    /// # use serde_json::json;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let text = r#"{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "ItemProcessor": {
    ///     "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
    ///     "StartAt": "Item", "States": {"Item": {"Type": "Pass", "End": true}}}}}}"#;
    /// let builder = StateMachines::builder(Arc::new(MemoryLog::new()));
    /// let machines = builder.machine("m", &Definition::parse(text).unwrap())?.open().await?;
    /// let execution = machines.start("m", "first", json!([1, 2, 3])).await?;
    /// machines.result(execution).await?;
    /// let runs = machines.map_runs(execution).await?;
    /// assert_eq!((runs[0].status, runs[0].execution_counts.succeeded), (MapRunStatus::Succeeded, 3));
    /// assert_eq!(machines.map_run(&runs[0].arn).await?, runs[0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`result`](Self::result).
    pub async fn map_runs(&self, execution: ExecutionId) -> Result<Vec<MapRun>, Error> {
        match self.system.address(execution).ask(Command::LookAtRuns).await? {
            Reply::Runs(runs) => Ok(runs),
            _ => Ok(Vec::new()),
        }
    }

    /// The map run with that ARN, under way or ended.
    ///
    /// # Errors
    /// [`Error::UnknownMapRun`]; as [`result`](Self::result).
    pub async fn map_run(&self, arn: &str) -> Result<MapRun, Error> {
        let execution = self.with_run(arn).await?.ok_or(Error::UnknownMapRun)?;
        let runs = self.map_runs(execution).await?;
        runs.into_iter().find(|run| run.arn == arn).ok_or(Error::UnknownMapRun)
    }

    /// Lists the Standard executions of a map run, as the query says beside that. Express ones leave nothing to be listed.
    ///
    /// # Errors
    /// Errors of the log.
    pub async fn list_map_run(&self, arn: &str, query: Query) -> Result<Listing, Error> {
        let machine = arn.split_once(":mapRun:").and_then(|(_, run)| run.rsplit_once(':'));
        let machine = machine.map_or("", |(machine, _)| machine);
        self.list(query.definition(machine).name_prefix(prefix(arn))).await
    }

    /// Changes a map run that is under way: how many of its executions run at a time, and how many may fail.
    ///
    /// # Errors
    /// [`Error::UnknownMapRun`], also when it has ended; as [`result`](Self::result).
    pub async fn update_map_run(&self, arn: &str, update: MapRunUpdate) -> Result<(), Error> {
        let execution = self.with_run(arn).await?.ok_or(Error::UnknownMapRun)?;
        let command = Command::UpdateRun { arn: arn.to_owned(), update };
        match self.system.address(execution).ask(command).await? {
            Reply::Unknown => Err(Error::UnknownMapRun),
            _ => Ok(()),
        }
    }

    /// The execution that has that map run. Its ARN says which state machine that has and when it began.
    async fn with_run(&self, arn: &str) -> Result<Option<ExecutionId>, Error> {
        let machine = arn.split_once(":mapRun:").and_then(|(_, run)| Some(run.rsplit_once(':')?.0.rsplit_once('/')?.0));
        let (Some(machine), Some(at_ms)) = (machine, begun_ms(arn)) else { return Ok(None) };
        let mut query = Query::new().kind(KIND).definition(machine).newest_first();
        query = query.started_from_ms(at_ms.saturating_sub(APART_MS)).started_before_ms(at_ms.saturating_add(1));
        let (log, mark) = (std::sync::Arc::clone(self.system.log()), mark(arn));
        let searching = tokio::task::spawn_blocking(move || {
            loop {
                let page = log.list(&query)?;
                for row in page.rows {
                    if log.marked(row.execution, &mark)?.is_some() {
                        return Ok(Some(row.execution));
                    }
                }
                let Some(next) = page.next else { return Ok(None) };
                query.after = Some(next);
            }
        });
        Ok(searching.await.unwrap_or(Err(LogError::Closed)).map_err(ActorError::Log)?)
    }
}
