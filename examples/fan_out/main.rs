//! A thousand items at once, fifty at a time, of which some may fail, and what that costs.
//!
//! `cargo run --release --example fan_out`. Begin with `album.rs`: that is the workflow.

mod album;
mod studio;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use duramen::{CompletionReason, Handle, Outcomes, Runtime};

use album::{AT_A_TIME, Album, thumbnails};
use studio::Studio;

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let studio = Arc::new(Studio::default());
    let runtime = Runtime::builder(folder.path())
        .workflow("thumbnails", {
            let studio = studio.clone();
            move |ctx, album| thumbnails(ctx, studio.clone(), album)
        })
        .open()
        .await?;

    println!("1,000 pictures, {AT_A_TIME} at a time; up to 5 % may be damaged.\n");
    let holiday = Album { pictures: 1_000, damaged_of: 90, flat: false };
    let outcomes = run(&runtime, "holiday", &holiday).await?;
    ensure!(outcomes.reason() == CompletionReason::AllCompleted);
    ensure!((outcomes.succeeded().count(), outcomes.failed().count()) == (989, 11));
    let (index, failure) = outcomes.failed().next().context("no failure")?;
    println!("  the first that failed has index {index}: {failure}\n");

    let flat = run(&runtime, "holiday, recorded flat", &Album { flat: true, ..holiday }).await?;
    ensure!(flat == outcomes);
    println!("  the same outcomes, at the price of a dearer replay\n");

    let cellar = run(&runtime, "flooded cellar", &Album { damaged_of: 10, ..holiday }).await?;
    ensure!(cellar.reason() == CompletionReason::FailureToleranceExceeded);
    ensure!(cellar.failed().count() == 51, "5 % of 1,000 are tolerated, and not one more");
    let begun = cellar.all().len();
    ensure!(begun < 1_000);
    println!("  {} pictures were never begun\n", 1_000 - begun);

    ensure!(studio.busiest() <= AT_A_TIME);
    println!("The studio never worked on more than {} pictures at once.", studio.busiest());
    runtime.shutdown(Duration::from_secs(5)).await?;
    Ok(())
}

/// Runs an album, and prints what came of it and what it took.
async fn run(runtime: &Runtime, name: &str, album: &Album) -> Result<Outcomes<u32>> {
    let (began, before) = (Instant::now(), runtime.log().figures());
    let handle: Handle<Outcomes<u32>> = runtime.start("thumbnails", name, album).await?;
    let outcomes = handle.result().await?;
    let (took, after) = (began.elapsed(), runtime.log().figures());

    let [made, failed] = [outcomes.succeeded().count(), outcomes.failed().count()];
    let (given_up, reason) = (outcomes.started().count(), outcomes.reason());
    println!("{name}: {made} made, {failed} failed, {given_up} given up ({reason:?})");
    let events = handle.history().await?.len();
    let [batches, syncs] = [after.batches - before.batches, after.syncs - before.syncs];
    println!("  {events} events in {batches} batches, {syncs} syncs of the disk, {} ms", took.as_millis());
    Ok(outcomes)
}
