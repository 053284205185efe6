//! What a step runs has to say what it fails with, also when it never does.

use duramen::{Context, Failure};

async fn pay(ctx: Context, cents: u64) -> Result<u64, Failure> {
    ctx.step("pay", move || async move { Ok(cents) }).await
}

fn main() {
    let _ = duramen::Runtime::builder("data").workflow("pay", pay);
}
