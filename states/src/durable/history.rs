//! The history of an execution, read from its log.

use duramen_actors::{Error as ActorError, decode_turn};
use duramen_storage::{Error as LogError, ExecutionId, Version};

use super::entity::Entity;
use super::event::Logged;
use super::{Error, StateMachines};
use crate::history::HistoryEvent;

/// How many records are read at once.
const PAGE: usize = 256;

impl StateMachines {
    /// All that has happened to an execution, as far as it is durable; empty if there is no such execution.
    ///
    /// # Errors
    /// [`Error::WrongType`] for an Express execution, of which the log has no history; errors of the log.
    pub async fn history(&self, execution: ExecutionId) -> Result<Vec<HistoryEvent>, Error> {
        let behavior = self.system.behavior();
        let (mut entity, mut history, mut after) = (Entity::new(execution), Vec::new(), Version::NONE);
        loop {
            let log = std::sync::Arc::clone(self.system.log());
            let page = tokio::task::spawn_blocking(move || log.read(execution, after, PAGE)).await;
            let page = page.unwrap_or(Err(LogError::Closed)).map_err(ActorError::Log)?;
            let Some(last) = page.last().map(|record| record.version) else { return Ok(history) };
            for record in &page {
                let turn = decode_turn(behavior, record.kind, &record.body).map_err(|how| {
                    let version = record.version;
                    ActorError::Log(LogError::Corrupt { execution, version, what: "record", how: how.into() })
                })?;
                for event in turn.events() {
                    if matches!(event, Logged::Accepted { .. }) {
                        return Err(Error::WrongType {
                            what: format!("the Express execution {execution}"),
                            call: "a history in the log",
                            instead: "run it by start_sync, which gives the history",
                        });
                    }
                    history.extend(entity.apply(event, turn.at_ms, |text| behavior.compile(text)));
                }
            }
            after = last;
        }
    }
}
