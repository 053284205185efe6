//! The service: what can be asked for.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use duramen::{CallbackToken, Error, Handle, Runtime, Status};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::events::events;
use crate::order::{Order, PROGRESS, Progress, WORKFLOW};
use crate::problem::Problem;

/// What every request is given.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) runtime: Runtime,
    stop: watch::Receiver<bool>,
}

impl Service {
    /// `stop` becomes true when the server ends.
    pub(crate) fn new(runtime: Runtime, stop: watch::Receiver<bool>) -> Self {
        Self { runtime, stop }
    }

    pub(crate) fn router(self) -> Router {
        Router::new()
            .route("/orders/{name}", post(start).get(show).delete(cancel))
            .route("/orders/{name}/events", get(events))
            .route("/approvals/{token}", post(approve))
            .with_state(self)
    }

    /// Comes when the server ends.
    pub(crate) fn stopping(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stop = self.stop.clone();
        async move {
            // Whoever would say so is gone: then it ends as well.
            let _ = stop.wait_for(|stop| *stop).await;
        }
    }
}

/// Starts an order. A client that got no answer asks again: the same order under the same name is the same execution.
async fn start(
    State(service): State<Service>,
    Path(name): Path<String>,
    Json(order): Json<Order>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let handle = service.runtime.start::<String>(WORKFLOW, name, order).await?;
    Ok((StatusCode::ACCEPTED, Json(describe(&handle).await?)))
}

async fn show(State(service): State<Service>, Path(name): Path<String>) -> Result<Json<Value>, Problem> {
    let handle = service.runtime.get::<String>(WORKFLOW, name).await?;
    Ok(Json(describe(&handle).await?))
}

/// Asks for the order to be brought to an end; it has ended when its status says so.
async fn cancel(State(service): State<Service>, Path(name): Path<String>) -> Result<StatusCode, Problem> {
    let handle = service.runtime.get::<String>(WORKFLOW, name).await?;
    handle.cancel("the customer has thought better of it").await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize)]
struct Approval {
    approved: bool,
}

/// Who has the token decides, once.
async fn approve(
    State(service): State<Service>,
    Path(token): Path<CallbackToken>,
    Json(Approval { approved }): Json<Approval>,
) -> Result<StatusCode, Problem> {
    service.runtime.succeed_callback(&token, &approved).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Read from the log: the order is not woken by being looked at.
async fn describe(handle: &Handle<String>) -> Result<Value, Error> {
    let progress: Option<Progress> = handle.query(PROGRESS).await?;
    let mut order = json!({ "execution": handle.execution().to_string(), "name": handle.name(), "progress": progress });
    let (status, more) = match handle.status().await? {
        Status::Running => ("running", None),
        Status::Paused { reason, .. } => ("paused", Some(("reason", reason))),
        Status::Succeeded => ("succeeded", Some(("parcel", handle.result().await?))),
        status => (
            if status == Status::Failed { "failed" } else { "stopped" },
            handle.result().await.err().map(|error| ("reason", error.to_string())),
        ),
    };
    order["status"] = status.into();
    if let Some((key, text)) = more {
        order[key] = text.into();
    }
    Ok(order)
}
