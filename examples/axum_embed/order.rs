//! The model: what becomes of an order.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use duramen::{CallbackToken, Context, Failure};
use serde::{Deserialize, Serialize};

/// The name under which the workflow is registered.
pub(crate) const WORKFLOW: &str = "order";
/// The name under which an order publishes its [`Progress`].
pub(crate) const PROGRESS: &str = "progress";

/// What somebody ordered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) item: String,
    /// How long it takes to find the item, in ms.
    #[serde(default)]
    pub(crate) search_ms: u64,
}

/// How far an order is, for whoever asks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub(crate) stage: String,
    /// What it takes to approve the order, while it waits for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) approval: Option<CallbackToken>,
}

/// The workflow.
pub(crate) async fn order(ctx: Context, warehouse: Arc<Warehouse>, order: Order) -> Result<String, Failure> {
    let stage = |stage: &str, approval| ctx.publish(PROGRESS, &Progress { stage: stage.to_owned(), approval });
    stage("reserving", None)?;
    ctx.step("reserve", || warehouse.clone().reserve(order.clone())).await?;

    // A person takes a day, perhaps a week. The order is not in memory meanwhile.
    let mut approval = ctx.callback::<bool>("approval").timeout(Duration::from_secs(7 * 24 * 3600));
    stage("waiting for approval", Some(approval.token()))?;
    if !approval.await? {
        return Err(Failure::new("NotApproved", "somebody said no"));
    }

    stage("packing", None)?;
    ctx.step("pack", || warehouse.clone().pack(order.clone())).await?;
    ctx.wait("until the courier comes", Duration::from_millis(200)).await?;
    let parcel = ctx.step("ship", || warehouse.clone().ship(order.clone())).await?;
    stage("shipped", None)?;
    Ok(parcel)
}

/// The world outside, which notes in a file what was done.
pub(crate) struct Warehouse {
    deeds: File,
}

impl Warehouse {
    pub(crate) fn open(deeds: &Path) -> std::io::Result<Self> {
        Ok(Self { deeds: OpenOptions::new().append(true).create(true).open(deeds)? })
    }

    async fn reserve(self: Arc<Self>, order: Order) -> std::io::Result<()> {
        tokio::time::sleep(Duration::from_millis(order.search_ms)).await;
        self.note("reserved", &order)
    }

    /// It takes so long that the server is told to end in the middle of it.
    async fn pack(self: Arc<Self>, order: Order) -> std::io::Result<()> {
        tokio::time::sleep(Duration::from_millis(500)).await;
        self.note("packed", &order)
    }

    async fn ship(self: Arc<Self>, order: Order) -> std::io::Result<String> {
        self.note("shipped", &order)?;
        Ok(format!("parcel with {}", order.item))
    }

    fn note(&self, deed: &str, order: &Order) -> std::io::Result<()> {
        // A line is appended whole, by one write, or not at all.
        (&self.deeds).write_all(format!("{deed} {}\n", order.item).as_bytes())
    }
}
