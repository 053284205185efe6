//! The workflow under load: steps one after another, with a result that can be checked.

use std::path::Path;

use anyhow::{Context as _, ensure};
use duramen::{Context, Failure, Runtime};

/// The name the workflow is registered under.
pub(crate) const CHAIN: &str = "chain";

/// How many steps an execution under load has.
pub(crate) const STEPS: u64 = 10;

/// Adds 1 to `steps`, each number in a step of its own, to `seed`.
pub(crate) async fn chain(ctx: Context, (seed, steps): (u64, u64)) -> Result<u64, Failure> {
    let mut sum = seed;
    for number in 1..=steps {
        sum = ctx.step("add", || async move { Ok::<_, Failure>(sum + number) }).await?;
    }
    Ok(sum)
}

/// What the chain of this seed comes to.
pub(crate) fn expected(seed: u64, steps: u64) -> u64 {
    seed + steps * (steps + 1) / 2
}

/// Opens a runtime that knows the chain.
pub(crate) async fn open(folder: &Path) -> anyhow::Result<Runtime> {
    Ok(Runtime::builder(folder).workflow(CHAIN, chain).open().await?)
}

/// Runs one chain from its start to its checked result.
pub(crate) async fn run(runtime: &Runtime, name: String, seed: u64, steps: u64) -> anyhow::Result<()> {
    let handle = runtime.start::<u64>(CHAIN, name, (seed, steps)).await?;
    let sum = handle.result().await.context("waiting for a result")?;
    let right = expected(seed, steps);
    ensure!(sum == right, "execution {} gave {sum} instead of {right}", handle.name());
    Ok(())
}
