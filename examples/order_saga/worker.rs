//! The process that is killed: a runtime on a folder, and twenty orders.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use duramen::{Error, Runtime};
use tracing_subscriber::EnvFilter;

use crate::Outcome;
use crate::order::{Label, Order, order};
use crate::parent::{CALLS, LOG};
use crate::shop::Shop;

/// Takes all orders, and waits until each has ended. It does not know, and need not know, whether it is the first
/// process to do so.
pub(crate) async fn run(life: usize, folder: &Path) -> Outcome<()> {
    if std::env::var_os("RUST_LOG").is_some() {
        let fmt = tracing_subscriber::fmt().with_env_filter(EnvFilter::from_default_env()).with_writer(std::io::stderr);
        // A subscriber that cannot write complains on the standard error, and panics where that is closed.
        fmt.log_internal_errors(false).init();
    }
    let shop = Arc::new(Shop::open(&folder.join(CALLS), life)?);
    let runtime = Runtime::builder(folder.join(LOG))
        .workflow("order", move |ctx, input| order(ctx, shop.clone(), input))
        .open()
        .await?;

    let mut orders = Vec::new();
    for order in Order::all() {
        // Customers come one after another. An order that came in before is not begun anew: this is its handle.
        tokio::time::sleep(Duration::from_millis(30)).await;
        orders.push(runtime.start::<Label>("order", order.name(), order).await?);
    }
    for order in orders {
        match order.result().await {
            Ok(_) | Err(Error::Failed { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    runtime.shutdown(Duration::from_secs(5)).await?;
    Ok(())
}
