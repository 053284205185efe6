//! The server process: it opens the folder, serves, and ends in order when it is told to.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use duramen::Runtime;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::Outcome;
use crate::order::{WORKFLOW, Warehouse, order};
use crate::routes::Service;

/// What the server says when it takes requests, followed by its address.
pub(crate) const LISTENING: &str = "listening on ";
/// Where the warehouse notes what it did, in the folder of the server.
pub(crate) const DEEDS: &str = "deeds";
/// The largest order, as bytes of JSON.
pub(crate) const MAX_ORDER: usize = 4096;

/// How long requests may take to end, and steps after them.
const GRACE: Duration = Duration::from_secs(5);

/// Serves until SIGTERM.
pub(crate) async fn run(folder: &Path) -> Outcome<()> {
    // Before anything else, so that there is no time at which the signal ends the process out of order.
    let mut terminate = signal(SignalKind::terminate())?;
    let warehouse = Arc::new(Warehouse::open(&folder.join(DEEDS))?);
    let runtime = Runtime::builder(folder.join("log"))
        .workflow(WORKFLOW, move |ctx, input| order(ctx, warehouse.clone(), input))
        .max_payload(MAX_ORDER)
        // So small that the story can show what happens above it.
        .max_live(4)
        .open()
        .await?;

    let (stop, stopped) = watch::channel(false);
    let service = Service::new(runtime.clone(), stopped);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(std::io::stdout(), "{LISTENING}{}", listener.local_addr()?)?;
    let stopping = service.stopping();
    let serving = axum::serve(listener, service.router()).with_graceful_shutdown(stopping);
    let mut serving = tokio::spawn(serving.into_future());
    tokio::select! {
        ended = &mut serving => return Ok(ended??),
        _ = terminate.recv() => {}
    }

    // First the requests, then the runtime that they ask. A client that does not read its answer is not waited for.
    stop.send_replace(true);
    if let Ok(ended) = timeout(GRACE, serving).await {
        ended??;
    }
    let ended = runtime.shutdown(GRACE).await?;
    writeln!(std::io::stdout(), "drained: {} steps were broken off", ended.unfinished_steps)?;
    Ok(())
}
