//! A workflow may fail, so it gives a result.

use duramen::Context;

async fn pay(_: Context, cents: u64) -> u64 {
    cents
}

fn main() {
    let _ = duramen::Runtime::builder("data").workflow("pay", pay);
}
