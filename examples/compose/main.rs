//! Durable functions and state machines call each other: an order runs a state machine, whose task runs a workflow. The
//! process dies while all three wait, and they go on.
//!
//! `cargo run --release --example compose`. Begin with `order.rs` and `packing.asl.json`.

mod order;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use duramen::{Filter, Handle, Runtime};
use duramen_states::definition::Definition;
use duramen_states::{StateMachines, Tasks};
use duramen_storage::{Log, SledLog};

use order::{Order, label, order};

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (machines, runtime, log) = open(folder.path()).await?;
    println!("A chair and a statue are ordered.");
    for (item, kilos) in [("a chair", 6), ("a statue", 4_000)] {
        let order = Order { item: item.to_owned(), kilos };
        let _: Handle<String> = runtime.start("order", item, order).await?;
    }
    while runtime.list(&Filter::new().workflow("label")).await?.executions.len() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    println!("Both are being packed, and wait for a carrier. The process dies.");
    drop((machines, runtime));
    log.close()?;

    let (machines, runtime, _) = open(folder.path()).await?;
    let chair: Handle<String> = runtime.get("order", "a chair").await?;
    let told = chair.result().await?;
    println!("\nThe customer is told: {told}");
    ensure!(told == "a chair comes in a box, label 7006");
    for event in chair.history().await? {
        println!("  {event}");
    }
    let packing = format!("{}/1", chair.execution());
    let packing = machines.find("packing", &packing)?.context("the packing is gone")?;
    println!("\nHow it was packed:");
    for event in machines.history(packing).await? {
        println!("  {:>2} {}", event.id, event.kind().name());
    }

    let statue: Handle<String> = runtime.get("order", "a statue").await?;
    let error = statue.result().await.err().context("the statue was sent")?;
    let failure = error.failure().context("it did not fail")?;
    println!("\nThe statue stays: {failure}");
    ensure!((failure.name(), failure.cause()) == ("Unsent", "No carrier takes a crate"));
    machines.shutdown(Duration::from_secs(5)).await;
    runtime.shutdown(Duration::from_secs(5)).await?;
    Ok(())
}

/// One log, opened once, under both.
async fn open(folder: &Path) -> Result<(StateMachines, Runtime, Arc<dyn Log>)> {
    let builder = SledLog::builder(folder);
    let log: Arc<dyn Log> = Arc::new(tokio::task::spawn_blocking(move || builder.open()).await??);
    let packing = Definition::parse(include_str!("packing.asl.json"));
    let packing = packing.map_err(|problems| anyhow::anyhow!("the definition is wrong: {problems:?}"))?;
    let functions = Runtime::on_log(Arc::clone(&log)).workflow("order", order).workflow("label", label);
    let machines = StateMachines::builder(Arc::clone(&log)).machine("packing", &packing)?.tasks(Tasks::new());
    let (machines, runtime) = machines.open_with(functions).await?;
    Ok((machines, runtime, log))
}
