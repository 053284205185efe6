//! What is told of map runs, and how they are changed.

use duramen_actors::Error as ActorError;
use duramen_storage::{Error as LogError, ExecutionId, Query};

use super::behavior::KIND;
use super::command::{Command, Reply};
use super::{Error, StateMachines};
use crate::machine::{MapRun, MapRunUpdate, begun_ms};

/// How long before its first record an execution may have been given its id, in ms.
const APART_MS: u64 = 60_000;

/// The mark of the record in which a map run began.
pub(super) fn mark(run: &str) -> String {
    format!("map run {}", run.rsplit_once(':').map_or(run, |(_, id)| id))
}

impl StateMachines {
    /// The map runs of an execution, in the order in which they began.
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
