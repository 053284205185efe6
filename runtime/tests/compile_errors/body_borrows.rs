//! What a step runs may outlive the poll of the workflow that made it, so its future owns what it uses.

use duramen::{Context, Failure};

async fn charge(order: &str) -> Result<usize, Failure> {
    Ok(order.len())
}

async fn order(ctx: Context, order: String) -> Result<usize, Failure> {
    ctx.step("charge", || charge(&order)).await
}

fn main() {
    let _ = duramen::Runtime::builder("data").workflow("order", order);
}
