//! An error of a workflow becomes a failure, which is recorded.

use duramen::Context;

struct Broke;

async fn pay(_: Context, cents: u64) -> Result<u64, Broke> {
    if cents > 100 { Err(Broke) } else { Ok(cents) }
}

fn main() {
    let _ = duramen::Runtime::builder("data").workflow("pay", pay);
}
