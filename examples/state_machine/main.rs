//! State machines in the Amazon States Language, with Rust for their Tasks.
//!
//! `cargo run --release --example state_machine`. Begin with `order.asl.json`: that is the workflow. It has another state
//! machine take the payment, workers pack the items, and a handler ship them. The carrier is away at first, so the order
//! fails; it is redriven from there, and nobody pays or packs twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use duramen_states::definition::Definition;
use duramen_states::graph::Run;
use duramen_states::{End, Fault, StateMachines, Tasks};
use duramen_storage::SledLog;
use serde_json::json;

/// What the world outside has seen.
#[derive(Default)]
struct World {
    carrier_is_there: AtomicBool,
    charged: AtomicU32,
    wrapped: AtomicU32,
}

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = Arc::new(World::default());
    let machines = open(folder.path(), &world).await?;
    let packer = tokio::spawn(pack(machines.clone(), Arc::clone(&world)));

    println!("A chair and a lamp are ordered, and the carrier is away.");
    let order = json!({"amount": 120, "items": ["a chair", "a lamp"]});
    let execution = machines.start("order", "order-7", order).await?;
    let End::Failed(fault) = machines.result(execution).await? else { return Err(anyhow!("it was shipped")) };
    println!("  failed: {} ({})", fault.error.unwrap_or_default(), fault.cause.unwrap_or_default());

    println!("\nHe is back: the order goes on where it failed.");
    world.carrier_is_there.store(true, Ordering::SeqCst);
    machines.redrive(execution).await?;
    let End::Succeeded(output) = machines.result(execution).await? else { return Err(anyhow!("it was not shipped")) };
    println!("  {output:?}");
    let (charged, wrapped) = (world.charged.load(Ordering::SeqCst), world.wrapped.load(Ordering::SeqCst));
    println!("  charged {charged} time, wrapped {wrapped} parcels");
    ensure!((charged, wrapped) == (1, 2), "something was done twice");

    println!("\nA yacht is too much for the payment.");
    let yacht = machines.start("order", "order-8", json!({"amount": 2_000_000, "items": ["a yacht"]})).await?;
    let End::Failed(fault) = machines.result(yacht).await? else { return Err(anyhow!("it was paid")) };
    println!("  failed: {}", fault.error.unwrap_or_default());

    println!("\nWhat became of the order:");
    let history = machines.history(execution).await?;
    print!("{}", definition("order.asl.json")?.graph().with_run(&Run::of_history(&history)).to_ascii());
    packer.abort();
    machines.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

async fn open(folder: &std::path::Path, world: &Arc<World>) -> Result<StateMachines> {
    let (shop, carrier) = (Arc::clone(world), Arc::clone(world));
    let tasks = Tasks::new()
        .handler("charge", move |call| {
            let number = shop.charged.fetch_add(1, Ordering::SeqCst) + 1;
            async move { Ok(json!({"number": number, "cents": call.input.get("cents")})) }
        })
        .handler("ship", move |call| {
            let there = carrier.carrier_is_there.load(Ordering::SeqCst);
            async move {
                match there {
                    true => Ok(
                        json!({"shipped": call.input.get("parcels"), "paid": call.input.pointer("/payment/receipt")}),
                    ),
                    false => Err(fault("Carrier.Away", "there is nobody at the ramp")),
                }
            }
        });
    let machines = StateMachines::builder(Arc::new(SledLog::builder(folder).open()?))
        .machine("order", &definition("order.asl.json")?)?
        .machine("payment", &definition("payment.asl.json")?)?
        .activity("wrap")?
        .tasks(tasks);
    Ok(machines.open().await?)
}

/// A worker: it asks for tasks, does them and answers.
async fn pack(machines: StateMachines, world: Arc<World>) -> Result<()> {
    loop {
        let Some(task) = machines.poll("wrap", "Ada").await? else { continue };
        let item = task.input.as_str().context("an item has a name")?;
        world.wrapped.fetch_add(1, Ordering::SeqCst);
        machines.answer_task(&task.token, Ok(json!(format!("{item} in paper")))).await?;
    }
}

fn definition(file: &str) -> Result<Definition> {
    let text = match file {
        "order.asl.json" => include_str!("order.asl.json"),
        _ => include_str!("payment.asl.json"),
    };
    Definition::parse(text).map_err(|problems| anyhow!("{problems:?}"))
}

fn fault(error: &str, cause: &str) -> Fault {
    Fault { error: Some(error.to_owned()), cause: Some(cause.to_owned()) }
}
