//! What happens to an execution of a state machine, in the words of the history of Step Functions.

mod details;
mod kind;

use serde_json::{Map, Value, json};

pub use details::{Details, Fault, TaskOf};
pub use kind::Kind;

/// One line of a history, as `GetExecutionHistory` of Step Functions gives it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct HistoryEvent {
    /// The number of the event; the first is 1.
    pub id: u64,
    /// The number of the event that led to it; 0 for none.
    pub previous: u64,
    /// When it happened, in ms since the Unix epoch.
    pub at_ms: u64,
    /// What happened.
    pub details: Details,
}

impl HistoryEvent {
    /// The type of the event.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.details.kind()
    }

    /// The event as AWS's API writes it, with the time in seconds.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut event = Map::new();
        event.insert("timestamp".to_owned(), json!(seconds(self.at_ms)));
        event.insert("type".to_owned(), json!(self.kind().name()));
        event.insert("id".to_owned(), json!(self.id));
        event.insert("previousEventId".to_owned(), json!(self.previous));
        if let Some((name, details)) = self.details.to_json() {
            event.insert(name, Value::Object(details));
        }
        Value::Object(event)
    }
}

/// Times of AWS's API are seconds with a fraction.
#[allow(clippy::cast_precision_loss, reason = "ms since the epoch fit")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}
