//! A workflow takes a context and one input.

use duramen::{Context, Failure};

async fn pay(_: Context, cents: u64, _currency: String) -> Result<u64, Failure> {
    Ok(cents)
}

fn main() {
    let _ = duramen::Runtime::builder("data").workflow("pay", pay);
}
