//! Changing code while executions are under way: what goes on, and what is stopped before it does harm.
//!
//! `cargo run --release --example upgrade`. Begin with `order.rs`: that is the workflow, over time. Here one release of
//! the program follows the other on the same folder.

mod order;
mod release;

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use duramen::{Error, Event, Filter, Handle, Listed, Runtime, Status, StatusKind};

use release::Release;

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();

    println!("Release 1 has version 1 of the workflow.");
    let runtime = open(folder, release::one).await?;
    start(&runtime, "order-1").await?;
    close(runtime).await?;

    println!("\nRelease 2 has version 2 beside it.");
    let runtime = open(folder, release::two).await?;
    start(&runtime, "order-2").await?;
    ensure!(in_use(&runtime).await? == [(1, 1, 0), (2, 1, 0)], "one order of each version");
    close(runtime).await?;

    println!("\nRelease 3 has a patch in version 2.");
    let runtime = open(folder, release::three).await?;
    start(&runtime, "order-3").await?;
    ensure!(in_use(&runtime).await? == [(1, 1, 0), (2, 2, 0)], "a patch is no version");
    close(runtime).await?;

    println!("\nRelease 4 is a mistake: no version 1, and a careless change. Nothing is lost by it.");
    let check = release::four(Runtime::builder(folder)).check().await?;
    println!("  {check}");
    ensure!((check.checked, check.broken.len()) == (3, 3), "it is found out before it is put in place");
    let runtime = open(folder, release::four).await?;
    let paused = paused(&runtime, 3).await?;
    ensure!(paused.iter().map(|listed| listed.version).eq([1, 2, 2]));
    ensure!(in_use(&runtime).await? == [(1, 0, 1), (2, 0, 2)]);
    println!("  what is sent to a paused order waits: all of them are paid");
    for listed in paused {
        runtime.get_by_id::<String>(listed.execution).await?.signal("paid", &()).await?;
    }
    close(runtime).await?;

    println!("\nRelease 3 is brought back, and every order goes on by the way it began with.");
    let runtime = open(folder, release::three).await?;
    ensure!(finish(&runtime, "order-1").await? == ["reserve", "send"]);
    ensure!(finish(&runtime, "order-2").await? == ["check address", "reserve", "send"]);
    ensure!(finish(&runtime, "order-3").await? == ["check address", "reserve near by", "send"]);
    ensure!(in_use(&runtime).await?.is_empty());
    println!("  no version is in use: the code of version 1 and the old way of the patch may go");
    close(runtime).await
}

async fn open(folder: &Path, release: Release) -> Result<Runtime> {
    Ok(release(Runtime::builder(folder)).open().await?)
}

async fn close(runtime: Runtime) -> Result<()> {
    runtime.shutdown(Duration::from_secs(5)).await?;
    Ok(())
}

/// Starts an order, and waits until it waits to be paid.
async fn start(runtime: &Runtime, name: &str) -> Result<()> {
    let order: Handle<String> = runtime.start("order", name, "a chair").await?;
    println!("  {name} is begun, with version {}", order.describe().await?.version);
    while !steps(&order).await?.iter().any(|step| step.starts_with("reserve")) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

/// Waits for the end of an order, and gives its steps.
async fn finish(runtime: &Runtime, name: &str) -> Result<Vec<String>> {
    let order: Handle<String> = runtime.get("order", name).await?;
    let (result, steps) = (order.result().await?, steps(&order).await?);
    println!("  {name}: {result} ({})", steps.join(", "));
    Ok(steps)
}

async fn steps(order: &Handle<String>) -> Result<Vec<String>, Error> {
    let history = order.history().await?;
    let begun = history.into_iter().filter_map(|line| match line.event {
        Event::StepStarted { name, .. } => Some(name),
        _ => None,
    });
    Ok(begun.collect())
}

/// The versions in use: how many executions of each are running, and how many are paused.
async fn in_use(runtime: &Runtime) -> Result<Vec<(u32, usize, usize)>, Error> {
    let mut versions = Vec::new();
    for version in runtime.versions().await? {
        println!("  version {} is in use: {} running, {} paused", version.version, version.running, version.paused);
        versions.push((version.version, version.running, version.paused));
    }
    Ok(versions)
}

/// Waits until so many are paused, and says why they are.
async fn paused(runtime: &Runtime, executions: usize) -> Result<Vec<Listed>> {
    let filter = Filter::new().status(StatusKind::Paused);
    for _ in 0..5_000 {
        let paused = runtime.list(&filter).await?.executions;
        if paused.len() == executions {
            for listed in &paused {
                if let Status::Paused { reason, .. } = &listed.status {
                    println!("  {} is paused: {reason}", listed.name);
                }
            }
            return Ok(paused);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    bail!("not {executions} executions were paused in 5 s")
}
