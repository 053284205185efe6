//! The durable functions: an order, and the label that its packing asks for.

use std::time::Duration;

use duramen::{Context, Failure};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) item: String,
    pub(crate) kilos: u32,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Packed {
    pub(crate) packed_in: String,
    pub(crate) label: String,
}

/// Has the order packed by the state machine, and tells the customer.
pub(crate) async fn order(ctx: Context, order: Order) -> Result<String, Failure> {
    let packed: Packed = ctx.invoke("packing", &order).await?;
    let Packed { packed_in, label } = packed;
    let text = format!("{} comes in a {packed_in}, {label}", order.item);
    ctx.step("tell the customer", || std::future::ready(Ok::<_, Failure>(text.clone()))).await
}

/// Finds a carrier, which takes a moment. Called by the state machine with what it knows by then.
pub(crate) async fn label(ctx: Context, mut packing: serde_json::Value) -> Result<serde_json::Value, Failure> {
    ctx.wait("the carrier answers", Duration::from_millis(1_500)).await?;
    let kilos = packing.get("kilos").and_then(serde_json::Value::as_u64).unwrap_or_default();
    let label = ctx
        .step("book a carrier", move || async move {
            match kilos {
                0..=1_000 => Ok(format!("label {}", 7_000 + kilos)),
                _ => Err(Failure::new("NoCarrier", format!("nobody carries {kilos} kg"))),
            }
        })
        .await?;
    if let Some(fields) = packing.as_object_mut() {
        fields.insert("label".to_owned(), label.into());
    }
    Ok(packing)
}
