//! The service: what can be asked for.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use duramen::{CallbackToken, Error, Handle, Runtime, Status, StatusKind};
use serde::{Deserialize, Serialize};
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
) -> Result<(StatusCode, Json<Shown>), Problem> {
    let handle = service.runtime.start::<String>(WORKFLOW, name, order).await?;
    Ok((StatusCode::ACCEPTED, Json(Shown::of(&handle).await?)))
}

async fn show(State(service): State<Service>, Path(name): Path<String>) -> Result<Json<Shown>, Problem> {
    let handle = service.runtime.get::<String>(WORKFLOW, name).await?;
    Ok(Json(Shown::of(&handle).await?))
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

/// An order, as it is shown.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Shown {
    pub(crate) execution: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) progress: Option<Progress>,
    /// Why it is paused, or has not succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// What was sent, when it has succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parcel: Option<String>,
}

impl Shown {
    /// Read from the log: the order is not woken by being looked at.
    async fn of(handle: &Handle<String>) -> Result<Self, Error> {
        let status = handle.status().await?;
        let mut shown = Self {
            execution: handle.execution().to_string(),
            name: handle.name().to_owned(),
            status: format!("{:?}", StatusKind::from(&status)).to_lowercase(),
            progress: handle.query(PROGRESS).await?,
            ..Self::default()
        };
        match status {
            Status::Running => {}
            Status::Paused { reason, .. } => shown.reason = Some(reason),
            Status::Succeeded => shown.parcel = Some(handle.result().await?),
            // It has ended, so this comes at once.
            _ => shown.reason = handle.result().await.err().map(|error| error.to_string()),
        }
        Ok(shown)
    }
}
