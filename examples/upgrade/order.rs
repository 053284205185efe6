//! One workflow as it was changed over time. Each of these was the code of the day; no execution is left behind by it.

use duramen::{Context, Failure};

/// Version 1.
pub(crate) async fn first(ctx: Context, item: String) -> Result<String, Failure> {
    ctx.step("reserve", done).await?;
    ctx.signal::<()>("paid").await?;
    ctx.step("send", done).await?;
    Ok(format!("{item} was sent"))
}

/// Version 2: so much is different that it stands beside version 1, until that is not in use any more.
pub(crate) async fn second(ctx: Context, item: String) -> Result<String, Failure> {
    ctx.step("check address", done).await?;
    ctx.step("reserve", done).await?;
    ctx.signal::<()>("paid").await?;
    ctx.step("send", done).await?;
    Ok(format!("{item} was sent to a checked address"))
}

/// Version 2 with a small change in the middle, so that no third version is needed.
pub(crate) async fn patched(ctx: Context, item: String) -> Result<String, Failure> {
    ctx.step("check address", done).await?;
    if ctx.patched("two warehouses") {
        ctx.step("reserve near by", done).await?;
    } else {
        ctx.step("reserve", done).await?;
    }
    ctx.signal::<()>("paid").await?;
    ctx.step("send", done).await?;
    Ok(format!("{item} was sent to a checked address"))
}

/// Version 2 with a change that nobody thought about.
pub(crate) async fn careless(ctx: Context, item: String) -> Result<String, Failure> {
    ctx.step("check address", done).await?;
    ctx.step("put aside", done).await?;
    ctx.signal::<()>("paid").await?;
    ctx.step("send", done).await?;
    Ok(format!("{item} was sent to a checked address"))
}

async fn done() -> Result<(), Failure> {
    Ok(())
}
