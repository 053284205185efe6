//! A step may fail, so what it runs gives a result.

use duramen::{Context, Failure};

async fn pay(ctx: Context, cents: u64) -> Result<u64, Failure> {
    ctx.step("pay", move || async move { cents }).await
}

fn main() {
    let _ = duramen::Runtime::builder("data").workflow("pay", pay);
}
