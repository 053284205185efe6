//! An agent that dies in the middle of its work, twice, and pays for no thought twice.
//!
//! `cargo run --release --example agent`. Begin with `agent.rs`: that is the workflow. `model.rs` is a stub in the place
//! of a language model, `tools.rs` what it may call; here a human answers, and the process dies.

mod agent;
mod human;
mod model;
mod tools;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use duramen::{Error, Event, Failure, Handle, Runtime};

use agent::{Desk, Task, agent};
use human::Human;
use model::Scripted;

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let model = Arc::new(Scripted::default());
    let (mailbox, mut human) = Human::new();
    let desk = Desk { model: model.clone(), human: mailbox };

    println!("An agent tidies up, for at most 50 cents.");
    let runtime = open(folder.path(), &desk).await?;
    start(&runtime, "tidy", 50).await?;
    while model.bill().calls < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    println!("\nThe process dies while the model answers for the second time.");
    // The last handle of the runtime: all stops where it stands.
    drop(runtime);
    let runtime = open(folder.path(), &desk).await?;
    let question = human.asked().await?;
    let bill = model.bill();
    println!("  {} calls were made, {} are paid", bill.calls, bill.paid.len());
    ensure!(bill.paid.len() == 2 && bill.calls <= 3, "only the call that was under way is made again");

    println!("\nThe process dies while the human thinks.");
    drop(runtime);
    let runtime = open(folder.path(), &desk).await?;
    let no = Failure::new("NotAllowed", format!("I will not let you {}", question.call));
    println!("  the human: {}", no.cause());
    runtime.fail_callback(&question.token, no).await?;
    let question = human.asked().await?;
    println!("  the human: yes");
    runtime.succeed_callback(&question.token, &()).await?;

    let tidy: Handle<String> = runtime.get("agent", "tidy").await?;
    println!("\nThe agent says: {}", tidy.result().await?);
    let bill = model.bill();
    println!(
        "  {} calls were made, {} are paid: {} cents",
        bill.calls,
        bill.paid.len(),
        bill.paid.values().sum::<u32>()
    );
    ensure!(bill.paid.len() == 5 && bill.calls <= 6, "five turns, and the call that was under way when it died");
    for (nth, events) in events_by_run(&tidy).await?.iter().enumerate() {
        println!("  run {} has {events} events", nth + 1);
    }

    println!("\nAnother one may spend 8 cents.");
    let poor = start(&runtime, "poor", 8).await?;
    let question = human.asked().await?;
    runtime.fail_callback(&question.token, Failure::new("NotAllowed", "no")).await?;
    let error = poor.result().await.err().context("it was not stopped")?;
    println!("  {error}");
    ensure!(error.failure().is_some_and(|failure| failure.name() == "BudgetSpent"));
    runtime.shutdown(Duration::from_secs(5)).await?;
    Ok(())
}

async fn open(folder: &Path, desk: &Desk) -> Result<Runtime, Error> {
    let desk = desk.clone();
    Runtime::builder(folder).workflow("agent", move |ctx, task| agent(ctx, desk.clone(), task)).open().await
}

async fn start(runtime: &Runtime, name: &str, budget_cents: u32) -> Result<Handle<String>, Error> {
    let task = Task { transcript: vec!["tidy up the files".to_owned()], budget_cents };
    runtime.start("agent", name, task).await
}

/// How many events each run has.
async fn events_by_run(agent: &Handle<String>) -> Result<Vec<usize>, Error> {
    let history = agent.history().await?;
    Ok(history.split(|line| matches!(line.event, Event::RunStarted { .. })).map(<[_]>::len).collect())
}
