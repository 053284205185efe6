//! Talking to an execution while it runs: signals, which are sent; a query, which reads; an update, which is answered.
//!
//! `cargo run --release --example signals`. Begin with `cart.rs`: that is the workflow. Here the customer talks to it.

mod cart;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use duramen::{Error, Handle, Runtime};

use cart::{Cart, Item, cart};

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let runtime = open(folder.path()).await?;

    println!("A cart is begun; the first items are sent before it can ask for them.");
    let ada: Handle<Cart> = runtime.start("cart", "ada", "Ada").await?;
    add(&ada, "a lamp", 4_000).await?;
    add(&ada, "a rug", 9_000).await?;

    println!("\nA discount is asked for, and answered.");
    let error = ada.update::<u32>("discount", &50).await.err().context("50 % were granted")?;
    println!("  {error}");
    ensure!(error.failure().is_some_and(|failure| failure.name() == "TooMuch"));
    ensure!(total(&ada).await? == 13_000);
    let discounted: u32 = ada.update("discount", &10).await?;
    println!("  10 % are granted: {discounted} are to be paid");
    ensure!(discounted == 11_700);

    println!("\nThe process dies, and another one opens the folder.");
    // Without a shutdown: all stops where it stands.
    drop((ada, runtime));
    let runtime = open(folder.path()).await?;
    let ada: Handle<Cart> = runtime.get("cart", "ada").await?;
    ensure!(total(&ada).await? == 11_700);
    add(&ada, "a chair", 7_000).await?;
    ensure!(total(&ada).await? == 18_000);

    println!("\nChecked out.");
    ada.signal("checkout", &()).await?;
    let cart = ada.result().await?;
    let items: Vec<_> = cart.items.iter().map(|item| item.name.as_str()).collect();
    println!("  {} for {}", items.join(", "), cart.total());
    ensure!(items == ["a lamp", "a rug", "a chair"] && cart.total() == 18_000);

    println!("\nWho comes too late is told so.");
    let error = add(&ada, "a sofa", 80_000).await.err().context("the sofa was taken")?;
    println!("  {error}");
    ensure!(matches!(error, Error::Closed { .. }));

    println!("\nWhat the log has of it:");
    print!("{}", ada.history_text().await?);
    runtime.shutdown(Duration::from_secs(5)).await?;
    Ok(())
}

async fn open(folder: &Path) -> Result<Runtime, Error> {
    Runtime::builder(folder).workflow("cart", cart).open().await
}

/// Reads what the workflow has published, and does not disturb it.
async fn total(cart: &Handle<Cart>) -> Result<u32> {
    let total = cart.query("total").await?.context("nothing is published")?;
    println!("  the total is {total}");
    Ok(total)
}

/// Once this returns, the item is in the log.
async fn add(cart: &Handle<Cart>, name: &str, cents: u32) -> Result<(), Error> {
    println!("  add {name} for {cents}");
    cart.signal("add", &Item { name: name.to_owned(), cents }).await
}
