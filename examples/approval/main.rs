//! A human in the loop: a workflow that asks for approval, sends reminders, and does not wait for ever.
//!
//! `cargo run --release --example approval`. Begin with `expense.rs`: that is the workflow. `office.rs` is the world
//! outside; here the boss answers.

mod expense;
mod office;

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use duramen::{CallbackRefused, CallbackToken, Error, Failure, Handle, Runtime};
use tokio::sync::mpsc::UnboundedReceiver;

use expense::{Decision, Expense, expense};
use office::{Mail, Office};

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (office, mut inbox) = Office::open();
    let runtime = Runtime::builder(folder.path())
        .workflow("expense", move |ctx, input| expense(ctx, office.clone(), input))
        .open()
        .await?;

    println!("A chair is approved at once.");
    let chair = start(&runtime, "a chair", 120).await?;
    let asked = next(&mut inbox, &chair).await?;
    runtime.succeed_callback(&asked.token, &Decision::Approve).await?;
    println!("  payment number {}", chair.result().await?);

    println!("\nThe same token again, and two that are made up:");
    let again = runtime.succeed_callback(&asked.token, &Decision::Approve).await;
    refused(again, CallbackRefused::Answered)?;
    let forged: CallbackToken = forge(&asked.token).parse()?;
    refused(runtime.succeed_callback(&forged, &Decision::Approve).await, CallbackRefused::Unknown)?;
    let nonsense = "open-sesame".parse::<CallbackToken>().err().context("it was taken for a token")?;
    println!("  refused: {nonsense}");

    println!("\nA piano is rejected, after a reminder.");
    let piano = start(&runtime, "a piano", 9_000).await?;
    ensure!(!next(&mut inbox, &piano).await?.reminder);
    let reminder = next(&mut inbox, &piano).await?;
    ensure!(reminder.reminder);
    let no = Decision::Reject("we have no piano player".to_owned());
    runtime.succeed_callback(&reminder.token, &no).await?;
    failed(&piano, "Rejected").await?;

    println!("\nA yacht is never decided about, and an answer comes too late.");
    let yacht = start(&runtime, "a yacht", 2_000_000).await?;
    failed(&yacht, Failure::CALLBACK_TIMEOUT).await?;
    let asked = next(&mut inbox, &yacht).await?;
    ensure!(next(&mut inbox, &yacht).await?.reminder);
    refused(runtime.succeed_callback(&asked.token, &Decision::Approve).await, CallbackRefused::TimedOut)?;

    println!("\nWhat the log has of the piano:");
    print!("{}", piano.history_text().await?);
    runtime.shutdown(Duration::from_secs(5)).await?;
    Ok(())
}

async fn start(runtime: &Runtime, what: &str, cost: u32) -> Result<Handle<u32>> {
    Ok(runtime.start("expense", what, Expense { what: what.to_owned(), cost }).await?)
}

/// The next mail about this expense.
async fn next(inbox: &mut UnboundedReceiver<Mail>, expense: &Handle<u32>) -> Result<Mail> {
    loop {
        let mail = inbox.recv().await.context("the office is closed")?;
        if mail.token.execution() == expense.execution() {
            return Ok(mail);
        }
    }
}

async fn failed(expense: &Handle<u32>, name: &str) -> Result<()> {
    let error = expense.result().await.err().context("it was paid")?;
    println!("  {error}");
    ensure!(error.failure().is_some_and(|failure| failure.name() == name), "not a failure `{name}`: {error}");
    Ok(())
}

fn refused(answer: Result<(), Error>, expected: CallbackRefused) -> Result<()> {
    let error = answer.err().context("the answer was taken")?;
    println!("  refused: {error}");
    ensure!(matches!(error, Error::Callback { why, .. } if why == expected), "not {expected:?}: {error}");
    Ok(())
}

/// The token with one character of its secret changed.
fn forge(token: &CallbackToken) -> String {
    let swap = |(at, letter)| match letter {
        'A' if at == 30 => 'B',
        _ if at == 30 => 'A',
        letter => letter,
    };
    token.to_string().chars().enumerate().map(swap).collect()
}
