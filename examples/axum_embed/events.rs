//! The events of an order as a stream of server-sent events, which goes on where it was broken off.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::response::sse::{Event, KeepAlive, Sse};
use duramen::HistoryEvent;
use futures::{Stream, StreamExt};
use serde::{Deserialize, Serialize};

use crate::order::WORKFLOW;
use crate::problem::Problem;
use crate::routes::Service;

/// The number of the last event that the client has; 0 when it has none.
pub(crate) struct LastEventId(u64);

impl<S: Sync> FromRequestParts<S> for LastEventId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let id = parts.headers.get("last-event-id").and_then(|id| id.to_str().ok());
        Ok(Self(id.and_then(|id| id.parse().ok()).unwrap_or(0)))
    }
}

/// All that has happened to the order, then each event once it is durable, until the order has ended or the server ends.
/// An event's id is its number in the history: a browser sends the last one when it connects again, and misses nothing.
pub(crate) async fn events(
    State(service): State<Service>,
    Path(name): Path<String>,
    LastEventId(after): LastEventId,
) -> Result<Sse<impl Stream<Item = Result<Event, axum::Error>>>, Problem> {
    let handle = service.runtime.get::<String>(WORKFLOW, name).await?;
    // An answer that never ends would hold up the end of the server.
    let events = handle.events(after).take_until(service.stopping());
    Ok(Sse::new(events.map(|event| sent(&event.map_err(axum::Error::new)?))).keep_alive(KeepAlive::default()))
}

/// The data of an event.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Data {
    at_ms: u64,
    /// The name of the operation that it begins.
    pub(crate) name: Option<String>,
    /// The event, for people.
    pub(crate) text: String,
}

fn sent(HistoryEvent { number, at_ms, event, .. }: &HistoryEvent) -> Result<Event, axum::Error> {
    let data = Data { at_ms: *at_ms, name: event.name().map(str::to_owned), text: event.to_string() };
    Event::default().id(number.to_string()).event(event.kind()).json_data(data)
}
